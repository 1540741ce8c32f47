import { onBoth } from './both.ts';
import { poisonLaws } from './poison.laws.ts';

onBoth('poisoned messages', poisonLaws);
