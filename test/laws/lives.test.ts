/** The life tables of models/: closed in themselves, with ends that are ends. The rules' tests hold the deciders to them. */
import { describe, expect, test } from '@jest/globals';
import { terminalOrderStatuses } from '../../models/order.ts';
import { terminalReturnStatuses } from '../../models/returns.ts';
import { lives } from '../rules/life-steps.ts';

const ends: Record<keyof typeof lives, readonly string[]> = {
  order: terminalOrderStatuses,
  saga: ['Completed'],
  payment: ['refunded', 'cod_remitted'],
  truck: [],
  deliveryJob: ['done', 'cancelled', 'moved'],
  load: ['rejected', 'delivered', 'refused'],
  reservation: ['consumed'],
  fulfillment: ['delivered', 'cancelled'],
  shipment: ['declined', 'delivered', 'returned', 'cancelled'],
  cart: ['converted'],
  return: terminalReturnStatuses,
  exchange: terminalReturnStatuses,
};
const begins: Record<keyof typeof lives, readonly string[]> = {
  order: ['draft'],
  saga: ['Created'],
  payment: ['created'],
  truck: ['available'],
  deliveryJob: ['queued'],
  load: ['assigned'],
  reservation: ['active', 'backordered'],
  fulfillment: ['pending'],
  shipment: ['asked'],
  cart: ['active'],
  return: ['requested'],
  exchange: ['requested'],
};

describe.each(Object.keys(lives) as (keyof typeof lives)[])('the life of a %s', (name) => {
  const life: Readonly<Record<string, readonly string[]>> = lives[name];
  const states = Object.keys(life);

  test('leads only to states that it knows', () => {
    for (const [from, targets] of Object.entries(life))
      for (const to of targets) expect({ from, to, known: states.includes(to) }).toMatchObject({ known: true });
  });

  test('names no step twice, and none from a state to itself', () => {
    for (const [from, targets] of Object.entries(life)) {
      expect(new Set(targets).size).toBe(targets.length);
      expect(targets).not.toContain(from);
    }
  });

  test('has no way out of its ends, and a way out of everything else', () => {
    expect(states.filter((state) => life[state]?.length === 0).sort()).toEqual([...ends[name]].sort());
  });

  test('leads from its beginning to every state', () => {
    const reached = new Set(begins[name]);
    for (const state of reached) for (const next of life[state] ?? []) reached.add(next);
    expect(states.filter((state) => !reached.has(state))).toEqual([]);
  });
});
