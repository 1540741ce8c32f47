/** Whether a plant is open and a driver works: by the clock of their own zone, whatever ours says. */
import { describe, expect, test } from '@jest/globals';
import { type Hours, hoursForm, shiftForm } from '../../models/hours.ts';
import { isOnShift, isOpenAt } from '../../services/truck/hours.rules.ts';

const CHICAGO = 'America/Chicago';
const at = (time: string): Date => new Date(time);
const open =
  (week: Hours['week'], zone = 'UTC') =>
  (time: string): boolean =>
    isOpenAt({ zone, week }, at(time));
const shift =
  (from: string, to: string, zone = 'UTC') =>
  (time: string): boolean =>
    isOnShift({ zone, from, to }, at(time));

describe('a plant is open', () => {
  // The second of March 2026 is a Monday.
  const week = open({ mon: ['06:30', '18:00'], sat: ['08:00', '24:00'] });

  test.each([
    ['2026-03-02T06:29:59Z', false],
    ['2026-03-02T06:30:00Z', true],
    ['2026-03-02T17:59:59Z', true],
    ['2026-03-02T18:00:00Z', false],
    ['2026-03-07T23:59:59Z', true],
    ['2026-03-08T00:00:00Z', false],
    ['2026-03-03T12:00:00Z', false],
  ])('at %s: %s', (time, is) => {
    expect(week(time)).toBe(is);
  });

  test('by the day and time of its zone', () => {
    const chicago = open({ mon: ['06:00', '18:00'] }, CHICAGO);
    expect(chicago('2026-03-02T11:59:00Z')).toBe(false);
    expect(chicago('2026-03-02T12:00:00Z')).toBe(true);
    // There it is still Monday.
    expect(chicago('2026-03-02T23:59:00Z')).toBe(true);
    expect(open({ mon: ['18:00', '24:00'] }, CHICAGO)('2026-03-03T05:30:00Z')).toBe(true);
  });

  test('when the clocks are put forward, an hour earlier of ours; when they are put back, an hour later', () => {
    const all = { mon: ['06:00', '18:00'], sat: ['06:00', '18:00'], sun: ['06:00', '18:00'] } satisfies Hours['week'];
    const chicago = open(all, CHICAGO);
    expect([chicago('2026-03-07T11:30:00Z'), chicago('2026-03-08T11:30:00Z')]).toEqual([false, true]);
    expect([chicago('2026-10-31T11:30:00Z'), chicago('2026-11-01T11:30:00Z')]).toEqual([true, false]);
  });
});

describe('a driver works', () => {
  test.each([
    ['05:59', false],
    ['06:00', true],
    ['13:59', true],
    ['14:00', false],
  ])('by day: at %s %s', (time, is) => {
    expect(shift('06:00', '14:00')(`2026-03-02T${time}:00Z`)).toBe(is);
  });

  test.each([
    ['21:59', false],
    ['22:00', true],
    ['00:00', true],
    ['05:59', true],
    ['06:00', false],
    ['12:00', false],
  ])('through the night: at %s %s', (time, is) => {
    expect(shift('22:00', '06:00')(`2026-03-02T${time}:00Z`)).toBe(is);
  });

  test('by the clock of the zone', () => {
    expect(shift('06:00', '14:00', CHICAGO)('2026-03-02T12:00:00Z')).toBe(true);
    expect(shift('06:00', '14:00', CHICAGO)('2026-03-02T06:00:00Z')).toBe(false);
  });
});

describe('what can be written down', () => {
  test.each<[object, boolean]>([
    [{ week: { mon: ['06:00', '18:00'] } }, true],
    [{ zone: CHICAGO, week: {} }, true],
    [{ week: { mon: ['00:00', '24:00'] } }, true],
    [{ week: { mon: ['18:00', '06:00'] } }, false],
    [{ week: { mon: ['6:00', '18:00'] } }, false],
    [{ week: { mon: ['06:00', '24:30'] } }, false],
    [{ week: { monday: ['06:00', '18:00'] } }, false],
    [{ zone: 'Chicago/America', week: {} }, false],
  ])('hours %j: %s', (hours, fits) => {
    expect(hoursForm.safeParse(hours).success).toBe(fits);
  });

  test('a shift may go through the night; without a zone it is the world’s', () => {
    expect(shiftForm.parse({ from: '22:00', to: '06:00' })).toEqual({ zone: 'UTC', from: '22:00', to: '06:00' });
    expect(shiftForm.safeParse({ from: '25:00', to: '06:00' }).success).toBe(false);
  });
});
