/** What a truck is, and what it is decided by. */
import type { Reporting, TruckStatus, truckMessages } from '../../models/truck.ts';
import { type Context as AnyContext, type Decision, type MessageOf, refuse } from '../../runtime/decider.ts';

export interface Truck {
  id: string;
  plantId: string;
  status: TruckStatus;
  reporting: Reporting;
  loadId: string | null;
  /** Kept when the trip is over: whose the phases are. */
  lastLoadId: string | null;
  jobId: string | null;
  orderKey: string | null;
  orderId: string | null;
  distanceMiles: number;
  quantity: number;
  /** What of its load is poured; null until then. */
  poured: number | null;
  loaded: boolean;
  /** Trips begun, ever: who did most is sent last, where a strategy says so. */
  trips: number;
  /** When each phase of the present or last trip began. */
  phases: Record<string, string>;
  phaseSince: string;
  /** What few trips have; null mostly. */
  trip: TripMarks | null;
  reason: string | null;
  version: number;
  /** Only on the way into the database: columns changed that seldom do. */
  changed?: Changed;
}

export interface TripMarks {
  part?: true;
  slotted?: true;
  /** Its materials are not drawn yet. */
  waits?: true;
  /** Its driver has reported: the clock does not move it any more on this trip. */
  reported?: true;
  limitMinutes?: number;
  materials?: Record<string, number>;
  /** The phase in which it was said that it is stuck. */
  stuck?: string;
  /** It was said that its load is too old. */
  overdue?: true;
}

export interface Changed {
  driver?: string;
  driverId?: string | null;
  capacity?: number;
  skills?: string[];
  reporting?: Reporting;
  latitude?: number;
  longitude?: number;
  plantId?: string;
}

export interface TruckSettings {
  /** Multiplies every phase time; 0 is at once. */
  timeScale: number;
  /** When an order by truck is delivered (model X18). */
  completeOn: 'pour_completed' | 'truck_available';
  /** Whether a truck that never loaded is washed (model X17). */
  washUnloaded: boolean;
  /** How long a phase may take before its truck counts as stuck. */
  stuckMs: Readonly<Partial<Record<TruckStatus, number>>>;
  /** From batching to pouring, for orders that say nothing of it. */
  limitMinutes: number;
}

type Heard = MessageOf<typeof truckMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type TruckMessage = Heard;
export type Deciding = AnyContext & { settings: TruckSettings };
export type Decided = Decision<Truck>;

/** A change that was asked for on the strength of an older version. */
export const outdated = ({ version }: Truck, asked: number | undefined): Decision<never> | undefined =>
  asked !== undefined && asked !== version ? refuse('resource.changed', { version }) : undefined;

/** The clock moves it, not its driver. */
export const isSimulated = ({ reporting, trip }: Truck): boolean => reporting === 'simulated' && !trip?.reported;
