/** Webhook signatures of every provider: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, good for five minutes. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refused } from '../models/errors.ts';

/** No older, and no further ahead. */
export const TOLERANCE_S = 300;

const digest = (seconds: number | string, body: string, secret: string): string =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');

export const signed = (body: string, secret: string, now: Date): string => {
  const seconds = Math.floor(now.getTime() / 1_000);
  return `t=${seconds},v1=${digest(seconds, body, secret)}`;
};

/**
 * What a signed webhook says.
 * @throws Refused `webhook.signature`, `webhook.stale`, `webhook.early`, or `request.malformed`
 */
export const openWebhook = (header: string | undefined, body: string, secret: string, now: Date): unknown => {
  const [, seconds, given] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (!seconds || !given) throw new Refused('webhook.signature');
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(digest(seconds, body, secret)))) throw new Refused('webhook.signature');
  const ageS = now.getTime() / 1_000 - Number(seconds);
  if (ageS > TOLERANCE_S) throw new Refused('webhook.stale');
  if (ageS < -TOLERANCE_S) throw new Refused('webhook.early');
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused('request.malformed');
  }
};
