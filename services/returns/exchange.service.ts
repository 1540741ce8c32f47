/** The face of exchanges. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import {
  approveExchangeForm,
  approveForm,
  cancelReturnForm,
  type ExchangeStatus,
  exchangeForm,
  exchangeLife,
  exchangeMessages,
  paidOutForm,
  receiveForm,
  rejectForm,
} from '../../models/returns.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { begin, replacementsFor, sentFrom } from './booking.ts';
import { ask, orderId, reads } from './doors.ts';
import { exchangeDecider } from './exchange.decider.ts';
import type { Exchange } from './exchange.state.ts';
import { exchangeStore } from './exchange.store.ts';
import type { ReturnFacts } from './returns.state.ts';

export default (config: Config): ServiceSchema => {
  const definition: Actor<Exchange, ReturnFacts> = {
    type: 'exchange',
    messages: exchangeMessages,
    decide: exchangeDecider({ holdMs: config.sagaTimeoutMs }),
    store: exchangeStore,
    onPoison: 'park',
  };
  return {
    name: 'exchange',
    mixins: [actor(definition), health(), idempotency(), retry(), tracing()] as ServiceSchema[],
    actions: {
      ...reads('exchange', Object.keys(exchangeLife) as [ExchangeStatus]),
      /** POST /api/orders/:id/exchanges: as a return, and what is to be sent for it, at the catalogue's prices of now. */
      request: checked(
        z.strictObject({ id: orderId, ...exchangeForm.shape }),
        async ({ id, replacements: wanted, paymentToken, ...form }, ctx) => {
          const { database } = runtimeOf(ctx.broker);
          const { payload, token, address } = await sentFrom(database, id, form);
          const replacements = await replacementsFor(database, wanted, payload);
          return begin(ctx, 'exchange', id, form, { ...payload, replacements, token: paymentToken ?? token, address });
        },
      ),
      approve: ask('exchange', 'exchange.approve', approveExchangeForm),
      reject: ask('exchange', 'exchange.reject', rejectForm),
      receive: ask('exchange', 'exchange.receive', receiveForm),
      retry: ask('exchange', 'exchange.retry', approveExchangeForm),
      /** POST /api/exchanges/:id/return: there is nothing to send, so the customer gets the money. */
      toReturn: ask('exchange', 'exchange.to-return', approveForm),
      complete: ask('exchange', 'exchange.complete', approveForm),
      cancel: ask('exchange', 'exchange.cancel', cancelReturnForm),
      paidOut: ask('exchange', 'exchange.paid-out', paidOutForm),
    },
  } as ServiceSchema;
};
