import { onBoth } from './both.ts';
import { leaseLaws } from './leases.laws.ts';

onBoth('claims and leases', leaseLaws);
