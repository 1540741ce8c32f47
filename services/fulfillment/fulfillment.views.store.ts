/** What is only shown: a fulfilment with its parcels and their way, lists, and figures. */
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface FulfillmentCard {
  id: string;
  orderKey: string;
  orderId: string;
  orderNumber: string;
  owner?: string;
  locationId: string;
  status: string;
  carrier: string;
  trackingNo: string | null;
  version: number;
  [field: string]: unknown;
}

const CARD = `select f.id, f.order_key as "orderKey", f.order_id as "orderId", f.order_number as "orderNumber", f.owner, f.location_id as "locationId",
  f.customer_id as "customerId", f.address, f.lines, f.status, f.carrier, f.tracking_no as "trackingNo", f.reason, ${iso('f.shipped_at')} as "shippedAt",
  ${iso('f.delivered_at')} as "deliveredAt", f.version, ${iso('f.created_at')} as "createdAt", ${iso('f.updated_at')} as "updatedAt"`;

/** With its parcels, newest first, and what was heard of each. */
export const fulfillmentById = async (tx: Tx, id: string): Promise<FulfillmentCard | undefined> => {
  const [card] = await tx.query<FulfillmentCard & { shipments: Card[] }>(
    `${CARD}, coalesce((select json_agg(json_build_object('bookingKey', s.booking_key, 'carrier', s.carrier, 'trackingNo', s.tracking_no,
         'status', s.status, 'reason', s.reason, 'bookedAt', ${iso('s.created_at')}) order by s.created_at desc, s.booking_key desc)
         from shipments s where s.fulfillment_id = f.id), '[]') as shipments,
       coalesce((select json_agg(json_build_object('eventId', t.event_id, 'bookingKey', t.booking_key, 'status', t.status,
         'at', ${iso('t.at')}, 'location', t.location, 'note', t.note) order by t.at, t.heard_at)
         from tracking_events t where t.fulfillment_id = f.id), '[]') as tracking
     from fulfillments f where f.id = $1`,
    [id],
  );
  return card && { ...card, shipment: card.shipments[0] ?? null };
};
type Card = Record<string, unknown>;

/** In whose history it stands: its order's, also when an exchange sends it. */
export const historyOf = async (tx: Tx, id: string): Promise<string | undefined> => {
  const [row] = await tx.query<{ correlationId: string }>(
    `select coalesce(o.correlation_id, f.order_key) as "correlationId"
     from fulfillments f left join orders o on o.id = f.order_id where f.id = $1`,
    [id],
  );
  return row?.correlationId;
};

export interface FulfillmentFilter {
  orderId?: string | undefined;
  status?: string | undefined;
  after?: string | undefined;
}

/** In the order of their making: ids begin with their time. */
export const listFulfillments = (tx: Tx, { orderId, status, after }: FulfillmentFilter, limit: number): Promise<FulfillmentCard[]> =>
  tx.query<FulfillmentCard>(
    `${CARD} from fulfillments f
     where ($1::bigint is null or f.order_id = $1::bigint) and ($2::text is null or f.status = $2) and ($3::uuid is null or f.id > $3::uuid)
     order by f.id limit $4`,
    [orderId ?? null, status ?? null, after ?? null, limit],
  );

export interface ShippingFigures {
  byStatus: Record<string, number>;
  /** Ready, and the carrier has not answered within the time a call may take. */
  unanswered: number;
  /** Booked or under way, and nothing moved for a day. */
  stale: number;
  failed: number;
}

export const fulfillmentFigures = async (tx: Tx, callMs: number): Promise<ShippingFigures> => {
  const rows = await tx.query<{ status: string; count: string; unanswered: string; stale: string }>(
    `select status, count(*) as count,
       count(*) filter (where status = 'ready' and shipment_status = 'asked' and updated_at < now() - make_interval(secs => $1::float / 1000)) as unanswered,
       count(*) filter (where status in ('ready', 'shipped') and updated_at < now() - interval '1 day') as stale
     from fulfillments group by status`,
    [callMs],
  );
  const sum = (field: 'unanswered' | 'stale') => rows.reduce((total, row) => total + Number(row[field]), 0);
  const byStatus = Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  return { byStatus, unanswered: sum('unanswered'), stale: sum('stale'), failed: byStatus.failed ?? 0 };
};
