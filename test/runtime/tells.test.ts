import { onBoth } from './both.ts';
import { tellLaws } from './tells.laws.ts';

onBoth('tells from outside', tellLaws);
