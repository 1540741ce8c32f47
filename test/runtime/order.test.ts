import { onBoth } from './both.ts';
import { orderLaws } from './order.laws.ts';

onBoth('one turn at a time per key, in order', orderLaws);
