/** The providers this process can call, each behind its breaker; and the sandbox that it runs itself where none is set. */
import type { Config } from '../../config.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Hopeless } from '../../runtime/perform.ts';
import { StartError } from '../../runtime/start-error.ts';
import { type BreakerFigures, type GuardedProvider, guarded } from './breaker.ts';
import type { PaymentProvider } from './payment.provider.ts';
import { sandboxProvider } from './sandbox.provider.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { stripeProvider } from './stripe.provider.ts';

type Log = Pick<Logger, 'warn' | 'info'>;

export class Providers {
  readonly #config: Config;
  readonly #guarded = new Map<string, GuardedProvider>();
  #sandbox: Sandbox | undefined;

  /** @throws StartError in production without a provider */
  constructor(config: Config) {
    if (!config.paymentUrl && !config.stripeApiKey && config.production) {
      throw new StartError(
        'PAYMENT_URL is not set, and no STRIPE_API_KEY: in production payment needs a provider (or stop running payment here with SERVICES).',
      );
    }
    this.#config = config;
  }

  async start(log: Log): Promise<void> {
    const { paymentUrl, paymentCallMs: callMs, paymentCallbackUrl, paymentWebhookSecret, stripeApiKey, stripeApiBase } = this.#config;
    if (stripeApiKey) {
      this.#add(await stripeProvider({ apiKey: stripeApiKey, callMs, ...(stripeApiBase ? { base: stripeApiBase } : {}) }), log);
      log.info(`cards are charged by Stripe${stripeApiBase ? ` at ${stripeApiBase}` : ''}`);
    }
    if (!paymentUrl && !stripeApiKey) this.#sandbox = await startSandbox({ secret: paymentWebhookSecret });
    const url = paymentUrl ?? this.#sandbox?.url;
    if (!url) return;
    this.#add(sandboxProvider({ url, callMs, callbackUrl: paymentCallbackUrl }), log);
    log.info(`payments go to ${this.#sandbox ? 'the sandbox in this process, ' : ''}${url}`);
  }

  #add(provider: PaymentProvider, log: Log): void {
    this.#guarded.set(provider.name, guarded(provider, this.#config.paymentBreaker, log));
  }

  /** @throws Hopeless for one that is not set up here */
  get(name = 'sandbox'): PaymentProvider {
    const provider = this.#guarded.get(name);
    if (!provider) throw new Hopeless(`the payment provider ${name} is not set up here`);
    return provider;
  }

  figures(): BreakerFigures[] {
    return [...this.#guarded.values()].map((provider) => provider.figures());
  }

  async stop(): Promise<void> {
    for (const provider of this.#guarded.values()) provider.close();
    await this.#sandbox?.close();
  }
}
