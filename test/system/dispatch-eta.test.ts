/** Arrivals and late risk, by hand: the formulas of eta.ts and the order of the queue, without a database. */
import { expect, test } from '@jest/globals';
import type { TruckStatus } from '../../models/truck.ts';
import { inOrder } from '../../services/truck/board.ts';
import type { QueueRow } from '../../services/truck/dispatch.views.store.ts';
import * as eta from '../../services/truck/eta.ts';

const NOW = new Date('2026-05-04T10:00:00Z');
const MINUTE = 60_000;
const after = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE);
/** Ten minutes to load, two a mile there and back, five at the site, ten to pour, five to wash. */
const means: eta.PhaseMeans = {
  ...{ loads: 9, loading: 10 * MINUTE, travelPerMile: 2 * MINUTE, at_job_site: 5 * MINUTE, delivering: 10 * MINUTE },
  ...{ returnPerMile: 2 * MINUTE, washing: 5 * MINUTE },
};
const truck = (id: string, status: TruckStatus, since = 0): eta.OnTheWay => ({
  ...{ id, status, distanceMiles: 10, since: after(-since).toISOString() },
});
const minutes = (at: Date | undefined): number | undefined => at && (at.getTime() - NOW.getTime()) / MINUTE;

test.each<[TruckStatus, number, number | undefined, number | undefined, number | undefined]>([
  ['assigned', 0, 30, 45, 70],
  ['loading', 4, 26, 41, 66],
  ['loading', 60, 20, 35, 60],
  ['en_route', 5, 15, 30, 55],
  ['at_job_site', 0, undefined, 15, 40],
  ['delivering', 3, undefined, 7, 32],
  ['returning', 0, undefined, undefined, 25],
  ['washing', 1, undefined, undefined, 4],
  ['available', 0, undefined, undefined, undefined],
  ['out_of_service', 0, undefined, undefined, undefined],
])('a truck that is %s for %i minutes arrives, has poured and is back in so many', (status, since, arrives, poured, back) => {
  const one = truck('t', status, since);
  expect([eta.arrivesAt, eta.pouredAt, eta.backAt].map((at) => minutes(at(one, means, NOW)))).toEqual([arrives, poured, back]);
});

test('trucks needed keep the site busy: 15 loads, 65 minutes round, 10 to unload are 7 trucks', () => {
  expect(eta.trucksNeeded(15, 65 * MINUTE, 10 * MINUTE)).toBe(7);
  expect(eta.trucksNeeded(3, 65 * MINUTE, 10 * MINUTE)).toBe(3);
  expect(eta.trucksNeeded(3, 5 * MINUTE, 10 * MINUTE)).toBe(1);
  expect(eta.trucksNeeded(3, 0, 0)).toBe(3);
});

test('late is judged by the window’s end, give or take a quarter of an hour', () => {
  const window = { start: after(0).toISOString(), end: after(30).toISOString() };
  expect([30, 31, 45, 46].map((at) => eta.lateRisk(after(at), window))).toEqual(['none', 'at_risk', 'at_risk', 'late']);
  expect(eta.lateRisk(after(16), { ...window, end: null })).toBe('late');
  expect(eta.lateRisk(after(999), null)).toBeNull();
});

test('who waits gets the trucks that come free after those before it', () => {
  const job: eta.Waiting = { status: 'queued', reason: 'no_truck', dueAt: null, lockedTruckId: null, distanceMiles: 10, left: 5 };
  const trucks = [truck('a', 'washing', 1), truck('b', 'returning'), truck('c', 'on_break')];
  const arrives = (ahead: number, more: Partial<eta.Waiting> = {}) =>
    minutes(eta.firstArrival({ ...job, ...more }, ahead, trucks, means, NOW));
  expect([0, 1, 2].map((ahead) => arrives(ahead))).toEqual([34, 55, 104]);
  expect(arrives(0, { lockedTruckId: 'b' })).toBe(55);
  expect(arrives(0, { lockedTruckId: 'c' })).toBeUndefined();
  expect(arrives(0, { reason: 'no_stock' })).toBeUndefined();
  expect(arrives(5, { status: 'scheduled', dueAt: after(60).toISOString() })).toBe(90);
  expect(minutes(eta.firstArrival(job, 0, [], means, NOW))).toBeUndefined();
});

test('the queue stands as the dispatcher serves it: by urgency, and what is not due comes last', () => {
  const row = (jobId: string, more: Partial<QueueRow>): QueueRow =>
    ({
      jobId,
      status: 'queued',
      priority: 50,
      waitingSince: after(0).toISOString(),
      requestedWindow: null,
      dueAt: null,
      ...more,
    }) as QueueRow;
  const rows = [
    row('later', { status: 'scheduled', dueAt: after(60).toISOString(), priority: 100 }),
    row('soon', { status: 'scheduled', dueAt: after(5).toISOString(), priority: 0 }),
    row('plain', {}),
    row('due', { status: 'scheduled', dueAt: after(-1).toISOString(), priority: 51 }),
    row('old', { waitingSince: after(-25).toISOString() }),
    row('urgent', { priority: 90 }),
  ];
  expect(inOrder(rows, NOW).map(({ jobId }) => jobId)).toEqual(['urgent', 'old', 'due', 'plain', 'soon', 'later']);
});
