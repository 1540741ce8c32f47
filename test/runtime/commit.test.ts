import { onBoth } from './both.ts';
import { commitLaws } from './commit.laws.ts';

onBoth('one commit per turn', commitLaws);
