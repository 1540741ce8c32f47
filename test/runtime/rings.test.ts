import { onBoth } from './both.ts';
import { ringLaws } from './rings.laws.ts';

onBoth('rings and batches', ringLaws);
