/** The face of returns. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import {
  approveForm,
  cancelReturnForm,
  paidOutForm,
  type ReturnStatus,
  receiveForm,
  rejectForm,
  returnForm,
  returnLife,
  returnMessages,
} from '../../models/returns.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { begin, sentFrom } from './booking.ts';
import { ask, orderId, reads } from './doors.ts';
import { decide, type Return } from './return.decider.ts';
import { returnStore } from './return.store.ts';
import type { ReturnFacts } from './returns.state.ts';

const definition: Actor<Return, ReturnFacts> = {
  type: 'return',
  messages: returnMessages,
  decide,
  store: returnStore,
  onPoison: 'park',
};

export default (): ServiceSchema =>
  ({
    name: 'return',
    mixins: [actor(definition), health(), idempotency(), retry(), tracing()] as ServiceSchema[],
    actions: {
      ...reads('return', Object.keys(returnLife) as [ReturnStatus]),
      /** POST /api/orders/:id/returns: a delivered order's goods within thirty days, as many as were not sent back yet. */
      request: checked(z.strictObject({ id: orderId, ...returnForm.shape }), async ({ id, ...form }, ctx) => {
        const { payload } = await sentFrom(runtimeOf(ctx.broker).database, id, form);
        return begin(ctx, 'return', id, form, payload);
      }),
      approve: ask('return', 'return.approve', approveForm),
      reject: ask('return', 'return.reject', rejectForm),
      receive: ask('return', 'return.receive', receiveForm),
      inspect: ask('return', 'return.inspect', receiveForm),
      complete: ask('return', 'return.complete', approveForm),
      cancel: ask('return', 'return.cancel', cancelReturnForm),
      /** POST /api/returns/:id/paid-out: the cash that was due is with the customer. */
      paidOut: ask('return', 'return.paid-out', paidOutForm),
    },
  }) as ServiceSchema;
