/** Every call of the HTTP face: one file for each subject, one row for each call. */
import { admin } from './routes/admin.ts';
import { carts } from './routes/carts.ts';
import { fleet } from './routes/fleet.ts';
import { fulfillments } from './routes/fulfillment.ts';
import { orders } from './routes/orders.ts';
import { payments } from './routes/payments.ts';
import { returns } from './routes/returns.ts';
import { stock } from './routes/stock.ts';

export type { HttpRequest, Route } from './routes/route.ts';

export const routes = [...orders, ...stock, ...payments, ...fleet, ...fulfillments, ...carts, ...returns, ...admin];
