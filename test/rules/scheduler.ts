/** Plays one plan in the world: orders, second thoughts, breakdowns and a moody bank, in an order that only the seed knows. */
import { stockKeyOf } from '../../models/inventory.ts';
import { north, products, truck1In } from '../support/examples.ts';
import { uuid } from '../support/given.ts';
import { type Job, World } from './world.ts';

export const plants = ['north', 'south'] as const;

export interface PlannedOrder {
  method: 'card' | 'transfer' | 'account' | 'cod';
  card: 'captures' | 'declines' | 'loses the answer' | 'is down' | 'reports too' | 'takes it later';
  transfer: 'arrives' | 'arrives twice told' | 'bounces' | 'never comes';
  lines: { sku: string; quantity: number }[];
  plantId: 'north' | 'south' | undefined;
  priority: number;
  cancels: number;
}
export interface Plan {
  orders: PlannedOrder[];
  stock: number;
  trucks: number;
  breakdowns: number;
  timeScale: number;
  seed: number;
  /** False: messages of different senders may overtake each other in a mailbox, though one caused the other. */
  causal: boolean;
}

/** What the provider holds of a charge, whatever our books say. */
export interface Charge {
  taken: boolean;
  refunds: number;
  refundKeys: Set<string>;
}
export interface Played {
  world: World;
  ledger: Map<string, Charge>;
}

const MOST_STEPS = 20_000;

/** A small well-known generator (mulberry32): the whole run follows from the seed. */
export const seeded = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** @param after called after each step. @throws Error when the world does not come to rest */
export const play = (plan: Plan, after: (played: Played) => void = () => undefined): Played => {
  const random = seeded(plan.seed);
  const below = (count: number): number => Math.floor(random() * count);
  const world = furnished(plan, random);
  const ledger = new Map<string, Charge>();
  const played = { world, ledger };
  /** What people and banks will still do, at any time from now. */
  const outside: (() => void)[] = [];
  const charge = (key: string): Charge => {
    const known = ledger.get(key) ?? { taken: false, refunds: 0, refundKeys: new Set() };
    ledger.set(key, known);
    return known;
  };
  const report = (paymentId: string, event: string, outcome = 'captured') =>
    world.tell({ actor: 'payment', key: paymentId, name: 'payment.reported', payload: { outcome, eventId: `${paymentId}.${event}` } });
  const answer = ({ reply }: Job, outcome: 'completed' | 'dead', result: object | null): void =>
    world.tell({ ...reply, payload: { jobId: '1', outcome, result, error: outcome === 'dead' ? 'no answer' : null } });

  const runCharge = (job: Job): void => {
    const { token, idempotencyKey, paymentId } = job.payload as Record<string, string>;
    const held = charge(idempotencyKey as string);
    const take = (): void => void (held.taken = true);
    const captured = { status: 'captured', providerRef: `ch_${idempotencyKey}` };
    if (token === 'declines') return answer(job, 'completed', { status: 'declined', reason: 'card_declined' });
    if (token === 'is down') return answer(job, 'dead', null);
    if (token === 'takes it later') {
      outside.push(() => {
        take();
        report(paymentId as string, 'late');
      });
      return answer(job, 'dead', null);
    }
    take();
    if (token === 'loses the answer') return answer(job, 'dead', null);
    if (token === 'reports too') outside.push(() => report(paymentId as string, 'told'), () => report(paymentId as string, 'told again'));
    const answering = (): void => answer(job, 'completed', captured);
    if (token === 'reports too') outside.push(answering);
    else answering();
  };

  const runUndo = (job: Job): void => {
    const { chargeKey, refundKey } = job.payload as Record<string, string>;
    const held = charge(chargeKey as string);
    const known = held.refundKeys.has(refundKey as string);
    if (!known && !held.taken) return answer(job, 'completed', { status: 'none' });
    if (!known) held.refunds++;
    held.refundKeys.add(refundKey as string);
    answer(job, 'completed', { status: 'refunded', providerRef: `re_${refundKey}` });
  };

  /** The bank of those who transfer: called once the payment waits for its report. */
  const expectTransfer = (paymentId: string, mood: string): void => {
    const arrive = (): void => {
      charge(`pay:${paymentId}:charge:1`).taken = true;
      report(paymentId, 'arrived');
    };
    if (mood === 'arrives' || mood === 'arrives twice told') outside.push(arrive);
    if (mood === 'arrives twice told') outside.push(() => charge(`pay:${paymentId}:charge:1`).taken && report(paymentId, 'told again'));
    if (mood === 'bounces') outside.push(() => report(paymentId, 'bounced', 'failed'));
  };

  plan.orders.forEach((order, index) => {
    const key = uuid(index + 1);
    outside.push(() => world.tell({ actor: 'order', key, name: 'order.accepted', payload: formOf(order, key) }));
    if (index % 3 === 0) outside.push(() => world.tell({ actor: 'order', key, name: 'order.accepted', payload: formOf(order, key) }));
    for (let cancels = 0; cancels < order.cancels; cancels++) {
      outside.push(() => world.tell({ actor: 'order', key, name: 'order.cancel', payload: { reason: 'rain' } }));
    }
  });
  for (let breakdown = 0; breakdown < plan.breakdowns; breakdown++) {
    const truck = { actor: 'truck', key: `${plants[breakdown % 2]}-${below(plan.trucks)}` };
    outside.push(() => {
      world.tell({ ...truck, name: 'truck.out-of-service', payload: { reason: 'a flat tyre' } });
      outside.push(() => world.tell({ ...truck, name: 'truck.back-in-service', payload: {} }));
    });
  }

  const anyTurn = (only = ''): boolean => {
    const waiting = [...world.mail.keys()].filter((address) => address.startsWith(only));
    const address = waiting[below(waiting.length)];
    if (address === undefined) return false;
    const charges = (world.mail.get(address) ?? []).filter(({ name }) => name === 'payment.charge');
    for (const { key, payload } of charges) {
      const { method, token } = payload as { method: string; token: string };
      if (method === 'transfer' && !world.states.has(address)) expectTransfer(key, token);
    }
    world.turn(address, charges.length > 0 ? Number.POSITIVE_INFINITY : 1 + below(4));
    return true;
  };
  world.meanwhile = () => {
    while (random() < 0.3 && anyTurn('truck/'));
  };
  const anyJob = (): boolean => {
    const [job] = world.jobs.splice(below(world.jobs.length), 1);
    if (job) (job.type === 'payment.charge' ? runCharge : runUndo)(job);
    return job !== undefined;
  };
  const anyOutside = (): boolean => {
    const [happens] = outside.splice(below(outside.length), 1);
    happens?.();
    return happens !== undefined;
  };
  const nextTimer = (): boolean => {
    const [slot, due] = [...world.timers].sort(([, a], [, b]) => a.dueAt.getTime() - b.dueAt.getTime())[0] ?? [];
    if (!slot || !due) return false;
    world.timers.delete(slot);
    if (due.dueAt > world.now) world.now = due.dueAt;
    world.tell(due);
    return true;
  };

  for (let step = 0; step < MOST_STEPS; step++) {
    const picked = random();
    const first = picked < 0.6 ? anyTurn : picked < 0.75 ? anyJob : picked < 0.95 ? anyOutside : nextTimer;
    if (!first() && !anyTurn() && !anyJob() && !anyOutside() && !nextTimer()) return played;
    after(played);
  }
  throw new Error('the world does not come to rest');
};

const furnished = ({ timeScale, trucks, stock, causal }: Plan, random: () => number): World => {
  const world = new World(timeScale, random);
  if (!causal) {
    world.placeFor = (sender) => (waiting) => {
      const first = waiting.findLastIndex(({ headers }) => headers.sender === sender) + 1;
      return first + Math.floor(random() * (waiting.length - first + 1));
    };
  }
  for (const plant of plants) {
    world.states.set(`dispatch/${plant}`, { ...north, id: plant });
    for (let truck = 0; truck < trucks; truck++) world.states.set(`truck/${plant}-${truck}`, truck1In('available', { id: `${plant}-${truck}`, plantId: plant }));
    for (const { sku } of products) {
      const key = stockKeyOf(sku, plant);
      world.tell({ actor: 'inventory', key, name: 'inventory.stock', payload: { sku, locationId: plant, quantity: stock, reorderLevel: 0 } });
      world.turn(`inventory/${key}`, 1);
    }
  }
  return world;
};

const formOf = ({ method, card, transfer, lines, plantId, priority }: PlannedOrder, correlationId: string) => ({
  correlationId,
  customerId: 'ada',
  kind: 'goods',
  paymentMethod: method,
  paymentToken: method === 'transfer' ? transfer : card,
  items: lines,
  plantId,
  priority,
});
