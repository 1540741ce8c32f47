/**
 * Gives a service the read and list face of one table through moleculer-db and its Sequelize adapter: `get`, `find`, `count`, and
 * `page` (keyset lists). Writing goes through actors, so the rest of moleculer-db's actions are off. Needs the model.
 */
import { createRequire } from 'node:module';
import type { Context, ServiceSchema } from 'moleculer';
import { type Model, type ModelStatic, Op, type Sequelize, type WhereOptions } from 'sequelize';
import { z } from 'zod';
import { Refused } from '../models/errors.ts';
import { runtimeOf } from '../runtime/holder.ts';
import { checked } from './checked.ts';
import { decodeText, encodeCursor, pageParams } from './cursor.ts';

const require = createRequire(import.meta.url);
const DbService = require('moleculer-db') as Partial<ServiceSchema>;
const SqlAdapter = require('moleculer-db-adapter-sequelize') as new () => AdapterShape;
type ModelOf = (sequelize: Sequelize) => ModelStatic<Model>;

interface AdapterShape {
  opts: unknown[];
  broker: object;
  init(broker: object, service: { schema: { model?: unknown } }): void;
  find(filter: object): Promise<Model[]>;
  findById(id: unknown): Promise<Model | null>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Hands the process's one Sequelize to the adapter, and never closes it: the stock adapter clones it and closes the clone. */
class SharedAdapter extends SqlAdapter {
  readonly modelOf: ModelOf;

  constructor(modelOf: ModelOf) {
    super();
    this.modelOf = modelOf;
  }
  override init(broker: object, service: { schema: { model?: unknown } }): void {
    service.schema.model = this.modelOf(runtimeOf(broker).database.sequelize);
    super.init(broker, service);
  }
  override connect(): Promise<void> {
    this.opts = [runtimeOf(this.broker).database.sequelize satisfies Sequelize];
    return super.connect();
  }
  override disconnect(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Listing {
  model: ModelOf;
  /** The column lists are ordered and continued by; unique. */
  cursor: string;
  direction?: 'asc' | 'desc';
  notFound: string;
  /** What an id looks like, where not every text can be one. */
  id?: z.ZodType<string>;
}

export const crud = ({ model, cursor, direction = 'asc', notFound, id: idOf = z.string().max(200) }: Listing): Partial<ServiceSchema> => ({
  mixins: [DbService as ServiceSchema],
  adapter: new SharedAdapter(model),
  settings: { idField: cursor, maxLimit: 500 },
  actions: {
    create: false,
    insert: false,
    update: false,
    remove: false,
    list: false,
    find: { visibility: 'protected' },
    count: { visibility: 'public' },
    get: checked(z.object({ id: idOf }), async ({ id }, ctx) => {
      const found = await adapterOf(ctx).findById(id);
      if (!found) throw new Refused(notFound, { id });
      return found.toJSON();
    }),
    page: checked(
      z.object({ ...pageParams, query: z.record(z.string(), z.unknown()).default({}) }),
      async ({ limit, cursor: after, query }, ctx) => {
        const beyond = direction === 'asc' ? Op.gt : Op.lt;
        const where: WhereOptions = after ? { [Op.and]: [query, { [cursor]: { [beyond]: decodeText(after) } }] } : query;
        const rows = await adapterOf(ctx).find({
          query: where,
          sort: direction === 'asc' ? cursor : `-${cursor}`,
          limit: limit + 1,
        });
        const items = rows.slice(0, limit).map((row) => row.toJSON());
        const last = items.at(-1) as Record<string, unknown> | undefined;
        return { items, nextCursor: rows.length > limit && last ? encodeCursor(last[cursor]) : null };
      },
    ),
  },
});

const adapterOf = (ctx: Context): AdapterShape => (ctx.service as unknown as { adapter: AdapterShape }).adapter;
