import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Effect, enqueue, inTrace, publish, tell } from '../../runtime/decider.ts';
import { eventsOf, type LoggedEvent } from '../../runtime/events.ts';
import { currentHeaders, newHeaders, traceIdOf, withHeaders } from '../../runtime/trace.ts';
import { tellAll } from '../support/actors.ts';
import { untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const CORRELATION = 'c0ffee00-0000-4000-8000-000000000001';
const JOURNEY = 'c0ffee00-0000-4000-8000-000000000003';
const spanOf = (traceparent: string): string => traceparent.slice(36, 52);
const jobTypes = [{ type: 'write.letter', queue: 'default', payload: z.any() }];
const publishing = (number: number): { number: number; effects: Effect[] } => ({
  number,
  effects: [publish('ledger.changed', { number })],
});
const subscriptions = [
  { event: 'ledger.changed', actor: 'ledger', key: ({ to }: Record<string, unknown>) => to as string | undefined },
  { event: 'ledger.changed', actor: 'ledger', key: ({ too }: Record<string, unknown>) => too as string | undefined },
];

export const traceLaws: Laws = (given) => {
  test('what is published is appended to the log and reaches its subscribers in the same commit [B23, B26]', async () => {
    const announced: LoggedEvent[] = [];
    const node = given().node({ subscriptions, mesh: { announce: (events) => void announced.push(...events) } });
    const effects = [publish('ledger.changed', { number: 5, to: 'first', too: 'second' }), publish('ledger.closed', { number: 6 })];
    await node.tell(
      'ledger',
      'publishing',
      'ledger.add',
      { number: 1, effects },
      { headers: newHeaders('door', { correlationId: CORRELATION }) },
    );
    await untilQuiet(given().database);
    const events = await eventsOf(given().database, CORRELATION);
    expect(events.map(({ type, actor, key, data }) => ({ type, actor, key, data }))).toEqual([
      { type: 'ledger.changed', actor: 'ledger', key: 'publishing', data: { number: 5, to: 'first', too: 'second' } },
      { type: 'ledger.closed', actor: 'ledger', key: 'publishing', data: { number: 6 } },
    ]);
    expect(await given().lines('first')).toMatchObject([{ number: 5, name: 'ledger.changed' }]);
    expect(await given().lines('second')).toMatchObject([{ number: 5, name: 'ledger.changed' }]);
    expect(announced.map(({ type }) => type)).toEqual(['ledger.changed', 'ledger.closed']);
  });

  test('an event of a turn that is lost reaches nobody', async () => {
    const announced: LoggedEvent[] = [];
    const node = given().node({ subscriptions, maxAttempts: 1, mesh: { announce: (events) => void announced.push(...events) } });
    const effects = [publish('ledger.changed', { number: 5, to: 'nobody' })];
    await tellAll(node, 'lost', [{ number: -5, effects }]);
    await untilQuiet(given().database);
    expect([announced, await given().count('events'), await given().numbers('nobody')]).toEqual([[], 0, []]);
  });

  test('one trace and one correlation go from the door through turn, tell, job, reply and event, each with a span of its own [A15, A54, C8, C34, E33]', async () => {
    const node = given().node({
      jobTypes,
      handlers: [
        {
          type: 'write.letter',
          // What a handler tells joins its job's trace.
          run: async () => void (await node.tell('ledger', 'from-the-job', 'ledger.add', publishing(3))),
        },
      ],
    });
    const toThird = [tell('ledger', 'third', 'ledger.add', publishing(2)), enqueue('write.letter', {}, { reply: 'ledger.written' })];
    const first = { number: 1, effects: [tell('ledger', 'second', 'ledger.add', { number: 1, effects: toThird })] };
    const headers = newHeaders('door', { correlationId: JOURNEY, by: 'ada' });
    await withHeaders(headers, () => node.tell('ledger', 'first', 'ledger.add', first));
    await untilQuiet(given().database);

    const lines = (await given().lines()).filter(({ headers }) => headers.correlationId === JOURNEY);
    const [second, third, reply, fromTheJob] = [
      lines.find(({ key }) => key === 'second'),
      lines.find(({ key }) => key === 'third'),
      lines.find(({ name }) => name === 'ledger.written'),
      lines.find(({ key }) => key === 'from-the-job'),
    ];
    expect(reply?.key).toBe('second');
    const events = await eventsOf(given().database, JOURNEY);
    expect(events).toHaveLength(2);
    const all = [headers, ...[second, third, reply, fromTheJob].map((line) => line?.headers), ...events];
    expect(new Set(all.map((one) => traceIdOf(one?.traceparent as string)))).toEqual(new Set([traceIdOf(headers.traceparent)]));
    // What one decision sends has one span; each step from cause to effect has another.
    const chain = [headers, second?.headers, third?.headers, fromTheJob?.headers, ...events];
    expect(new Set(chain.map((one) => spanOf(one?.traceparent as string))).size).toBe(chain.length);
    expect([second?.headers.sender, third?.headers.sender]).toEqual(['ledger/first', 'ledger/second']);
    expect([second?.headers.by, third?.headers.by, events[0]?.by]).toEqual(['ada', 'ada', 'ada']);
  });

  test('each message names the one that caused it, and its sender [A51]', async () => {
    const node = given().node({ start: false });
    await tellAll(node, 'cause', [{ number: 1, effects: [tell('ledger', 'effect', 'ledger.add', publishing(2))] }]);
    const [cause] = await given().database.query<{ id: string }>('select id from mailbox');
    node.start();
    await untilQuiet(given().database);
    const [effect] = await given().lines('effect');
    expect(effect?.headers).toMatchObject({ causationId: cause?.id, sender: 'ledger/cause' });
    const [event] = await given().database.query<{ causation_id: string }>('select causation_id from events');
    expect(Number(event?.causation_id)).toBeGreaterThan(Number(cause?.id));
  });

  test('what is decided on behalf of another stays in that one’s trace', async () => {
    const other = newHeaders('door', { correlationId: 'c0ffee00-0000-4000-8000-000000000002' });
    const node = given().node();
    await tellAll(node, 'dispatcher', [{ number: 1, effects: inTrace(other, tell('ledger', 'in-trace', 'ledger.add', { number: 1 })) }]);
    await untilQuiet(given().database);
    const [line] = await given().lines('in-trace');
    expect(line?.headers).toMatchObject({ correlationId: other.correlationId, sender: 'ledger/dispatcher' });
    expect(traceIdOf(line?.headers.traceparent as string)).toBe(traceIdOf(other.traceparent));
  });

  test('a tell outside of any work begins a trace of its own', async () => {
    expect(currentHeaders()).toBeUndefined();
    const node = given().node();
    await tellAll(node, 'own', [1, 2]);
    await untilQuiet(given().database);
    const [one, two] = await given().lines('own');
    expect(one?.headers.correlationId).not.toBe(two?.headers.correlationId);
  });
};
