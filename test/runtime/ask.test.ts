import { askLaws } from './ask.laws.ts';
import { onBoth } from './both.ts';

onBoth('an ask', askLaws);
