/** What must be true of the world: while it moves, and once it is quiet. Each gives its complaints in words. */
import { terminalOrderStatuses } from '../../models/order.ts';
import { terminalReturnStatuses } from '../../models/returns.ts';
import type { Fulfillment } from '../../services/fulfillment/fulfillment.state.ts';
import type { Movement, Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import type { Item, Order } from '../../services/order/order.state.ts';
import type { Payment } from '../../services/payment/payment.decider.ts';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { type Played, plants } from './scheduler.ts';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
const isOpen = ({ status }: Reservation): boolean => status === 'active' || status === 'confirmed';
const twice = <T>(those: T[]): T[] => those.filter((one, index) => those.indexOf(one) !== index);

/** Reserved is what is held; available and reserved are what lies there, the sum of all movements; nothing is below zero. */
export const stockBooks = ({ world }: Played): string[] =>
  world.of<Stock>('inventory').flatMap(([key, { available, reserved, backordered }]) => {
    const all = [...world.table<Reservation>(`inventory/${key}`, 'reservation').values()];
    const open = sum(all.filter(isOpen).map(({ quantity }) => quantity));
    const onHand = sum([...world.table<Movement>(`inventory/${key}`, 'movement').values()].map((movement) => movement.onHand));
    const inLine = all.filter(({ status }) => status === 'backordered').length;
    return [
      ...(reserved === open ? [] : [`${key}: ${reserved} reserved, but the open reservations hold ${open}`]),
      ...(available + reserved === onHand ? [] : [`${key}: ${available} available and ${reserved} reserved, but ${onHand} lie there`]),
      ...(available < 0 || reserved < 0 ? [`${key}: ${available} available, ${reserved} reserved`] : []),
      ...(backordered === inLine ? [] : [`${key}: ${backordered} in line, but ${inLine} wait`]),
    ];
  });

export const openLoads = ({ world }: Played): string[] => {
  const busy = plants.flatMap((plant) => [...world.table<Load>(`dispatch/${plant}`, 'load').values()]).filter(({ closedAt }) => !closedAt);
  return twice(busy.map(({ truckId }) => truckId)).map((truckId) => `${truckId} has two open loads`);
};

/** No more goes to a site than was ordered, whichever plants send it; and every load is of something. */
export const noMoreThanOrdered = ({ world }: Played): string[] => {
  const loads = plants.flatMap((plant) => [...world.table<Load>(`dispatch/${plant}`, 'load').values()]);
  const going = loads.filter(({ status }) => ['assigned', 'recalled', 'delivered'].includes(status));
  return world.of<Order>('order').flatMap(([key]) => {
    const asked = sum([...world.table<Item>(`order/${key}`, 'order_items').values()].map(({ quantity }) => quantity));
    const sent = sum(going.filter(({ orderKey }) => orderKey === key).map(({ quantity }) => quantity));
    return sent > asked ? [`order ${key} is of ${asked}, and ${sent} go there`] : [];
  });
};

/** Nothing is given back twice: neither at the provider nor in what is published. */
export const refundsOnce = ({ world, bank }: Played): string[] => {
  const told = world.events.filter(({ type }) => type === 'payment.refunded').map(({ data }) => `${data.paymentId} ${data.refundId}`);
  const much = bank.books.ledger().filter(({ amountCents, refundedCents }) => refundedCents > amountCents);
  return [
    ...much.map(({ key }) => `${key}: more was given back than was taken`),
    ...twice(told).map((one) => `payment.refunded was published twice for ${one}`),
  ];
};

const MONEY_COMES = ['created', 'authorizing', 'authorized', 'capturing', 'cod_due'];
/** At most one saga of an order is at work: one payment that may still bring money, one parcel, one place in the queue; and one clock. */
export const oneSaga = ({ world }: Played): string[] => {
  const calledOff = (id: string): boolean => (world.mail.get(`payment/${id}`) ?? []).some(({ name }) => name === 'payment.cancel');
  const paying = world.of<Payment>('payment').filter(([id, { status, undo }]) => MONEY_COMES.includes(status) && !undo && !calledOff(id));
  const sending = world.of<Fulfillment>('fulfillment').filter(([, { status }]) => !['delivered', 'cancelled', 'failed'].includes(status));
  const inQueue = plants.flatMap((plant) =>
    [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()].flatMap(({ status, orderKey }) =>
      ['queued', 'scheduled', 'in_progress'].includes(status) ? [`${orderKey} at ${plant}`] : [],
    ),
  );
  return [
    ...twice(paying.map(([, { orderKey }]) => orderKey)).map((key) => `order ${key} is being paid twice`),
    ...twice(sending.map(([, { orderKey }]) => orderKey)).map((key) => `order ${key} is being sent twice`),
    ...twice(inQueue).map((key) => `order ${key} is in the queue twice`),
    ...world.of<Order>('order').flatMap(([key, order]) => {
      const clock = world.timers.has(`order/${key}/saga.expire`);
      const rung = (world.mail.get(`order/${key}`) ?? []).some(({ name }) => name === 'saga.expire');
      if (order.sagaExpiresAt) return clock || rung ? [] : [`order ${key} is ${order.status}, its saga has an end, and no clock`];
      return clock ? [`order ${key} is ${order.status}, its saga has a clock, and no end`] : [];
    }),
  ];
};

/** An end is an end: but for the log of what is being undone, nothing of it changes any more. */
export const fixedEnds = ({ world, ended }: Played): string[] => {
  const complaints: string[] = [];
  const check = (actor: string, ends: readonly string[], same: (state: object) => object): void => {
    for (const [key, state] of world.of<{ status: string }>(actor)) {
      const address = `${actor}/${key}`;
      const before = ended.get(address);
      if (before === undefined && !ends.includes(state.status)) continue;
      const now = JSON.stringify(same(state));
      if (before !== undefined && before !== now) complaints.push(`${address} had ended, and changed: ${before} → ${now}`);
      ended.set(address, now);
    }
  };
  check('order', terminalOrderStatuses, (state) => ({ ...state, sagaState: '', compensations: [] }));
  check('return', terminalReturnStatuses, (state) => state);
  check('exchange', terminalReturnStatuses, (state) => state);
  check('fulfillment', ['delivered', 'cancelled'], ({ status }: { status?: string }) => ({ status }));
  return complaints;
};

export const always = (played: Played): string[] => [
  ...played.world.wrong,
  ...stockBooks(played),
  ...openLoads(played),
  ...noMoreThanOrdered(played),
  ...refundsOnce(played),
  ...oneSaga(played),
  ...fixedEnds(played),
];

/** At quiet, every truck is at its plant, and its dispatcher knows. */
export const yard = ({ world }: Played): string[] => [
  ...world
    .of<Truck>('truck')
    .flatMap(([id, { status, loadId }]) => (status === 'available' && loadId === null ? [] : [`${id} is ${status}`])),
  ...plants.flatMap((plant) =>
    [...world.table<Load>(`dispatch/${plant}`, 'load').values()].flatMap(({ id, closedAt }) =>
      closedAt ? [] : [`load ${id} was never closed`],
    ),
  ),
  ...plants.flatMap((plant) =>
    [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()].flatMap(({ id, status }) =>
      status === 'in_progress' ? [`job ${id} is on no truck`] : [],
    ),
  ),
];
