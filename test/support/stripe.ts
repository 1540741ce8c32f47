/**
 * A stand-in for Stripe's API as far as it is used: payment intents, their search, capture and cancel, and refunds; idempotent by key.
 * A payment method says what happens: `pm_card_visa` pays, `pm_card_chargeDeclined` is declined, `pm_error` fails twice,
 * `pm_timeout` pays and never answers.
 */
import http from 'node:http';

interface Intent {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  status: string;
  created: number;
  metadata: Record<string, string>;
  last_payment_error: object | null;
}
interface StripeRefund {
  id: string;
  object: 'refund';
  amount: number;
  payment_intent: string;
  status: string;
  metadata: Record<string, string>;
}

export interface StripeStandIn {
  url: string;
  intents: Map<string, Intent>;
  refunds: Map<string, StripeRefund>;
  /** Search does not know yet what was just made, as Stripe's may not. */
  searchLags: boolean;
  close(): Promise<void>;
}

type Answer = [status: number, body: object] | 'never';
const DECLINED = {
  type: 'card_error',
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
};
const refused = (message: string): Answer => [400, { error: { type: 'invalid_request_error', message } }];

export const startStripe = async (): Promise<StripeStandIn> => {
  const intents = new Map<string, Intent>();
  const refunds = new Map<string, StripeRefund>();
  const answers = new Map<string, Answer>();
  const failures = new Map<string, number>();

  const create = (form: URLSearchParams, key: string): Answer => {
    const method = form.get('payment_method') ?? '';
    const failed = (failures.get(key) ?? 0) + 1;
    failures.set(key, failed);
    if (method === 'pm_error' && failed <= 2) return [500, { error: { type: 'api_error', message: 'told to fail' } }];
    const amount = Number(form.get('amount'));
    const manual = form.get('capture_method') === 'manual';
    const declined = method === 'pm_card_chargeDeclined';
    const intent: Intent = {
      id: `pi_${intents.size + 1}`,
      object: 'payment_intent',
      amount,
      amount_received: declined || manual ? 0 : amount,
      currency: form.get('currency') ?? '',
      status: declined ? 'requires_payment_method' : manual ? 'requires_capture' : 'succeeded',
      created: Math.floor(Date.now() / 1_000),
      metadata: metadataIn(form),
      last_payment_error: declined ? DECLINED : null,
    };
    intents.set(intent.id, intent);
    if (method === 'pm_timeout') return 'never';
    return declined ? [402, { error: { ...DECLINED, payment_intent: intent } }] : [200, intent];
  };

  const act = (id: string, verb: string, form: URLSearchParams): Answer => {
    const intent = intents.get(id);
    if (intent?.status !== 'requires_capture') return refused(`${id} cannot be ${verb}d: it is ${intent?.status}`);
    intent.status = verb === 'capture' ? 'succeeded' : 'canceled';
    if (verb === 'capture') intent.amount_received = Number(form.get('amount_to_capture') ?? intent.amount);
    return [200, intent];
  };

  const refund = (form: URLSearchParams): Answer => {
    const intent = intents.get(form.get('payment_intent') ?? '');
    const amount = Number(form.get('amount'));
    const back = [...refunds.values()].filter((one) => one.payment_intent === intent?.id).reduce((sum, one) => sum + one.amount, 0);
    if (!intent || back + amount > intent.amount_received) return refused('greater than the unrefunded amount');
    const made = {
      id: `re_${refunds.size + 1}`,
      object: 'refund' as const,
      amount,
      payment_intent: intent.id,
      status: 'succeeded',
      metadata: metadataIn(form),
    };
    refunds.set(made.id, made);
    return [200, made];
  };

  const list = (data: object[]): Answer => [200, { object: 'list', data, has_more: false, url: '/v1' }];

  const read = (url: URL): Answer => {
    const [, , resource, id] = url.pathname.split('/');
    if (resource === 'refunds')
      return list([...refunds.values()].filter((one) => one.payment_intent === url.searchParams.get('payment_intent')));
    if (id === 'search') {
      const key = /:'(.*)'/.exec(url.searchParams.get('query') ?? '')?.[1];
      return list(standIn.searchLags ? [] : [...intents.values()].filter(({ metadata }) => metadata.yardmaster_key === key));
    }
    if (!id) return list([...intents.values()].reverse());
    const intent = intents.get(id);
    return intent ? [200, intent] : [404, { error: { type: 'invalid_request_error', message: 'no such intent' } }];
  };

  const write = (path: string, form: URLSearchParams, key: string): Answer => {
    const [, , resource, id, verb] = path.split('/');
    if (resource === 'refunds') return refund(form);
    return id && verb ? act(id, verb, form) : create(form, key);
  };

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stripe');
    let text = '';
    for await (const chunk of request) text += chunk;
    const key = String(request.headers['idempotency-key'] ?? '');
    const answer = request.method === 'GET' ? read(url) : (answers.get(key) ?? write(url.pathname, new URLSearchParams(text), key));
    if (answer === 'never') return;
    if (request.method !== 'GET' && answer[0] < 500) answers.set(key, answer);
    response.writeHead(answer[0], { 'Content-Type': 'application/json' }).end(JSON.stringify(answer[1]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StripeStandIn = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    intents,
    refunds,
    searchLags: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
};

const metadataIn = (form: URLSearchParams): Record<string, string> =>
  Object.fromEntries([...form].flatMap(([name, value]) => (name.startsWith('metadata[') ? [[name.slice(9, -1), value]] : [])));
