/** What must be true of the world: while it moves, and once it is quiet. Each gives its complaints in words. */
import { terminalOrderStatuses } from '../../models/order.ts';
import type { Movement, Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import type { Order } from '../../services/order/order.state.ts';
import type { Payment } from '../../services/payment/payment.decider.ts';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.decider.ts';
import type { Truck } from '../../services/truck/truck.decider.ts';
import { type Played, plants } from './scheduler.ts';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
const isOpen = ({ status }: Reservation): boolean => status === 'active' || status === 'confirmed';

export const stockBooks = ({ world }: Played): string[] =>
  world.of<Stock>('inventory').flatMap(([key, { available, reserved }]) => {
    const open = sum(
      [...world.table<Reservation>(`inventory/${key}`, 'reservation').values()].filter(isOpen).map(({ quantity }) => quantity),
    );
    const onHand = sum([...world.table<Movement>(`inventory/${key}`, 'movement').values()].map((movement) => movement.onHand));
    return [
      ...(reserved === open ? [] : [`${key}: ${reserved} reserved, but the open reservations hold ${open}`]),
      ...(available + reserved === onHand
        ? []
        : [`${key}: ${available} available and ${reserved} reserved, but its movements left ${onHand}`]),
      ...(available < 0 ? [`${key}: ${available} available`] : []),
    ];
  });

export const openLoads = ({ world }: Played): string[] => {
  const busy = plants.flatMap((plant) => [...world.table<Load>(`dispatch/${plant}`, 'load').values()]).filter(({ closedAt }) => !closedAt);
  return busy
    .filter(({ truckId }, index) => busy.findIndex((other) => other.truckId === truckId) !== index)
    .map(({ truckId }) => `${truckId} has two open loads`);
};

/** Nothing is given back twice: neither at the provider nor in what is published. */
export const refundsOnce = ({ world, ledger }: Played): string[] => {
  const told = world.events.filter(({ type }) => type === 'payment.refunded').map(({ data }) => data.paymentId);
  return [
    ...[...ledger].filter(([, { refunds }]) => refunds > 1).map(([key]) => `${key} was refunded twice`),
    ...told.filter((id, index) => told.indexOf(id) !== index).map((id) => `payment.refunded was published twice for ${id}`),
  ];
};

export const always = (played: Played): string[] => [
  ...played.world.wrong,
  ...stockBooks(played),
  ...openLoads(played),
  ...refundsOnce(played),
];

/** At quiet, each order is at an end, or waits for something that has a name. */
export const ends = ({ world }: Played): string[] =>
  world.of<Order>('order').flatMap(([key, { status, plantId, paymentMethod }]) => {
    if (['delivered', 'cancelled', 'failed', 'payment_failed'].includes(status)) return [];
    if (status === 'validated' && paymentMethod === 'cod') return []; // It waits for a person’s word: a later capability.
    const waits = [...world.table<DeliveryJob>(`dispatch/${plantId}`, 'job').values()].find(
      (job) => job.orderKey === key && job.status === 'queued',
    );
    return status === 'confirmed' && waits?.reason ? [] : [`order ${key} stands still, ${status}`];
  });

/** At quiet, no money is held for an order that is not alive, and the payment's books are the provider's. */
export const money = ({ world, ledger }: Played): string[] =>
  world.of<Payment>('payment').flatMap(([id, { orderKey, status, capturedCents, refundedCents }]) => {
    const order = world.states.get(`order/${orderKey}`) as Order;
    const charge = ledger.get(`pay:${id}:charge:1`);
    const held = charge?.taken === true && charge.refunds === 0;
    const alive = order.status === 'delivered' || order.status === 'confirmed';
    return [
      ...(held === alive
        ? []
        : [`order ${orderKey} is ${order.status}, and its money is ${held ? 'held' : 'not held'} (payment ${status})`]),
      ...(capturedCents - refundedCents > 0 === held
        ? []
        : [`payment ${id}: the books say ${capturedCents} − ${refundedCents}, the provider ${held ? 'holds it' : 'has nothing'}`]),
    ];
  });

/** At quiet, stock is held for living orders only, and what was delivered has left. */
export const holds = ({ world }: Played): string[] =>
  world.of<Stock>('inventory').flatMap(([key]) =>
    [...world.table<Reservation>(`inventory/${key}`, 'reservation')].flatMap(([orderKey, reservation]) => {
      const { status } = world.states.get(`order/${orderKey}`) as Order;
      const over = terminalOrderStatuses.includes(status) || status === 'payment_failed' || status === 'delivered';
      const right = status === 'delivered' ? reservation.status === 'consumed' : over ? !isOpen(reservation) : isOpen(reservation);
      return right ? [] : [`${key}: order ${orderKey} is ${status}, its reservation ${reservation.status}`];
    }),
  );

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

export const atQuiet = (played: Played): string[] => [
  ...always(played),
  ...ends(played),
  ...money(played),
  ...holds(played),
  ...yard(played),
];
