import { runtime } from './0001-runtime.ts';
import { domain } from './0002-domain.ts';
import { orders } from './0003-orders.ts';
import { stock } from './0004-stock.ts';
import { payments } from './0005-payments.ts';
import { fulfillment } from './0006-fulfillment.ts';
import { returns } from './0007-returns.ts';
import { carts } from './0008-carts.ts';
import { headers } from './0009-headers.ts';
import { dispatch } from './0010-dispatch.ts';

/** In the order they run. A released one is never changed. */
export const migrations = [runtime, domain, orders, stock, payments, fulfillment, returns, carts, headers, dispatch];
