/** Where things are, and how far apart. */
import { z } from 'zod';

export const placeForm = z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });

const EARTH_MILES = 3_958.8;

export interface Place {
  latitude: number;
  longitude: number;
}

/** As the crow flies: haversine. */
export const milesBetween = (a: Place, b: Place): number => {
  const [lat1, lat2] = [radians(a.latitude), radians(b.latitude)];
  const [dLat, dLon] = [lat2 - lat1, radians(b.longitude - a.longitude)];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_MILES * Math.asin(Math.min(1, Math.sqrt(h)));
};

/** Roads are longer than the crow's way by about this much. */
const DETOUR = 1.25;
export const roadMiles = (a: Place, b: Place): number => Math.round(milesBetween(a, b) * DETOUR * 10) / 10;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
