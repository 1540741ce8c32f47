/** Whether Redis answers: one connection of its own that is asked once a minute, and never waited for. */
import { Redis } from 'ioredis';

export interface RedisLink {
  state(): Promise<'connected' | 'away' | 'none'>;
  close(): void;
}

export const noRedis: RedisLink = { state: () => Promise.resolve('none'), close: () => undefined };

export const redisLink = (url: string): RedisLink => {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    retryStrategy: () => null,
  });
  // Said by `state`, which is asked for.
  redis.on('error', () => undefined);
  return {
    async state() {
      try {
        if (redis.status === 'end' || redis.status === 'close') await redis.connect();
        await redis.ping();
        return 'connected';
      } catch {
        return 'away';
      }
    },
    close: () => redis.disconnect(),
  };
};
