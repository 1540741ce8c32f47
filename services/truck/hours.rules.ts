/** Whether it is time: of a plant's opening hours and a driver's shift, in their own zones. */
import { type Hours, type Shift, weekdays } from '../../models/hours.ts';

export const isOpenAt = ({ zone, week }: Hours, at: Date): boolean => {
  const { day, time } = clockOf(zone, at);
  const span = week[day];
  return span !== undefined && span[0] <= time && time < span[1];
};

/** A shift that ends before it begins goes through the night. */
export const isOnShift = ({ zone, from, to }: Shift, at: Date): boolean => {
  const { time } = clockOf(zone, at);
  return from <= to ? from <= time && time < to : from <= time || time < to;
};

const formats = new Map<string, Intl.DateTimeFormat>();
const clockOf = (zone: string, at: Date): { day: (typeof weekdays)[number]; time: string } => {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(zone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = weekdays.find((one) => one === parts.weekday?.toLowerCase()) ?? 'mon';
  return { day, time: `${parts.hour}:${parts.minute}` };
};
