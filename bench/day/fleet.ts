/** Where the trucks are, how far they drive empty, and the drivers of those that report. */
import { type Place, roadMiles } from '../../models/places.ts';
import type { TruckStatus } from '../../models/truck.ts';
import type { Simulator } from '../../runtime/simulator.ts';
import { phaseMs, type Timed } from '../../services/truck/truck.times.rules.ts';
import { TIME_SCALE, type TruckRow } from './actors.ts';
import { later, type Plan, type PlannedTruck } from './plan.ts';

interface Leg {
  from: Place;
  to: Place;
  since: number;
  ms: number;
  empty: boolean;
}

interface Vehicle {
  place: Place;
  leg: Leg | undefined;
  reports: boolean;
  /** Counts what became of it: what a driver had in mind before is off. */
  turns: number;
  tripSince: number | undefined;
}

export class Fleet {
  emptyMiles = 0;
  onTripMs = 0;
  readonly #world: Simulator;
  readonly #vehicles: Map<string, Vehicle>;
  readonly #sites: Map<string, Place>;
  readonly #plants: Map<string, Place>;

  constructor(world: Simulator, plan: Plan) {
    this.#world = world;
    this.#sites = new Map(plan.orders.map(({ orderKey, site }) => [orderKey, site]));
    this.#plants = new Map(plan.plants.map(({ id, place }) => [id, place]));
    this.#vehicles = new Map(plan.trucks.map((truck) => [truck.id, vehicleOf(truck)]));
    world.on('truck.status.changed', ({ data }) => this.#moved(String(data.truckId), data.to as TruckStatus));
    for (const { truckId, at, minutes } of plan.breakdowns) world.at(at, () => this.#breakDown(truckId, minutes, 60));
    for (const truck of plan.trucks) world.at(truck.breakAt, () => this.#takeBreak(truck, 24));
  }

  #truck(id: string): TruckRow {
    return this.#world.shelves.state<TruckRow>('truck', id) as TruckRow;
  }

  #moved(id: string, to: TruckStatus): void {
    const vehicle = this.#vehicles.get(id) as Vehicle;
    const truck = this.#truck(id);
    const plant = this.#plants.get(truck.plantId) as Place;
    const now = this.#world.now.getTime();
    vehicle.turns++;
    if (to === 'assigned') vehicle.tripSince = now;
    if ((to === 'available' || to === 'out_of_service') && vehicle.tripSince !== undefined) {
      this.onTripMs += now - vehicle.tripSince;
      vehicle.tripSince = undefined;
    }
    const arrives = ['loading', 'at_job_site', 'washing', 'available'].includes(to);
    this.#endLeg(vehicle, arrives ? 1 : this.#share(vehicle));
    if (to === 'assigned' && vehicle.place !== plant) this.#startLeg(id, vehicle, plant, true);
    if (to === 'en_route') this.#startLeg(id, vehicle, this.#sites.get(String(truck.orderKey)) as Place, false);
    if (to === 'returning' && vehicle.place !== plant) this.#startLeg(id, vehicle, plant, truck.poured !== null);
    if (vehicle.reports) this.#drive(id, to);
  }

  #startLeg(id: string, vehicle: Vehicle, to: Place, empty: boolean): void {
    const miles = roadMiles(vehicle.place, to);
    vehicle.leg = { from: vehicle.place, to, since: this.#world.now.getTime(), ms: this.#takes(id, 'en_route', miles), empty };
  }

  /** How much of its leg is driven. */
  #share({ leg }: Vehicle): number {
    return leg ? Math.min(0.95, (this.#world.now.getTime() - leg.since) / leg.ms) : 1;
  }

  #endLeg(vehicle: Vehicle, share: number): void {
    const { leg } = vehicle;
    if (!leg) return;
    vehicle.leg = undefined;
    vehicle.place = share === 1 ? leg.to : partWay(leg, share);
    if (leg.empty) this.emptyMiles += roadMiles(leg.from, vehicle.place);
  }

  #takes(id: string, phase: Timed, miles: number): number {
    return phaseMs(phase, miles, { random: () => this.#world.chance(`driver/${id}`), settings: { timeScale: TIME_SCALE } });
  }

  /** The driver's next report, when that phase is over. */
  #drive(id: string, status: TruckStatus): void {
    const vehicle = this.#vehicles.get(id) as Vehicle;
    const next = this.#next(id, status, vehicle);
    if (!next) return;
    const [to, ms] = next;
    const { turns } = vehicle;
    this.#world.at(new Date(this.#world.now.getTime() + ms), () => {
      if (vehicle.turns !== turns) return;
      const place = vehicle.leg?.to ?? vehicle.place;
      this.#world.tell('truck', id, 'truck.report', { status: to, latitude: place.latitude, longitude: place.longitude });
    });
  }

  #next(id: string, status: TruckStatus, { leg }: Vehicle): [to: TruckStatus, ms: number] | undefined {
    const driven = leg?.ms ?? 0;
    switch (status) {
      case 'assigned':
        return ['loading', driven];
      case 'loading':
        return ['en_route', this.#takes(id, 'loading', 0)];
      case 'en_route':
        return ['at_job_site', driven];
      case 'at_job_site':
        return ['delivering', 0];
      case 'delivering':
        return ['returning', this.#takes(id, 'delivering', 0)];
      case 'returning':
        return [this.#truck(id).loaded ? 'washing' : 'available', driven];
      case 'washing':
        return ['available', this.#takes(id, 'washing', 0)];
      default:
        return undefined;
    }
  }

  /** On the road; when it stands in the yard just then, when it is next out. It comes back into service where it broke down. */
  #breakDown(id: string, minutes: number, tries: number): void {
    const { status } = this.#truck(id);
    if (status !== 'en_route' && status !== 'returning') {
      if (tries > 0) this.#world.at(later(this.#world.now, 2), () => this.#breakDown(id, minutes, tries - 1));
      return;
    }
    const vehicle = this.#vehicles.get(id) as Vehicle;
    const { latitude, longitude } = vehicle.leg ? partWay(vehicle.leg, this.#share(vehicle)) : vehicle.place;
    vehicle.reports = true;
    this.#world.tell('truck', id, 'truck.out-of-service', { reason: 'a breakdown on the road', force: true });
    this.#world.tell('truck', id, 'truck.change', { latitude, longitude, reporting: 'reported' });
    this.#world.at(later(this.#world.now, minutes), () => this.#world.tell('truck', id, 'truck.back-in-service', {}));
  }

  /** Between loads. Whoever reports takes it where he likes, and goes on from there when he is sent for. */
  #takeBreak(truck: PlannedTruck, tries: number): void {
    const { id, breakPlace } = truck;
    if (this.#truck(id).status !== 'available') {
      if (tries > 0) this.#world.at(later(this.#world.now, 5), () => this.#takeBreak(truck, tries - 1));
      return;
    }
    const vehicle = this.#vehicles.get(id) as Vehicle;
    const place = vehicle.reports ? breakPlace : vehicle.place;
    const { latitude, longitude } = place;
    const stop = this.#world.now;
    this.#world.tell('truck', id, 'truck.report', { status: 'on_break', latitude, longitude });
    this.#world.at(later(stop, 30), () => {
      if (this.#truck(id).status !== 'on_break') return;
      vehicle.place = place;
      this.#world.tell('truck', id, 'truck.report', { status: 'available', latitude, longitude });
    });
  }
}

const vehicleOf = ({ stands, reports }: PlannedTruck): Vehicle => ({
  place: stands,
  leg: undefined,
  reports,
  turns: 0,
  tripSince: undefined,
});

const partWay = ({ from, to }: Leg, share: number): Place => ({
  latitude: from.latitude + (to.latitude - from.latitude) * share,
  longitude: from.longitude + (to.longitude - from.longitude) * share,
});
