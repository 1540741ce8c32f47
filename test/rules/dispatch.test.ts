/** A plant's dispatcher: who waits gets the next truck, in the right order; who gets none knows why. */
import { describe, expect, test } from '@jest/globals';
import { byUrgency, type DeliveryJob, type DispatchFacts, type Load, urgency } from '../../services/truck/dispatch.state.ts';
import {
  ADA,
  ADAS_JOB,
  ADAS_LOAD,
  BO,
  BOS_JOB,
  CLEO,
  CLEOS_JOB,
  dispatchRules,
  freeAtNorth,
  freeTruck,
  knows,
  north,
  openLoad,
  traceOf,
  waitingJob,
} from '../support/examples.ts';
import { given, minutesLater, NOW, uuid } from '../support/given.ts';

const byId = <Row extends { id: string }>(rows: Row[]): Record<string, Row> => Object.fromEntries(rows.map((row) => [row.id, row]));
const plant = (facts: DispatchFacts, jobs: DeliveryJob[] = [], loads: Load[] = []) =>
  given(dispatchRules, { key: 'north', state: north, facts, rows: { job: byId(jobs), load: byId(loads) } });
type One = ReturnType<typeof plant>;

const asks = { orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 50 };
const adas = waitingJob(ADAS_JOB, ADA);
const bos = waitingJob(BOS_JOB, BO);
const cleos = waitingJob(CLEOS_JOB, CLEO);
const assigned = (one: One) => one.tells('truck.assign').map(({ key, payload }) => [key, (payload as { orderKey: string }).orderKey]);
const minutesAgo = (minutes: number): string => minutesLater(-minutes).toISOString();

describe('a request', () => {
  test('waits from now on, and is kept with the trace of its order', () => {
    const one = plant(freeAtNorth()).hears('dispatch.request', { ...asks, requestedStart: '2026-03-02T08:30:00Z' });
    expect(one.rows<DeliveryJob>('job')).toMatchObject([
      {
        id: uuid(9_001),
        orderKey: ADA,
        status: 'queued',
        reason: null,
        priority: 50,
        requestedStart: '2026-03-02T08:30:00Z',
        requestedAt: NOW.toISOString(),
      },
    ]);
  });

  test.each(['queued', 'in_progress'] as const)('of an order that is %s is let pass', (status) => {
    expect(plant(freeAtNorth(), [{ ...adas, status }]).hears('dispatch.request', asks).decision).toMatchObject({
      kind: 'ignored',
      effects: [],
    });
  });

  test('of an order whose last one is cancelled waits anew', () => {
    const one = plant(freeAtNorth(), [{ ...adas, status: 'cancelled' }]).hears('dispatch.request', asks);
    expect(one.rows<DeliveryJob>('job').map((job) => job.status)).toEqual(['cancelled', 'queued']);
  });

  test('of an order that trucks have brought already is let pass: it was asked before that was heard of', () => {
    expect(plant(freeAtNorth(), [{ ...adas, status: 'done' }]).hears('dispatch.request', asks).decision).toMatchObject({ kind: 'ignored' });
  });

  test('to a plant that is none is refused', () => {
    expect(given(dispatchRules, { key: 'atlantis', facts: freeAtNorth() }).hears('dispatch.request', asks).refusal).toBe('plant.not-found');
  });
});

describe('who gets the truck', () => {
  const first = (a: DeliveryJob, b: DeliveryJob): string => [a, b].sort(byUrgency(NOW)).map(({ orderKey }) => orderKey)[0] as string;

  test('the higher priority', () => {
    expect(first(adas, { ...bos, priority: 51 })).toBe(BO);
  });

  test('each ten minutes of waiting are worth one of priority', () => {
    expect(first({ ...adas, requestedAt: minutesAgo(20) }, { ...bos, priority: 51 })).toBe(ADA);
    expect(first({ ...adas, requestedAt: minutesAgo(9) }, { ...bos, priority: 51 })).toBe(BO);
  });

  test('waiting is worth fifty at the most', () => {
    expect(urgency({ priority: 10, requestedAt: minutesAgo(499) }, NOW)).toBe(59);
    expect(urgency({ priority: 10, requestedAt: minutesAgo(100_000) }, NOW)).toBe(60);
  });

  test('among equals the earlier requested start, whatever offset it is written in', () => {
    const late = { ...adas, requestedStart: '2026-03-02T10:00:00Z' };
    const early = { ...bos, requestedStart: '2026-03-02T11:00:00+02:00' };
    expect(first(late, early)).toBe(BO);
    expect(first(late, { ...bos, requestedStart: null })).toBe(BO);
  });

  test('then who came first', () => {
    expect(first(adas, { ...bos, requestedAt: minutesAgo(1) })).toBe(BO);
    expect(first(adas, bos)).toBe(ADA);
  });

  test('one order, one truck: the most urgent gets the one that is free longest', () => {
    const one = plant(freeAtNorth('truck-1', 'truck-2'), [adas, { ...bos, priority: 90 }, cleos]).settles();
    expect(assigned(one)).toEqual([
      ['truck-1', BO],
      ['truck-2', ADA],
    ]);
    expect(one.row<DeliveryJob>('job', BOS_JOB)).toMatchObject({ status: 'in_progress', reason: null });
    expect(one.rows<Load>('load').map(({ truckId, orderKey, status, closedAt }) => [truckId, orderKey, status, closedAt])).toEqual([
      ['truck-1', BO, 'assigned', null],
      ['truck-2', ADA, 'assigned', null],
    ]);
  });

  test('the truck is told in the trace of the order’s own request', () => {
    const one = plant(freeAtNorth('truck-1'), [adas]).settles();
    const said = one.decision.effects.filter(({ kind }) => kind !== 'write');
    expect(said).toHaveLength(1);
    for (const effect of said) expect(effect).toMatchObject({ trace: { correlationId: ADA, traceparent: traceOf(ADA) } });
  });
});

describe('who gets none', () => {
  test('waits with the reason no_truck, and that is said once', () => {
    const one = plant(freeAtNorth(), [adas]).settles();
    expect(one.row<DeliveryJob>('job', ADAS_JOB)).toMatchObject({ status: 'queued', reason: 'no_truck' });
    expect(one.published('dispatch.no_truck')).toEqual([{ orderKey: ADA, orderId: '1', plantId: 'north', jobId: ADAS_JOB, priority: 50 }]);
    expect(one.settles().decision.effects).toEqual([]);
  });

  test('every one that waits has a reason', () => {
    const one = plant(freeAtNorth('truck-1'), [adas, bos, cleos]).settles();
    const waiting = one.rows<DeliveryJob>('job').filter(({ status }) => status === 'queued');
    expect(waiting.map(({ reason }) => reason)).toEqual(['no_truck', 'no_truck']);
  });

  test('gets the next truck that is free, and has no reason any more', () => {
    const one = plant(freeAtNorth('truck-1'), [{ ...adas, reason: 'no_truck' }])
      .hears('dispatch.sweep')
      .settles();
    expect(one.row<DeliveryJob>('job', ADAS_JOB)).toMatchObject({ status: 'in_progress', reason: null });
  });

  test('where nobody waits, nothing is decided', () => {
    expect(plant(freeAtNorth('truck-1'), [{ ...adas, status: 'done' }]).settles().ignored).toBe('nobody waits');
  });
});

describe('a truck has one open load', () => {
  const loads = [openLoad(ADAS_LOAD, adas, 'truck-1')];
  const saysFree = knows([freeTruck('truck-1', { openLoadId: ADAS_LOAD })]);

  test('one that says it is free, while the books have it on a load, gets no other', () => {
    expect(assigned(plant(saysFree, [bos], loads).settles())).toEqual([]);
    expect(assigned(plant(saysFree, [bos]).settles())).toEqual([]);
    expect(assigned(plant(freeAtNorth('truck-1'), [bos], loads).settles())).toEqual([]);
  });

  test('when it is back, its load is closed in the same turn that sends it on', () => {
    const back = { truckId: 'truck-1', plantId: 'north', from: 'washing', to: 'available', loadId: ADAS_LOAD };
    const one = plant(saysFree, [{ ...adas, status: 'in_progress', taken: 8 }, bos], loads)
      .hears('truck.status.changed', back)
      .settles();
    expect(assigned(one)).toEqual([['truck-1', BO]]);
    expect(one.row<Load>('load', ADAS_LOAD)?.closedAt).toBe(NOW.toISOString());
  });

  test('however often a turn settles, no truck is given twice', () => {
    const one = plant(freeAtNorth('truck-1'), [adas, bos])
      .settles()
      .hears('dispatch.request', { ...asks, orderKey: CLEO })
      .settles();
    expect(assigned(one)).toEqual([]);
    expect(one.rows<Load>('load').filter(({ closedAt }) => !closedAt)).toHaveLength(1);
  });
});
