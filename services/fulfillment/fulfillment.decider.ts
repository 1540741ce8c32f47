/**
 * The rules of a fulfilment: picked and packed at its location, booked with a carrier, followed until it has arrived. It never calls the
 * carrier: it asks for a job, under a key that is stored before the call, and hears what came of it.
 */
import type { FulfillmentStatus, fulfillmentMessages } from '../../models/fulfillment.ts';
import {
  type Context,
  cancelTimer,
  type Decision,
  done,
  ignore,
  inTrace,
  type Message,
  type MessageOf,
  publish,
  refuse,
} from '../../runtime/decider.ts';
import {
  also,
  bookingKey,
  end,
  type Fulfillment,
  type FulfillmentFacts,
  type FulfillmentSettings,
  facts,
  from,
  parcel,
  slotOf,
  stepped,
  type Way,
} from './fulfillment.state.ts';
import { askForIt, askLater, book, callOff, exception } from './shipping.effects.ts';
import { follow, inOrder, lost, named } from './tracking.state.ts';

type Heard = MessageOf<typeof fulfillmentMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
type Decided = Decision<Fulfillment>;
type Ctx = Context<FulfillmentFacts>;

const beforeBooking: readonly FulfillmentStatus[] = ['pending', 'planned', 'picking', 'packed'];

export const fulfillmentDecider = (settings: FulfillmentSettings) => {
  const decide = (fulfillment: Fulfillment | undefined, message: Message, context: Ctx): Decided => {
    const heard = message as unknown as Heard;
    if (heard.name === 'fulfillment.create') return create(fulfillment, heard.payload, message, context);
    if (!fulfillment) return refuse('fulfillment.not-found');
    const { version } = heard.payload as { version?: number };
    if (version !== undefined && version !== fulfillment.version) return refuse('resource.changed', { version: fulfillment.version });
    switch (heard.name) {
      case 'fulfillment.cancel':
        return cancel(fulfillment, heard.payload);
      case 'fulfillment.pick':
        return fulfillment.status === 'planned' ? end(stepped(from(fulfillment), 'picking')) : wrongStep(fulfillment);
      case 'fulfillment.pack':
        return fulfillment.status === 'picking' ? end(ready(stepped(from(fulfillment), 'packed'))) : wrongStep(fulfillment);
      case 'fulfillment.hold':
        return hold(fulfillment, heard.payload);
      case 'fulfillment.release':
        return release(fulfillment);
      case 'fulfillment.rebook':
        return rebook(fulfillment, heard.payload);
      case 'fulfillment.book-answered':
        return booked(fulfillment, heard.payload, context);
      case 'fulfillment.cancel-answered':
        return calledOff(fulfillment, heard.payload);
      case 'fulfillment.track':
        return onItsWay(fulfillment) ? done(fulfillment, askForIt(fulfillment)) : ignore(`it is ${fulfillment.status}`);
      case 'fulfillment.track-answered':
        return polled(fulfillment, heard.payload, context);
      case 'fulfillment.tracked':
        return inTheOrder(fulfillment, message, tracked(fulfillment, heard.payload, context));
    }
  };

  /** Told by an order that is confirmed. Another that is open for the same order and place would send it twice. */
  const create = (
    fulfillment: Fulfillment | undefined,
    order: Payload<'fulfillment.create'>,
    { headers }: Message,
    context: Ctx,
  ): Decided => {
    if (fulfillment) return ignore('it is there already');
    const holder = context.facts.holders.get(slotOf(order));
    if (holder !== undefined && holder !== context.key) return ignore(`${holder} is open for this order at ${order.locationId}`);
    const fresh = born(context.key, order, headers.correlationId, settings.carrier);
    return order.delivered ? backFilled(fresh, order.delivered) : goOn(also(from(fresh), announced(fresh)));
  };

  /** By itself as far as the carrier, or to where people take over. */
  const goOn = (way: Way): Decided => {
    const { status } = way.fulfillment;
    if (status === 'pending') return goOn(stepped(way, 'planned'));
    if (!settings.auto) return end(way);
    if (status === 'planned') return goOn(stepped(way, 'picking'));
    return end(ready(status === 'picking' ? stepped(way, 'packed') : way));
  };

  const ready = (way: Way): Way => book(stepped(way, 'ready'));

  const release = (fulfillment: Fulfillment): Decided => {
    if (fulfillment.status !== 'on_hold' || !fulfillment.heldFrom) return wrongStep(fulfillment);
    return goOn(stepped(from(fulfillment), fulfillment.heldFrom, { heldFrom: null }));
  };

  const booked = (fulfillment: Fulfillment, { outcome, result, error }: Payload<'fulfillment.book-answered'>, context: Ctx): Decided => {
    const cancelled = fulfillment.status === 'cancelled';
    if (fulfillment.shipmentStatus !== 'asked' || (fulfillment.status !== 'ready' && !cancelled))
      return ignore('its outcome is known already');
    if (outcome === 'completed' && result?.status === 'booked') {
      const made = parcel(from(fulfillment), 'booked', { trackingNo: result.trackingNo ?? null });
      return end(also(made, cancelled ? callOff(made.fulfillment) : askLater(settings, context)));
    }
    const declined = outcome === 'completed' && result?.status === 'declined';
    const reason = (declined ? result.reason : error) ?? 'the carrier did not answer';
    const way = parcel(from(fulfillment), declined ? 'declined' : 'unknown', { reason });
    if (!cancelled) return end(stepped(way, 'failed', { reason }));
    return end(declined ? way : also(way, callOff(way.fulfillment)));
  };

  /** The carrier was asked where it is. What it says was perhaps told by its callbacks already. */
  const polled = (fulfillment: Fulfillment, { outcome, result }: Payload<'fulfillment.track-answered'>, context: Ctx): Decided => {
    if (!onItsWay(fulfillment)) return ignore(`it is ${fulfillment.status}`);
    if (outcome === 'completed' && result?.status === 'none') return end(lost(from(fulfillment)));
    const heard = new Set<string>();
    const fresh = (result?.events ?? []).filter(({ eventId }) => {
      const isNew = !heard.has(eventId) && !context.rows.get('tracking', eventId);
      heard.add(eventId);
      return isNew;
    });
    const way = inOrder(fresh).reduce(follow, from(fulfillment));
    const more = onItsWay(way.fulfillment) ? [askLater(settings, context)] : [];
    return fresh.length > 0 ? end(also(way, ...more)) : done(fulfillment, more);
  };

  const tracked = (fulfillment: Fulfillment, told: Payload<'fulfillment.tracked'>, context: Ctx): Decided => {
    const { bookingKey: key, trackingNo, ...report } = told;
    if (key !== bookingKey(fulfillment)) return ignore('it is of another booking');
    if (context.rows.get('tracking', report.eventId)) return ignore('it was heard already');
    const way = follow(named(from(fulfillment), trackingNo), report);
    if (way.fulfillment.status === 'cancelled') return ignore('it is cancelled', ...way.effects);
    // Its timer is set by the booking's answer, which this one came before, or which never came.
    const polling = fulfillment.shipmentStatus === 'booked' || fulfillment.shipmentStatus === 'in_transit';
    return end(onItsWay(way.fulfillment) && !polling ? also(way, askLater(settings, context)) : way);
  };

  return decide;
};

const born = (id: string, order: Payload<'fulfillment.create'>, correlationId: string, carrier: string): Fulfillment => {
  const { owner, address, delivered, ...rest } = order;
  return {
    id,
    ...rest,
    owner: owner ?? null,
    // An exchange asks in the history of its order.
    historyKey: owner ? correlationId : order.orderKey,
    address: address ?? null,
    status: 'pending',
    heldFrom: null,
    bookings: 0,
    shipmentStatus: null,
    carrier,
    trackingNo: null,
    reason: null,
    shippedAt: null,
    deliveredAt: null,
    version: 0,
  };
};

const announced = (fulfillment: Fulfillment) => publish('fulfillment.status_changed', { ...facts(fulfillment), to: fulfillment.status });

/** The goods are there: the record follows, and nothing ships. The order knows, for it gave the proof. */
const backFilled = (fresh: Fulfillment, { at }: { at: string }): Decided => {
  const record: Fulfillment = { ...fresh, status: 'delivered', deliveredAt: at, reason: 'the proof of delivery came first' };
  return end(
    also(from(record), publish('fulfillment.status_changed', { ...facts(record), to: record.status, reason: record.reason ?? undefined })),
  );
};

/** Told by an order that is off. What the carrier has is beyond recall: its way back is a return. */
const cancel = (fulfillment: Fulfillment, { reason }: Payload<'fulfillment.cancel'>): Decided => {
  const { status, shipmentStatus } = fulfillment;
  if (status === 'cancelled') return ignore('it is cancelled already');
  if (status === 'shipped' || status === 'delivered') {
    return refuse(
      'fulfillment.already-shipped',
      { status },
      publish('fulfillment.cancel_refused', { ...facts(fulfillment), status, reason }),
    );
  }
  const way = also(stepped(from(fulfillment), 'cancelled', { reason, heldFrom: null }), cancelTimer('fulfillment.track'));
  // One that is being booked is called off when the answer is there.
  return end(atTheCarrier(shipmentStatus) ? also(way, callOff(way.fulfillment)) : way);
};

const calledOff = (fulfillment: Fulfillment, { outcome, result, error }: Payload<'fulfillment.cancel-answered'>): Decided => {
  const { status, shipmentStatus } = fulfillment;
  if (status !== 'cancelled' || !atTheCarrier(shipmentStatus)) return ignore(`it is ${status}, its parcel ${shipmentStatus}`);
  if (outcome === 'completed' && result && result.status !== 'too_late') return end(parcel(from(fulfillment), 'cancelled'));
  const what = outcome === 'dead' ? `the carrier could not be told: ${error}` : 'the carrier has the parcel of a cancelled fulfilment';
  return ignore(what, exception(fulfillment, what));
};

const hold = (fulfillment: Fulfillment, { reason }: Payload<'fulfillment.hold'>): Decided => {
  if (fulfillment.status === 'on_hold') return ignore('it is on hold already');
  if (!beforeBooking.includes(fulfillment.status)) return wrongStep(fulfillment);
  return end(stepped(from(fulfillment), 'on_hold', { reason, heldFrom: fulfillment.status }));
};

/** By an operator. A booking whose outcome nobody knows keeps its key, so that no second parcel goes out. */
const rebook = (fulfillment: Fulfillment, { address }: Payload<'fulfillment.rebook'>): Decided => {
  if (fulfillment.status !== 'failed') return refuse('fulfillment.not-failed', { status: fulfillment.status });
  const corrected = { ...fulfillment, address: address ?? fulfillment.address };
  return end(book(stepped(from(corrected), 'ready', { shippedAt: null }), fulfillment.shipmentStatus === 'unknown'));
};

const onItsWay = ({ status, shipmentStatus }: Fulfillment): boolean =>
  status === 'shipped' || (status === 'ready' && shipmentStatus === 'booked');

/** Booked, or perhaps booked: to be called off when it is off. */
const atTheCarrier = (status: Fulfillment['shipmentStatus']): boolean => status === 'booked' || status === 'unknown';

const wrongStep = ({ status }: Fulfillment): Decided => refuse('fulfillment.wrong-step', { status });

/** A carrier knows nothing of correlations: what follows from its report stands in the order's own history, also of what an exchange sends. */
const inTheOrder = ({ historyKey }: Fulfillment, { headers }: Message, decision: Decided): Decided => ({
  ...decision,
  effects: inTrace({ correlationId: historyKey, traceparent: headers.traceparent }, ...decision.effects),
});
