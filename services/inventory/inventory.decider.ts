/**
 * The rules of one product's stock at one location. Reserve holds back, confirm makes the hold last, consume takes it away, release
 * gives it back. Reserved is the sum of open reservations; available + reserved is what lies there, the sum of all movements.
 */
import { type Decision, type Message, refuse } from '../../runtime/decider.ts';
import { adjust, limits, open, receive, repair, takeBack } from './inventory.counts.effects.ts';
import { confirm, consume, expire, reduce, release, reserve } from './inventory.holds.effects.ts';
import { aftermath, fillOn } from './inventory.line.effects.ts';
import { type Context, type Heard, rejected, type Stock } from './inventory.state.ts';

export type { Movement, Reservation, Stock, StockFacts } from './inventory.state.ts';

export const decide = (stock: Stock | undefined, message: Message, context: Context): Decision<Stock> =>
  aftermath(stock, answer(stock, message, context), context);

const answer = (stock: Stock | undefined, message: Message, context: Context): Decision<Stock> => {
  const heard = message as unknown as Heard;
  if (heard.name === 'inventory.stock') return open(stock, heard.payload, context);
  if (!stock) return unknownStock(heard, context);
  if (isStale(stock, heard)) return refuse('resource.changed', { version: stock.version });
  switch (heard.name) {
    case 'inventory.reserve':
      return reserve(stock, heard.payload, message, context);
    case 'inventory.confirm':
      return confirm(stock, heard.payload, context);
    case 'inventory.release':
      return release(stock, heard.payload, context);
    case 'inventory.consume':
      return consume(stock, heard.payload, context);
    case 'inventory.reduce':
      return reduce(stock, heard.payload, context);
    case 'inventory.expire':
      return expire(stock, heard.payload, context);
    case 'inventory.take-back':
      return takeBack(stock, heard.payload, message, context);
    case 'inventory.receive':
      return receive(stock, heard.payload, message, context);
    case 'inventory.adjust':
      return adjust(stock, heard.payload, message, context);
    case 'inventory.limits':
      return limits(stock, heard.payload, context);
    case 'inventory.repair':
      return repair(stock, message, context);
    case 'inventory.fill':
      return fillOn(stock);
  }
};

/** The caller saw an older version. */
const isStale = ({ version }: Stock, { payload }: Heard): boolean =>
  'version' in payload && payload.version !== undefined && payload.version !== version;

const unknownStock = (heard: Heard, context: Context): Decision<Stock> =>
  heard.name === 'inventory.reserve' ? rejected(context.key, heard.payload, 'inventory.unknown-stock') : refuse('inventory.unknown-stock');
