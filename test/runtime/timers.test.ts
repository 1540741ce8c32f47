import { onBoth } from './both.ts';
import { timerLaws } from './timers.laws.ts';

onBoth('timers', timerLaws);
