/** Figures of returns and exchanges together. */
import type { ServiceSchema } from 'moleculer';
import { checked, nothing } from '../../mixins/checked.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { returnFigures } from './returns.views.store.ts';

export default (): ServiceSchema =>
  ({
    name: 'returns',
    mixins: [retry(), tracing()] as ServiceSchema[],
    actions: {
      figures: checked(nothing, (_, ctx) => returnFigures(runtimeOf(ctx.broker).database)),
    },
  }) as ServiceSchema;
