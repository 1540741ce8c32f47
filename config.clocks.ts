/** The clocks of services/scheduler and their documented times: each is a setting, CRON_ and its name. */

/** Five or six fields, the first of six is seconds; in UTC. */
const clock = (doc: string, schedule: string) => ({ doc: `Clock (UTC): ${doc}`, kind: 'text' as const, default: schedule });

export const clockSettings = {
  CRON_SESSION_CLEANUP: clock('deletes sessions that are over', '0 * * * *'),
  CRON_CART_CLEANUP: clock('marks carts left behind, and deletes old ones', '0 * * * *'),
  CRON_ORDER_CLEANUP: clock('asks old pending orders to cancel themselves', '0 * * * *'),
  CRON_RESERVATION_CLEANUP: clock('gives back the stock of reservations that are over', '*/30 * * * *'),
  CRON_COD_AUTO_CONFIRM: clock('confirms COD orders whose delivery is proven', '*/5 * * * *'),
  CRON_ORDER_COMPLETION: clock('asks orders delivered long ago to complete themselves', '0 * * * *'),
  CRON_ORDER_TIMEOUT: clock('ends sagas whose time is over and whose timer was lost', '*/5 * * * *'),
  CRON_PAYMENT_RECONCILE: clock('looks up payments whose outcome nobody knows', '*/5 * * * *'),
  CRON_INVENTORY_MONITORING: clock('looks for low and inconsistent stock', '25 * * * *'),
  CRON_METRICS_COLLECTION: clock('gathers the figures of all rooms', '* * * * *'),
  CRON_REASSIGN_SWEEP: clock('looks for trucks for those who wait', '*/30 * * * * *'),
  CRON_VACUUM: clock('keeps the short-lived tables short', '15 * * * * *'),
  CRON_FORGET: clock('deletes what was kept long enough', '0 7 * * * *'),
  CRON_PARTITIONS: clock('makes and drops partitions of the event log', '0 20 3 * * *'),
} as const;

export const clockNames = Object.keys(clockSettings) as (keyof typeof clockSettings)[];
