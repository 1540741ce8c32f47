import { batchLaws } from './batches.laws.ts';
import { onBoth } from './both.ts';

onBoth('statements of a batch', batchLaws);
