/** Figures of returns and exchanges together. */
import type { ServiceSchema } from 'moleculer';
import { checked, nothing } from '../../mixins/checked.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { cashDue, returnFigures } from './returns.views.store.ts';

export default (): ServiceSchema =>
  ({
    name: 'returns',
    mixins: [retry(), tracing()] as ServiceSchema[],
    actions: {
      /** What needs a person, among the items of GET /api/admin/attention. */
      attention: checked(nothing, (_, ctx) => cashDue(runtimeOf(ctx.broker).database)),
      figures: checked(nothing, (_, ctx) => returnFigures(runtimeOf(ctx.broker).database)),
    },
  }) as ServiceSchema;
