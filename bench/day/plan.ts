/** What the day brings, drawn from its seed before it begins: the same for every strategy. */
import { type Place, roadMiles } from '../../models/places.ts';
import { chanceFor } from '../../runtime/simulator.chance.ts';

export const MINUTE = 60_000;
export const at = (clock: string): Date => new Date(`2026-03-02T${clock}:00.000Z`);
export const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE);

export const OPENS = at('05:00');
export const WORK_BEGINS = at('06:00');
export const WORK_ENDS = at('18:00');

export interface PlannedPlant {
  id: string;
  place: Place;
  loadSlots: number;
}
export interface PlannedTruck {
  id: string;
  plantId: string;
  homePlantId: string;
  capacity: number;
  skills: string[];
  /** Its driver reports, with positions; the others are moved by the clock, and stand at their plant. */
  reports: boolean;
  stands: Place;
  breakAt: Date;
  /** Where the driver takes it. */
  breakPlace: Place;
}
export interface PlannedOrder {
  orderKey: string;
  orderId: string;
  plantId: string;
  site: Place;
  miles: number;
  quantity: number;
  priority: number;
  placedAt: Date;
  start: Date;
  end: Date;
  ratePerHour?: number;
  skills?: string[];
}
export interface Plan {
  plants: PlannedPlant[];
  trucks: PlannedTruck[];
  orders: PlannedOrder[];
  breakdowns: { truckId: string; at: Date; minutes: number }[];
  plantBreaks: { plantId: string; at: Date; minutes: number };
  cancels: { order: PlannedOrder; at: Date }[];
  rushes: { order: PlannedOrder; at: Date }[];
}

const PLANTS: PlannedPlant[] = [
  { id: 'north', place: { latitude: 30.4, longitude: -97.72 }, loadSlots: 6 },
  { id: 'east', place: { latitude: 30.27, longitude: -97.62 }, loadSlots: 6 },
  { id: 'south', place: { latitude: 30.18, longitude: -97.8 }, loadSlots: 6 },
];
const TRUCKS = 40;
const ORDERS = 400;
/** Each plant has its share of every size, and a large truck with a pump. */
const CAPACITIES = [12, 8, 10, 6, 10, 8, 12, 6, 10, 8, 6, 10, 8, 12];

type Chance = () => number;
const between = (chance: Chance, least: number, most: number): number => least + chance() * (most - least);
const whole = (chance: Chance, least: number, most: number): number => Math.floor(between(chance, least, most + 1));
const oneOf = <One>(chance: Chance, many: readonly One[]): One => many[Math.floor(chance() * many.length)] as One;

const MILES_A_DEGREE = 69;
/** Somewhere so far off, as the crow flies. */
const awayFrom = (place: Place, miles: number, chance: Chance): Place => {
  const angle = chance() * 2 * Math.PI;
  const wide = Math.cos((place.latitude * Math.PI) / 180);
  return {
    latitude: place.latitude + (miles * Math.sin(angle)) / MILES_A_DEGREE,
    longitude: place.longitude + (miles * Math.cos(angle)) / MILES_A_DEGREE / wide,
  };
};

export const planDay = (seed: number): Plan => {
  const trucks = planTrucks(chanceFor(seed, 'trucks'));
  const orders = planOrders(chanceFor(seed, 'orders'));
  const chance = chanceFor(seed, 'troubles');
  return {
    plants: PLANTS,
    trucks,
    orders,
    breakdowns: sample(chance, trucks, 8).map(({ id }) => ({
      truckId: id,
      at: later(at('07:00'), whole(chance, 0, 480)),
      minutes: whole(chance, 30, 90),
    })),
    plantBreaks: { plantId: oneOf(chance, PLANTS).id, at: later(at('09:00'), whole(chance, 0, 300)), minutes: whole(chance, 20, 40) },
    cancels: sample(chance, orders, 14).map((order) => ({ order, at: between2(chance, order.placedAt, later(order.start, 25)) })),
    rushes: sample(chance, orders, 12).map((order) => ({ order, at: between2(chance, order.placedAt, later(order.start, -20)) })),
  };
};

const between2 = (chance: Chance, from: Date, to: Date): Date =>
  new Date(Math.round(between(chance, from.getTime(), Math.max(from.getTime(), to.getTime()))));

const sample = <One>(chance: Chance, many: readonly One[], count: number): One[] => {
  const left = [...many];
  return Array.from({ length: count }, () => left.splice(Math.floor(chance() * left.length), 1)[0] as One);
};

const planTrucks = (chance: Chance): PlannedTruck[] =>
  Array.from({ length: TRUCKS }, (_, index) => {
    const home = PLANTS[index % PLANTS.length] as PlannedPlant;
    // A few are on loan, in another yard than their own.
    const plant = index >= PLANTS.length && chance() < 0.1 ? oneOf(chance, PLANTS) : home;
    const reports = index % 2 === 0;
    const parkedAtHome = reports && chance() < 0.6;
    return {
      id: `T${String(index + 1).padStart(2, '0')}`,
      ...{ plantId: plant.id, homePlantId: home.id, reports },
      capacity: CAPACITIES[Math.floor(index / PLANTS.length)] as number,
      skills: index < PLANTS.length || chance() < 0.2 ? ['pump'] : [],
      stands: parkedAtHome ? awayFrom(plant.place, between(chance, 2, 9), chance) : plant.place,
      breakAt: later(at('10:00'), whole(chance, 0, 270)),
      breakPlace: reports ? awayFrom(plant.place, between(chance, 0.5, 4), chance) : plant.place,
    };
  });

const planOrders = (chance: Chance): PlannedOrder[] =>
  Array.from({ length: ORDERS }, (_, index) => {
    const site = awayFrom((PLANTS[index % PLANTS.length] as PlannedPlant).place, 2.2 * Math.sqrt(chance()), chance);
    const [plant] = [...PLANTS].sort((a, b) => roadMiles(a.place, site) - roadMiles(b.place, site)) as [PlannedPlant];
    const isBig = chance() < 0.045;
    const start = later(WORK_BEGINS, 15 + 5 * Math.floor(startMinute(chance, isBig) / 5));
    return {
      orderKey: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
      orderId: String(index + 1),
      ...{ plantId: plant.id, site, miles: Math.max(0.5, roadMiles(plant.place, site)) },
      quantity: isBig ? whole(chance, 13, 40) : whole(chance, 2, 10),
      priority: oneOf(chance, [50, 50, 50, 50, 50, 60, 40]),
      placedAt: placedBefore(chance, start),
      ...{ start, end: later(start, oneOf(chance, [30, 60, 120])) },
      ...(isBig ? { ratePerHour: whole(chance, 30, 60) } : {}),
      ...(chance() < 0.06 ? { skills: ['pump'] } : {}),
    };
  });

/** The morning is a little busier than the afternoon; the last big pours begin at four. */
const startMinute = (chance: Chance, isBig: boolean): number => {
  if (isBig) return between(chance, 0, 600);
  return chance() < 0.52 ? between(chance, 0, 330) : between(chance, 330, 645);
};

/** Most were booked before the day; the others call some hours, or less than one, before they want it. */
const placedBefore = (chance: Chance, start: Date): Date => {
  const booked = chance() < 0.65;
  const called = later(start, -whole(chance, 50, 240));
  return booked || called < OPENS ? later(OPENS, whole(chance, 0, 20)) : called;
};
