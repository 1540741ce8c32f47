import { onBoth } from './both.ts';
import { transientLaws } from './transient.laws.ts';

onBoth('lost connections', transientLaws);
