/** Stock of one product at one location: what it hears, and the lives of its reservations. */
import { z } from 'zod';
import { id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid, wholeNumber } from './words.ts';

/** The actor's key: product and location. Neither can hold an @. */
export const stockKeyOf = (sku: string, locationId: string): string => `${sku}@${locationId}`;

export type ReservationStatus = 'active' | 'confirmed' | 'consumed' | 'released' | 'expired' | 'backordered';

export const reservationLife = {
  // Consumed unconfirmed: what was delivered has left, whatever the books say of it.
  active: ['confirmed', 'consumed', 'released', 'expired'],
  confirmed: ['consumed', 'released'],
  consumed: [],
  // The same order may reserve anew, when its payment is tried again.
  released: ['active'],
  expired: ['active'],
  backordered: ['active', 'released'],
} as const satisfies Life<ReservationStatus>;

export type MovementKind =
  | 'received'
  | 'reserved'
  | 'confirmed'
  | 'released'
  | 'expired'
  | 'consumed'
  | 'adjusted'
  | 'returned'
  | 'written_off';

const ofOrder = { orderKey: uuid, orderId: z.string() };

export const receiveForm = z.strictObject({ quantity: wholeNumber(1_000_000_000) });
export const adjustForm = z.strictObject({
  quantity: z
    .int()
    .min(-1_000_000_000)
    .max(1_000_000_000)
    .refine((quantity) => quantity !== 0, { error: 'must not be zero' }),
  reason: text(500),
});

export const inventoryMessages = {
  'inventory.reserve': z.strictObject({ ...ofOrder, quantity: wholeNumber(MAX_QUANTITY * MAX_LINES), until: time }),
  'inventory.confirm': z.strictObject(ofOrder),
  'inventory.release': z.strictObject({ ...ofOrder, reason: z.string() }),
  'inventory.consume': z.strictObject(ofOrder),
  'inventory.stock': z.strictObject({
    sku: id,
    locationId: id,
    quantity: z.int().min(0),
    reorderLevel: z.int().min(0).default(0),
  }),
  'inventory.receive': receiveForm,
  'inventory.adjust': adjustForm,
};
