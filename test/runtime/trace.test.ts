import { onBoth } from './both.ts';
import { traceLaws } from './trace.laws.ts';

onBoth('events and traces', traceLaws);
