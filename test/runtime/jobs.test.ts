import { onBoth } from './both.ts';
import { jobLaws } from './jobs.laws.ts';

onBoth('jobs', jobLaws);
