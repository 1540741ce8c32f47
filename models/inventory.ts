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
  released: ['active', 'backordered'],
  expired: ['active', 'backordered'],
  // Waits for stock, first in, first out.
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

/** Who holds stock under a key that is no order's: an exchange its replacement, a load of concrete its materials. */
const owners = ['exchange', 'load'] as const;
export type Owner = (typeof owners)[number];

/** `owner`: whose key `orderKey` is, where it is not an order's. Echoed on every event that the message causes. */
const ofOrder = { orderKey: uuid, orderId: z.string(), owner: z.enum(owners).optional() };
const MAX_STOCK = 1_000_000_000;
const heldQuantity = wholeNumber(MAX_QUANTITY * MAX_LINES);
const level = z.int().min(0).max(MAX_STOCK);

export const receiveForm = z.strictObject({ quantity: wholeNumber(MAX_STOCK) });
export const adjustForm = z.strictObject({
  quantity: z
    .int()
    .min(-MAX_STOCK)
    .max(MAX_STOCK)
    .refine((quantity) => quantity !== 0, { error: 'must not be zero' }),
  reason: text(500),
});
/** `incoming`: what is ordered from a supplier and on its way. What is left out stays as it is. */
export const limitsForm = z.strictObject({
  reorderLevel: level.optional(),
  incoming: level.optional(),
  allowBackorder: z.boolean().optional(),
});

/** What a person saw, from If-Match. */
const version = { version: z.int().optional() };

export const inventoryMessages = {
  'inventory.reserve': z.strictObject({ ...ofOrder, quantity: heldQuantity, until: time }),
  'inventory.confirm': z.strictObject(ofOrder),
  'inventory.release': z.strictObject({ ...ofOrder, reason: z.string() }),
  'inventory.consume': z.strictObject(ofOrder),
  /** A part of the order is off: the hold becomes smaller by this much. */
  'inventory.reduce': z.strictObject({ ...ofOrder, quantity: heldQuantity, reason: z.string() }),
  /** From the half-hourly clock: the hold's end has passed. */
  'inventory.expire': z.strictObject(ofOrder),
  /** Goods of a return are here again: to be sold anew, or only to be written off. */
  'inventory.take-back': z.strictObject({
    orderId: z.string(),
    returnId: uuid,
    quantity: heldQuantity,
    restock: z.boolean(),
    reason: z.string().optional(),
  }),
  'inventory.stock': z.strictObject({
    sku: id,
    locationId: id,
    quantity: z.int().min(0),
    reorderLevel: z.int().min(0).default(0),
  }),
  'inventory.receive': receiveForm.extend(version),
  'inventory.adjust': adjustForm.extend(version),
  'inventory.limits': limitsForm.extend(version),
  /** The figures are set from the rows they are sums of. */
  'inventory.repair': z.strictObject({}),
  /** The actor's own: more wait for stock than one turn loads. */
  'inventory.fill': z.strictObject({}),
};
