/** What the order process is made of, and what it leaves to others. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ORDER_STATUS_CHANGED } from '../../models/events.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const files = (pattern: string): { file: string; text: string }[] =>
  globSync(pattern, { cwd: ROOT })
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
const packages = (text: string): string[] => [...text.matchAll(/(?:from|import)\s*\(?'([^'.][^']*)'/g)].map(([, name = '']) => name);

describe('the order process', () => {
  test('has one place that says a change of status, under one constant name [B23, B24]', () => {
    const sayings = files('services/**/*.ts').filter(({ text }) => text.includes(ORDER_STATUS_CHANGED));
    expect(sayings.map(({ file }) => file)).toEqual(['services/order/order.effects.ts']);
    expect(sayings[0]?.text.split(ORDER_STATUS_CHANGED)).toHaveLength(2);
  });

  test('knows no client, no socket and no login: its room imports nothing that serves them [C10, C38]', () => {
    const serving = files('services/order/*.ts').flatMap(({ file, text }) =>
      packages(text)
        .filter((name) => /^(node:)?(https?|net|tls)$|^(ws|jose|jsonwebtoken|express|moleculer-web|socket)/.test(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(serving).toEqual([]);
  });

  test('never asks Redis for what must be right: only its face shows the workflow state [C10, C17, C28]', () => {
    const users = files('services/order/*.ts').filter(({ text }) => /workflow\.ts'|'ioredis'/.test(text));
    expect(users.map(({ file }) => file)).toEqual(['services/order/order.service.ts', 'services/order/workflow.ts']);
    const trusting = files('{runtime,services/*}/*.ts').filter(
      ({ file, text }) => !/workflow|service|link/.test(file) && text.includes("'ioredis'"),
    );
    expect(trusting.map(({ file }) => file)).toEqual([]);
  });

  test('stands on a machine that knows no broker: the mesh is an interface, and there is one that says nothing [C22, C27]', () => {
    const knowing = files('runtime/*.ts').filter(({ text }) => packages(text).some((name) => /^(moleculer|nats|ioredis|amqp)/.test(name)));
    expect(knowing.map(({ file }) => file)).toEqual([]);
  });
});
