/** What goes wrong in the yard and on the road, and what those who dispatch do about it. */
import type { DeliveryJob } from '../../services/truck/dispatch.state.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import type { World } from './world.ts';

export const mishaps = [
  ...['crash', 'crash', 'rejected', 'rejected', 'no power', 'no power'],
  ...['unassign', 'swap', 'lock', 'prioritise', 'assign', 'report', 'watch'],
] as const;
export type Mishap = (typeof mishaps)[number];

const AT_SITE = ['at_job_site', 'delivering'];

export const mishapsOf = (
  those: readonly Mishap[],
  world: World,
  later: (happens: () => void) => void,
  luck: () => number,
): (() => void)[] =>
  those.map((mishap) => {
    let patience = 60;
    const happens = (): void => {
      // Nothing is under way yet, or not far enough: it happens a little later.
      const trucks = world.of<Truck>('truck').map(([, { status }]) => status);
      const ripe = trucks.some((status) => (mishap === 'rejected' ? AT_SITE.includes(status) : status !== 'available')) && luck() < 0.2;
      if (patience-- > 0 && !ripe) {
        later(happens);
        return;
      }
      const pick = <T>(some: readonly T[]): T | undefined => some[Math.floor(luck() * some.length)];
      const truck = pick(world.of<Truck>('truck').filter(([, { loadId }]) => loadId !== null)) ?? pick(world.of<Truck>('truck'));
      const [plant = ''] = pick(world.of('dispatch')) ?? [];
      const jobs = [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()];
      const open = jobs.filter(({ status }) => ['queued', 'scheduled', 'in_progress'].includes(status));
      const [one, other] = [pick(open), pick(open)];
      const said = { reason: 'a better idea', by: 'dora' };
      const toTruck = (name: string, payload: object): void => {
        if (truck) world.tell({ actor: 'truck', key: truck[0], name: `truck.${name}`, payload });
      };
      const toPlant = (name: string, payload: object): void =>
        world.tell({ actor: 'dispatch', key: plant, name: `dispatch.${name}`, payload });
      const ofOne = (name: string, payload: object = {}): void => {
        if (one) toPlant(name, { orderKey: one.orderKey, ...said, ...payload });
      };
      if (mishap === 'crash') {
        toTruck('out-of-service', { reason: 'a crash', force: true });
        later(() => toTruck('back-in-service', {}));
      }
      if (mishap === 'rejected')
        for (const [key, { status, loadId }] of world.of<Truck>('truck'))
          if (AT_SITE.includes(status))
            world.tell({ actor: 'truck', key, name: 'truck.reject-load', payload: { loadId, reason: 'too wet' } });
      if (mishap === 'no power') {
        toPlant('break-down', { reason: 'no power' });
        later(() => toPlant('repaired', {}));
      }
      if (mishap === 'unassign') ofOne(mishap);
      if (mishap === 'prioritise') ofOne(mishap, { priority: Math.floor(luck() * 100) });
      if (mishap === 'swap' && other && other !== one) ofOne(mishap, { withOrderKey: other.orderKey });
      if (mishap === 'lock') {
        ofOne(mishap, { truckId: truck?.[0] });
        // Whoever locks lets go again: else the order waits for ever for a truck that is gone.
        later(() => ofOne(mishap, { truckId: null }));
      }
      if (mishap === 'assign') ofOne(mishap, { truckId: truck?.[0] ?? 'none', force: true });
      if (mishap === 'report' && truck?.[1].loadId) {
        const to = pick(['loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available'] as const);
        toTruck('report', { status: to, force: true, reason: 'the phone was dead' });
        // From then on the clock does not move it: its driver reports it home.
        later(() => toTruck('report', { status: 'available', force: true, reason: 'home' }));
        for (let times = 0; times < 2; times++) later(() => toTruck('report', { status: 'available', force: true, reason: 'home' }));
      }
      if (mishap === 'watch') toTruck('watch', {});
    };
    return happens;
  });
