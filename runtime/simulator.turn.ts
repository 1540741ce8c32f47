/** One simulated turn: the decider folded over what waited, as the real one does (turn.ts), in memory. Nothing is changed by it yet. */
import type { Context, Decision, Effect, Message, Rows, Trace } from './decider.ts';
import type { Headers } from './trace.ts';

export interface Rules<State, Facts> {
  decide(state: State | undefined, message: Message, context: Context<Facts>): Decision<State>;
  settle?(state: State, context: Context<Facts>): Decision<State>;
}

export interface SentEffect {
  effect: Effect;
  headers: Headers;
}

export interface FoldedTurn {
  state: unknown;
  rows: Rows;
  effects: SentEffect[];
  /** What the actor sent itself and this turn did not come to. */
  left: OwnMessage[];
  decisions: { message: Message; decision: Decision<unknown> }[];
}

type OwnMessage = Message & { own?: number };

/** As in turn.ts: one that never ends talking to itself lets others have theirs. */
const MOST_STEPS = 20;

export interface TurnGiven {
  actor: string;
  messages: readonly Message[];
  state: unknown;
  context: Context<unknown>;
}

export const foldTurn = (rules: Rules<unknown, unknown>, { actor, messages, state: before, context }: TurnGiven): FoldedTurn => {
  const turn: FoldedTurn = { state: before, rows: context.rows, effects: [], left: [], decisions: [] };
  const queue: OwnMessage[] = [...messages];
  const apply = (decision: Decision<unknown>, message: OwnMessage): OwnMessage[] => {
    const headers = message.own ? message.headers : causedBy(message, `${actor}/${context.key}`);
    const own: OwnMessage[] = [];
    for (const effect of inOrder(decision.effects)) {
      const mine = ownMessage(effect, actor, context);
      if (effect.kind === 'write') context.rows.write(effect.table, effect.id, effect.row);
      else if (mine) own.push({ ...message, ...mine, headers, attempts: 0, own: (message.own ?? 0) + 1 });
      // A timer that is due at once takes the place of one that was set before.
      if (effect.kind === 'setTimer' && mine) turn.effects.push({ effect: { kind: 'cancelTimer', name: effect.name }, headers });
      else if (!mine && effect.kind !== 'write') turn.effects.push({ effect, headers: tracedAs(headers, effect) });
    }
    if (decision.kind === 'done') turn.state = decision.state;
    turn.decisions.push({ message, decision });
    return own;
  };
  for (let message = queue.shift(); message; message = queue.shift())
    for (const own of apply(rules.decide(turn.state, message, context), message))
      ((own.own ?? 0) > MOST_STEPS ? turn.left : queue).push(own);
  const last = messages.at(-1);
  if (rules.settle && turn.state !== undefined && last) turn.left.push(...apply(rules.settle(turn.state, context), last));
  return turn;
};

/** What belongs to another's trace is sent last, as by the real turn. */
const inOrder = (effects: readonly Effect[]): readonly Effect[] =>
  effects.some(traceOf) ? [...effects.filter((effect) => !traceOf(effect)), ...effects.filter(traceOf)] : effects;

const ownMessage = (effect: Effect, actor: string, { key, now }: Context<unknown>): { name: string; payload: unknown } | undefined => {
  const isMine =
    (effect.kind === 'tell' && effect.actor === actor && effect.key === key) || (effect.kind === 'setTimer' && effect.dueAt <= now);
  return isMine ? { name: effect.name, payload: stored(effect.payload) } : undefined;
};

/** As it would come out of the mailbox: through JSON. */
export const stored = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

const traceOf = (effect: Effect): Trace | undefined => ('trace' in effect ? effect.trace : undefined);
const tracedAs = (headers: Headers, effect: Effect): Headers => ({ ...headers, ...traceOf(effect) });

/** As causedBy of trace.ts, but drawing no span, which would be another in every run. */
const causedBy = ({ id, headers }: Message, sender: string): Headers => ({ ...headers, causationId: id || undefined, sender });
