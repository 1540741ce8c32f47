/**
 * The returns' counter at the orders: it runs on every node that hosts orders, since only such a node can ask one. Called by the returns
 * room, from wherever that runs.
 */
import type { ServiceSchema } from 'moleculer';
import { checked } from '../../mixins/checked.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { orderMessages } from '../../models/order.ts';
import { uuid } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { paymentOf } from './returns.views.store.ts';

export default (): ServiceSchema =>
  ({
    name: 'sending-back',
    mixins: [retry(), tracing()] as ServiceSchema[],
    actions: {
      /** May these quantities be sent back? Asking again under the same id changes nothing. @returns what paid for them. @throws Refused with the order's code */
      book: checked(orderMessages['order.send-back'].extend({ orderKey: uuid }), async ({ orderKey, ...asked }, ctx) => {
        const headers = newHeaders('door/order.send-back', { ...currentHeaders(), correlationId: orderKey });
        const runtime = runtimeOf(ctx.broker);
        answered(await runtime.ask('order', orderKey, 'order.send-back', asked, headers));
        return { paymentId: await paymentOf(runtime.database, orderKey) };
      }),
    },
  }) as ServiceSchema;
