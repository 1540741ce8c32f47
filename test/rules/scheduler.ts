/** Plays one plan in the world: orders, second thoughts, breakdowns, a moody bank and carrier, in an order that only the seed knows. */
import { stockKeyOf } from '../../models/inventory.ts';
import { north, products, truck1In } from '../support/examples.ts';
import { uuid } from '../support/given.ts';
import { Bank, type CardMood, type TransferMood } from './bank.ts';
import { Carrier, type ParcelMood } from './carriers.ts';
import { type Mishap, mishapsOf } from './mishaps.ts';
import { type Act, People } from './people.ts';
import { World } from './world.ts';

export const plants = ['north', 'south'] as const;

export interface PlannedOrder {
  method: 'card' | 'transfer' | 'account' | 'cod';
  card: CardMood;
  transfer: TransferMood;
  /** Null: by truck. */
  parcel: ParcelMood | null;
  lines: { sku: string; quantity: number }[];
  plantId: 'north' | 'south' | undefined;
  priority: number;
  /** At any time. */
  acts: Act[];
  /** Once it is quiet. */
  afterwards: Act[];
}
export interface Plan {
  orders: PlannedOrder[];
  stock: number;
  /** Who comes too late waits in line. */
  backorders: boolean;
  deliveries: number[];
  trucks: number;
  breakdowns: number;
  /** Crashes, loads sent away, plants without power, and second thoughts of those who dispatch. */
  mishaps: Mishap[];
  /** Minutes that pass with nobody looking: timers are late, and the clocks go round. */
  pauses: number[];
  timeScale: number;
  authorizes: boolean;
  trucksFirst: boolean;
  seed: number;
  /** False: messages of different senders may overtake each other in a mailbox, though one caused the other. */
  causal: boolean;
}
export interface Played {
  world: World;
  bank: Bank;
  people: People;
  /** How each actor stood when it came to an end that is one. */
  ended: Map<string, string>;
}

const MOST_STEPS = 20_000;

/** A small well-known generator (mulberry32): the whole run follows from the seed. */
const seeded = (seed: number) => {
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
  /** What people and banks will still do, at any time from now. */
  const outside: (() => void)[] = [];
  const later = (happens: () => void): void => void outside.push(happens);
  const [bank, carrier, people] = [new Bank(world, later, random), new Carrier(world, later, random), new People(world, later, random)];
  outside.push(...ordersOf(plan, world, people), ...breakdownsOf(plan, world, later), ...suppliesOf(plan, world));
  outside.push(...mishapsOf(plan.mishaps, world, later, random));
  outside.push(...plan.pauses.map((minutes) => () => people.timePasses(minutes)));
  const afterwards = plan.orders.flatMap(({ afterwards: acts }, index) => acts.map((act) => () => people.does(act, uuid(index + 1))));
  const played: Played = { world, bank, people, ended: new Map() };

  const anyTurn = (only = ''): boolean => {
    const waiting = [...world.mail.keys()].filter((address) => address.startsWith(only));
    const address = waiting[below(waiting.length)];
    if (address === undefined) return false;
    const before = world.states.get(address);
    world.turn(address, 1 + below(4));
    const payment = world.states.get(address) as { method: string; id: string; token: TransferMood } | undefined;
    if (address.startsWith('payment/') && !before && payment?.method === 'transfer') bank.expectTransfer(payment.id, payment.token);
    return true;
  };
  world.meanwhile = () => {
    while (random() < 0.3 && anyTurn('truck/'));
  };
  const anyJob = (): boolean => {
    const [job] = world.jobs.splice(below(world.jobs.length), 1);
    if (job) (job.type.startsWith('payment.') ? bank : carrier).run(job);
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

  /** All is at rest: what was to come afterwards comes now, several things at once; else people see to what waits for them. */
  const next = (): boolean => {
    const some = afterwards.splice(0, 1 + below(3));
    outside.push(...some);
    return some.length > 0 || people.attend();
  };

  for (let step = 0; step < MOST_STEPS; step++) {
    const picked = random();
    const first = picked < 0.6 ? anyTurn : picked < 0.75 ? anyJob : picked < 0.95 ? anyOutside : nextTimer;
    if (!first() && !anyTurn() && !anyJob() && !anyOutside() && !nextTimer() && !next()) return played;
    after(played);
  }
  throw new Error('the world does not come to rest');
};

const furnished = ({ trucks, stock, backorders, causal, ...nature }: Plan, random: () => number): World => {
  const world = new World(nature, random);
  if (!causal) {
    world.placeFor = (sender) => (waiting) => {
      const first = waiting.findLastIndex(({ headers }) => headers.sender === sender) + 1;
      return first + Math.floor(random() * (waiting.length - first + 1));
    };
  }
  for (const plant of plants) {
    world.states.set(`dispatch/${plant}`, { ...north, id: plant });
    for (let truck = 0; truck < trucks; truck++) {
      const id = `${plant}-${truck}`;
      world.states.set(`truck/${id}`, truck1In('available', { id, plantId: plant }));
    }
    for (const { sku } of products) {
      const key = stockKeyOf(sku, plant);
      const payload = { sku, locationId: plant, quantity: stock, reorderLevel: 0 };
      world.tell({ actor: 'inventory', key, name: 'inventory.stock', payload });
      if (backorders) world.tell({ actor: 'inventory', key, name: 'inventory.limits', payload: { allowBackorder: true } });
      world.turn(`inventory/${key}`, 2);
    }
  }
  return world;
};

/** Each is placed, every third one twice; and what is said of it is said perhaps before it is there. */
const ordersOf = ({ orders }: Plan, world: World, people: People): (() => void)[] =>
  orders.flatMap((order, index) => {
    const address = { actor: 'order', key: uuid(index + 1) };
    const accept = () => world.tell({ ...address, name: 'order.accepted', payload: formOf(order, address.key) });
    return [accept, ...(index % 3 === 0 ? [accept] : []), ...order.acts.map((act) => () => people.does(act, address.key))];
  });

const suppliesOf = ({ deliveries }: Plan, world: World): (() => void)[] =>
  deliveries.map((quantity, index) => () => {
    const key = stockKeyOf(products[index % products.length]?.sku ?? '', plants[index % 2] ?? 'north');
    world.tell({ actor: 'inventory', key, name: 'inventory.receive', payload: { quantity } });
  });

/** Trucks leave service and come back. */
const breakdownsOf = ({ breakdowns, trucks }: Plan, world: World, later: (happens: () => void) => void): (() => void)[] =>
  Array.from({ length: breakdowns }, (_, index) => () => {
    const truck = { actor: 'truck', key: `${plants[index % 2]}-${index % trucks}` };
    world.tell({ ...truck, name: 'truck.out-of-service', payload: { reason: 'a flat tyre' } });
    later(() => world.tell({ ...truck, name: 'truck.back-in-service', payload: {} }));
  });

const formOf = ({ method, card, transfer, parcel, lines, plantId, priority }: PlannedOrder, correlationId: string) => ({
  correlationId,
  customerId: 'ada',
  paymentMethod: method,
  paymentToken: method === 'transfer' ? transfer : card,
  items: lines,
  plantId,
  priority,
  ...(parcel ? { kind: 'goods', shippingAddress: { line1: parcel, city: 'Faenza' } } : {}),
});
