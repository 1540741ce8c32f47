/** Why an order waits for its truck: each reason is true, and is said once. */
import { describe, expect, test } from '@jest/globals';
import type { Hours } from '../../models/hours.ts';
import type { Candidate, DeliveryJob, DispatchFacts, Plant } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, BO, BOS_JOB, CLEOS_JOB, freeTruck, knows, waitingJob } from '../support/examples.ts';
import { minutesLater, uuid } from '../support/given.ts';
import { jobOf, nowKnows, plantWith, saidReasons, sent } from './plants.ts';

const SAND = 'MATERIAL-SAND@north';
const mixes = new Map([['CONCRETE-C25', [{ material: 'MATERIAL-SAND', perUnit: 1 }]]]);
const items = [{ sku: 'CONCRETE-C25', quantity: 8 }];
const sandFor = (amount: number) => knows([freeTruck('truck-1')], { mixes, materials: new Map([[SAND, amount]]) });
const driver = { licenceExpiry: null, shift: null };
const drivenBy = (change: Partial<NonNullable<Candidate['driver']>>) => knows([freeTruck('truck-1', { driver: { ...driver, ...change } })]);
const free = (change: Partial<Candidate> = {}) => knows([freeTruck('truck-1', change)]);
const monday = (from: string, to: string): Hours => ({ zone: 'UTC', week: { mon: [from, to] } });
const none: DispatchFacts = knows([]);

interface Waiting {
  job?: Partial<DeliveryJob>;
  state?: Partial<Plant>;
  facts: DispatchFacts;
  /** With which it need not wait. */
  goes: DispatchFacts;
  goesIn?: Partial<Plant>;
}
const cases: Record<string, Waiting> = {
  no_truck: { facts: none, goes: free() },
  capacity: { facts: knows([freeTruck('truck-1', { capacity: 6 })], { largest: 10 }), goes: free() },
  skill: { job: { special: { skills: ['pump', 'belt'] } }, facts: free({ skills: ['pump'] }), goes: free({ skills: ['belt', 'pump'] }) },
  no_driver: { facts: drivenBy({ licenceExpiry: '2026-03-01' }), goes: drivenBy({ licenceExpiry: '2026-03-02' }) },
  no_stock: { job: { items }, facts: sandFor(7), goes: sandFor(8) },
  plant_closed: { state: { hours: monday('09:00', '17:00') }, facts: free(), goes: free(), goesIn: { hours: monday('08:00', '17:00') } },
  loading_slot: {
    state: { loadSlots: 2 },
    facts: knows([freeTruck('truck-1')], { loadingNow: 2 }),
    goes: knows([freeTruck('truck-1')], { loadingNow: 1 }),
  },
  locked: { facts: free({ lockedBy: BOS_JOB }), goes: free({ lockedBy: ADAS_JOB }) },
};
const named = Object.entries(cases);
const waits = ({ job, state, facts }: Waiting) =>
  plantWith(facts, { jobs: [waitingJob(ADAS_JOB, ADA, job)], ...(state && { state }) }).settles();

describe('an order waits', () => {
  test.each(named)('with the reason %s, which is said once', (reason, waiting) => {
    const one = waits(waiting);
    expect(sent(one)).toEqual([]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'queued', reason, dueAt: null });
    expect(saidReasons(one)).toEqual([reason]);
    expect(saidReasons(one.settles())).toEqual([]);
  });

  test.each(named)('no longer than %s is true', (_reason, waiting) => {
    const one = waits(waiting);
    if (waiting.goesIn && one.state) one.state = { ...one.state, ...waiting.goesIn };
    expect(sent(nowKnows(one, waiting.goes).settles())).toEqual([['truck-1', 8]]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'in_progress', reason: null });
  });

  test('another reason is said when it is another one that is true', () => {
    const one = waits({ facts: none, goes: free() });
    expect(saidReasons(nowKnows(one, free({ capacity: 5 })).settles())).toEqual(['capacity']);
  });

  test('each for a reason of its own', () => {
    const jobs = [
      waitingJob(ADAS_JOB, ADA, { special: { skills: ['pump'] }, priority: 90 }),
      waitingJob(BOS_JOB, BO, { priority: 80 }),
      waitingJob(CLEOS_JOB, uuid(3)),
    ];
    const one = plantWith(free(), { jobs }).settles();
    expect(jobs.map(({ id }) => jobOf(one, id).reason)).toEqual(['skill', null, 'no_truck']);
  });
});

describe('nobody drives', () => {
  test('off shift: the truck waits for its driver', () => {
    const shift = { zone: 'UTC', from: '22:00', to: '06:00' };
    expect(jobOf(waits({ facts: drivenBy({ shift }), goes: none }), ADAS_JOB).reason).toBe('no_driver');
  });

  test('of a truck whose driver nobody knows, no licence is looked at', () => {
    expect(sent(waits({ facts: free(), goes: none }))).toHaveLength(1);
  });
});

describe('a truck that is locked', () => {
  test('is for the one that has it, and that one takes no other', () => {
    const jobs = [waitingJob(ADAS_JOB, ADA, { priority: 90 }), waitingJob(BOS_JOB, BO, { lockedTruckId: 'truck-2' })];
    const one = plantWith(knows([freeTruck('truck-1'), freeTruck('truck-2', { lockedBy: BOS_JOB })]), { jobs }).settles();
    expect(sent(one).map(([truck]) => truck)).toEqual(['truck-1', 'truck-2']);
    const other = plantWith(free(), { jobs: jobs.slice(1) }).settles();
    expect(jobOf(other, BOS_JOB)).toMatchObject({ status: 'queued', reason: 'locked' });
  });
});

describe('an order that is wanted later', () => {
  const asks = { orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 50 };
  const at = (minutes: number) =>
    plantWith(free()).hears('dispatch.request', { ...asks, requestedStart: minutesLater(minutes).toISOString() });
  const [first] = [uuid(9_001)];

  test('is not_due until its truck would have to leave, with some time to spare', () => {
    const one = at(120);
    // 15 s of loading and 6 s of driving before, and 30 minutes ahead.
    const dueAt = new Date(minutesLater(90).getTime() - 21_000);
    expect(jobOf(one, first as string)).toMatchObject({ status: 'scheduled', reason: 'not_due', dueAt: dueAt.toISOString() });
    expect(sent(one.settles())).toEqual([]);
    expect(one.timers['dispatch.due']).toEqual(dueAt);
    expect(sent(one.at(dueAt).hears('dispatch.due').settles())).toHaveLength(1);
  });

  test('soon, goes at once', () => {
    expect(sent(at(30).settles())).toHaveLength(1);
  });
});

describe('what one turn does not see', () => {
  test('is looked for in a wider one, when a truck is free and somebody waits all the same', () => {
    const sweep = { actor: 'dispatch', key: 'north', name: 'dispatch.sweep', payload: { wide: true } };
    const skilled = [waitingJob(ADAS_JOB, ADA, { special: { skills: ['pump'] } })];
    expect(
      plantWith(knows([freeTruck('truck-1')], { more: { trucks: true, waiting: false, wide: false } }), { jobs: skilled })
        .settles()
        .tells(),
    ).toMatchObject([sweep]);
    expect(
      plantWith(knows([freeTruck('truck-1')]), { jobs: skilled })
        .settles()
        .tells(),
    ).toEqual([]);
    expect(
      plantWith(knows([], { more: { trucks: true, waiting: false, wide: false } }), { jobs: skilled })
        .settles()
        .tells(),
    ).toEqual([]);
  });

  test('is looked at next, when the head of the queue has its trucks and more of them are free', () => {
    const jobs = [waitingJob(ADAS_JOB, ADA, { quantity: 8 })];
    const sweeps = (trucks: string[], waiting: boolean) =>
      plantWith(
        knows(
          trucks.map((id) => freeTruck(id)),
          { more: { trucks: false, waiting, wide: false } },
        ),
        { jobs },
      )
        .settles()
        .tells('dispatch.sweep')
        .map(({ payload }) => payload);
    expect(sweeps(['truck-1', 'truck-2'], true)).toEqual([{}]);
    expect(sweeps(['truck-1'], true)).toEqual([]);
    expect(sweeps(['truck-1', 'truck-2'], false)).toEqual([]);
  });
});
