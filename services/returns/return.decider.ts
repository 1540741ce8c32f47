/**
 * The rules of a return. It is asked for, booked by its order, decided by people, received, looked at, and at its completion paid back
 * once. Until it is received it can be called off; what was received takes its way.
 */
import { type ReturnStatus, returnLife, type returnMessages } from '../../models/returns.ts';
import {
  type Context,
  cancelTimer,
  type Decision,
  done,
  ignore,
  type Message,
  type MessageOf,
  publish,
  refuse,
  setTimer,
} from '../../runtime/decider.ts';
import { giveBack, news, paidOut, takeBack } from './returns.effects.ts';
import {
  BOOKING_MS,
  barred,
  changed,
  counted,
  fresh,
  inTheOrder,
  mistaken,
  outdated,
  passed,
  type ReturnFacts,
  type SentBack,
  worthBack,
} from './returns.state.ts';

export interface Return extends SentBack {
  status: ReturnStatus;
}

type Heard = MessageOf<typeof returnMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
type Deciding = Context<ReturnFacts>;

export const decide = (one: Return | undefined, message: Message, context: Deciding): Decision<Return> => {
  const heard = message as unknown as Heard;
  if (heard.name === 'return.request') return request(one, heard.payload, context);
  if (heard.name === 'return.take-over') return inTheOrder(heard.payload.orderKey, message, takeOver(one, heard.payload, context));
  if (!one) return refuse('return.not-found');
  return inTheOrder(one.orderKey, message, answer(one, heard, message, context));
};

const answer = (
  one: Return,
  heard: Exclude<Heard, { name: 'return.request' | 'return.take-over' }>,
  message: Message,
  context: Deciding,
): Decision<Return> => {
  switch (heard.name) {
    case 'return.booked':
      return booked(one, heard.payload);
    case 'return.refused':
      return withdrawn(one, heard.payload.code, false);
    case 'return.lapse':
      return withdrawn(one, 'return.lapsed', true);
    case 'return.approve':
      return approve(one, heard.payload);
    case 'return.reject':
      return reject(one, heard.payload);
    case 'return.receive':
      return receive(one, heard.payload, context);
    case 'return.inspect':
      return inspect(one, heard.payload, context);
    case 'return.complete':
      return complete(one, heard.payload, context);
    case 'return.cancel':
      return cancel(one, heard.payload);
    case 'return.paid-out':
      return paidOut('return', one, message, heard.payload.version);
  }
};

/** Asked at the door, before the order is asked to book it. Until that is answered nobody hears of it; unanswered, it lapses. */
const request = (one: Return | undefined, { lines, ...form }: Payload<'return.request'>, context: Deciding): Decision<Return> => {
  if (one) return ignore('it is asked for already');
  const asked: Return = {
    id: context.key,
    ...form,
    status: 'requested',
    booked: false,
    note: null,
    lines: fresh(lines),
    refundCents: 0,
    refundState: 'none',
    version: 1,
  };
  return done(asked, setTimer('return.lapse', new Date(context.now.getTime() + BOOKING_MS), {}));
};

const booked = (one: Return, { paymentId }: Payload<'return.booked'>): Decision<Return> => {
  if (one.booked) return ignore('it is booked already');
  // Withdrawn meanwhile, perhaps before the order had it down: it is told once more.
  if (one.status !== 'requested') return refuse('return.lapsed', {}, publish('order.return.rejected', news(one, { reason: one.note })));
  const asked = changed(one, { booked: true, paymentId: paymentId ?? one.paymentId });
  return done(asked, publish('order.return.requested', news(asked, { reason: one.reason })), cancelTimer('return.lapse'));
};

/** The order said no, or nobody knows what it said: then it is told, so that a booking without its return does not stand. */
const withdrawn = (one: Return, note: string, tellsTheOrder: boolean): Decision<Return> => {
  if (one.booked || one.status !== 'requested') return ignore('it is decided already');
  const off = changed(one, { status: 'rejected', note });
  return done(off, tellsTheOrder ? publish('order.return.rejected', news(off, { reason: note })) : cancelTimer('return.lapse'));
};

/** From an exchange that has nothing to send: its goods are on their way back, or here already. */
const takeOver = (one: Return | undefined, { status, ...form }: Payload<'return.take-over'>, context: Deciding): Decision<Return> => {
  if (one) return ignore('it is taken over already');
  const taken: Return = { id: context.key, ...form, status, booked: true, note: null, refundCents: 0, refundState: 'none', version: 1 };
  return done(taken, publish('order.return.approved', news(taken, { reason: form.reason })));
};

const approve = (one: Return, { version }: Payload<'return.approve'>): Decision<Return> => {
  const no = outdated(one, version) ?? barred('return', returnLife, one, 'approved');
  if (no) return no;
  const approved = changed(one, { status: 'approved' });
  return done(approved, publish('order.return.approved', news(approved)));
};

const reject = (one: Return, { reason, version }: Payload<'return.reject'>): Decision<Return> => {
  const no = outdated(one, version) ?? barred('return', returnLife, one, 'rejected');
  if (no) return no;
  const rejected = changed(one, { status: 'rejected', note: reason });
  return done(rejected, publish('order.return.rejected', news(rejected, { reason })));
};

/** Called off by the customer: for the order that is as good as rejected. */
const cancel = (one: Return, { reason = 'cancelled', version }: Payload<'return.cancel'>): Decision<Return> => {
  const no = outdated(one, version) ?? barred('return', returnLife, one, 'cancelled');
  if (no) return no;
  const cancelled = changed(one, { status: 'cancelled', note: reason });
  return done(cancelled, publish('order.return.rejected', news(cancelled, { reason, cancelled: true })));
};

/** The parcel is here. Whoever names the condition of all that came has looked at it already. */
const receive = (one: Return, { version, ...found }: Payload<'return.receive'>, context: Deciding): Decision<Return> => {
  if (one.status === 'received' && (found.condition ?? found.lines)) return inspect(one, { version, ...found }, context);
  const no = outdated(one, version) ?? barred('return', returnLife, one, 'received') ?? mistaken(one.lines, found);
  if (no) return no;
  const received = changed(one, { status: 'received', lines: counted(one.lines, found) });
  const looked = received.lines.every(({ received: came, condition }) => condition !== null || came === 0);
  return looked ? looksGood(received, context) : done(received);
};

const inspect = (one: Return, { version, ...found }: Payload<'return.inspect'>, context: Deciding): Decision<Return> => {
  const no = outdated(one, version) ?? barred('return', returnLife, one, 'inspected') ?? mistaken(one.lines, found);
  return no ?? looksGood({ ...one, lines: counted(one.lines, found) }, context);
};

/** What passes goes back on the shelf, the rest is written off; nothing said against it, it passes. */
const looksGood = (one: Return, context: Deciding): Decision<Return> => {
  const inspected = changed(one, { status: 'inspected', lines: passed(one.lines) });
  return done(inspected, takeBack(inspected, context));
};

/** Once, and under the return's own id: however often it is asked for, money goes back once. */
const complete = (one: Return, { version }: Payload<'return.complete'>, context: Deciding): Decision<Return> => {
  const no = outdated(one, version);
  if (no) return no;
  if (one.status === 'received') return completedAfter(inspect(one, {}, context), context);
  return barred('return', returnLife, one, 'completed') ?? pay(one, context);
};

const completedAfter = (looked: Decision<Return>, context: Deciding): Decision<Return> => {
  if (looked.kind !== 'done') return looked;
  const paid = pay(looked.state, context);
  return { ...paid, effects: [...looked.effects, ...paid.effects] };
};

const pay = (one: Return, context: Deciding): Decision<Return> => {
  const { effects, ...refund } = giveBack(one, worthBack(one.lines), one.reason, context.facts);
  const completed = changed(one, { status: 'completed', ...refund });
  return done(completed, effects, publish('order.return.completed', news(completed, { ...refund, currency: one.currency })));
};
