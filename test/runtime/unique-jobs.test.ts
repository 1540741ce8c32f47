import { onBoth } from './both.ts';
import { uniqueJobLaws } from './unique-jobs.laws.ts';

onBoth('unique jobs', uniqueJobLaws);
