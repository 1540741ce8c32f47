/** When a plant is open, and when a driver works: times of the day in a zone. */
import { z } from 'zod';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time of day such as 06:30');
const span = z.tuple([clockTime, clockTime]).refine(([from, to]) => from < to, 'must end after it begins');
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const zone = z.string().refine(
  (name) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
    } catch {
      return false;
    }
  },
  { error: 'must be a time zone such as America/Chicago' },
);
/** Days that are left out are closed. */
export const hoursForm = z.strictObject({ zone: zone.default('UTC'), week: z.partialRecord(z.enum(weekdays), span) });
export type Hours = z.output<typeof hoursForm>;
export const shiftForm = z.strictObject({ zone: zone.default('UTC'), from: clockTime, to: clockTime });
export type Shift = z.output<typeof shiftForm>;
