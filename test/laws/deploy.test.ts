/** What is deployed is what the code has: every room runs somewhere, and every variable is one that config.ts reads. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { settings } from '../../config.settings.ts';
import { readConfig } from '../../config.ts';
import { MAX_LINES } from '../../models/words.ts';
import { brokerOptions } from '../../moleculer.config.ts';
import { rooms } from '../../node.ts';
import { routes } from '../../services/gateway/routes.ts';
import { BASE, compose, container, deployments, type Manifest, manifests, ofKind, ours, patch, ROOT } from '../support/manifests.ts';

const unread = (names: Iterable<string>): string[] => [...names].filter((name) => !Object.hasOwn(settings, name));

/** What a stop takes at the most beside the jobs: Moleculer's shutdown, its farewell, a gateway's wait. */
const REST_MS = 10_000 + 1_000 + 5_000;
const drainMs = readConfig([], {}).drainMs;

describe('docker-compose.yml', () => {
  test.each(Object.keys(rooms))('runs %s in a container of its own', (room) => {
    expect(compose.services[room]?.environment?.SERVICES).toBe(room);
  });

  test('gives only variables that config.ts reads', () => {
    expect(ours.flatMap(({ environment = {} }) => unread(Object.keys(environment)))).toEqual([]);
  });

  test('gives values that config.ts takes', () => {
    for (const { environment = {} } of ours) {
      const plain = Object.entries(environment).map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]);
      expect(() => readConfig([], Object.fromEntries(plain))).not.toThrow();
    }
  });

  test('waits longer for a room to stop than the room takes', () => {
    for (const room of Object.keys(rooms)) {
      const grace = Number.parseInt(compose.services[room]?.stop_grace_period ?? '10s', 10) * 1_000;
      expect(grace).toBeGreaterThan(drainMs + REST_MS);
    }
  });

  test('opens ports on this machine only', () => {
    for (const { ports = [] } of Object.values(compose.services)) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('k8s/base', () => {
  test.each(Object.keys(rooms))('has a Deployment for %s, whose dead process is noticed [A47]', (room) => {
    const deployment = deployments.find(({ metadata }) => metadata.name === room) as Manifest;
    expect(container(deployment).env).toContainEqual({ name: 'SERVICES', value: room });
    // The patch finds its container by this name.
    expect(container(deployment).name).toBe(container(patch).name);
    expect(container(deployment)).toHaveProperty('livenessProbe');
  });

  test('lists every file in the kustomization, which is applied with one command [A49, B36]', () => {
    const { resources, patches } = parse(readFileSync(path.join(BASE, 'kustomization.yaml'), 'utf8')) as {
      resources: string[];
      patches: { path: string }[];
    };
    const listed = [...resources, ...patches.map((one) => one.path), 'kustomization.yaml'];
    expect(readdirSync(BASE).sort()).toEqual(listed.sort());
  });

  test('gives only variables that config.ts reads, and values that it takes [B35]', () => {
    const data = ofKind('ConfigMap')[0]?.data ?? {};
    const given = [...deployments, patch, ...ofKind('Job')].flatMap((manifest) => container(manifest).env ?? []);
    expect(unread([...Object.keys(data), ...given.map(({ name }) => name)])).toEqual([]);
    expect(() => readConfig([], data)).not.toThrow();
  });

  test('takes secrets by reference only [A46, B33]', () => {
    const secret = ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'PAYMENT_WEBHOOK_SECRET', 'SHIPPING_WEBHOOK_SECRET'];
    expect(secret.filter((name) => Object.hasOwn(ofKind('ConfigMap')[0]?.data ?? {}, name))).toEqual([]);
    for (const name of secret) {
      const given = (container(patch).env ?? []).find((env) => env.name === name);
      expect(given?.valueFrom?.secretKeyRef?.name).toBe('yardmaster');
    }
  });

  test('waits longer for a pod to stop than the pod takes', () => {
    const configured = Number(ofKind('ConfigMap')[0]?.data?.DRAIN_MS ?? drainMs);
    expect(patch.spec.template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(configured + REST_MS);
  });

  test('lets no container write to its root or gain rights', () => {
    for (const manifest of [patch, ...ofKind('Job')]) {
      expect(container(manifest).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });
});

describe('the API and the worker', () => {
  const [api, clocks] = ['gateway', 'scheduler'].map((room) => deployments.find(({ metadata }) => metadata.name === room)) as [
    Manifest,
    Manifest,
  ];
  const labels = ({ spec }: Manifest): Record<string, string> => spec.template.metadata?.labels ?? {};

  test('have identities of their own, which no other room has [B29, B30, B31]', () => {
    expect([labels(api)['app-id'], labels(clocks)['app-id']]).toEqual(['order-service', 'order-worker']);
    expect(new Set(deployments.flatMap((one) => labels(one)['app.kubernetes.io/name'] ?? [])).size).toBe(Object.keys(rooms).length);
    // And in the mesh every pod is known by its own name.
    expect((container(patch).env ?? []).find(({ name }) => name === 'NODE_ID')).toMatchObject({
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    });
  });

  test('the API listens for HTTP; the worker listens on no port, since the mesh reaches it [B29, B30]', () => {
    expect(container(api).ports).toEqual([{ name: 'http', containerPort: 3000 }]);
    expect(deployments.filter((one) => container(one).ports !== undefined)).toEqual([api]);
  });

  test('the worker is started by one command that names its mode, and in production that is all [B3, B4, B32]', () => {
    const [node, main, ...args] = container(clocks).command as string[];
    expect([node, main, readConfig(args, {}).workerMode]).toEqual(['node', 'main.ts', 'all']);
    expect(readConfig(['--mode', 'cron'], { WORKER_MODE: 'event' }).workerMode).toBe('cron');
    expect(['cron', 'event', 'all'].map((WORKER_MODE) => readConfig([], { WORKER_MODE }).workerMode)).toEqual(['cron', 'event', 'all']);
  });

  test('the worker asks for 100m and 128Mi and is held to 200m and 256Mi; every container has bounds [A48, B34]', () => {
    const bounds = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .filter(({ metadata }) => metadata.name === 'scheduler')
      .at(-1) as Manifest;
    expect(container(bounds).resources).toEqual({ requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } });
    for (const one of [patch, ...ofKind('Job')])
      expect(container(one).resources).toMatchObject({ requests: { cpu: '100m' }, limits: { memory: '512Mi' } });
  });
});

describe('settings', () => {
  const minutes = (count: number): number => count * 60_000;

  test('have the documented limits and times, and reach every room from one place [B35]', () => {
    const config = readConfig([], {});
    expect(MAX_LINES).toBe(50);
    expect(config).toMatchObject({
      sagaTimeoutMs: minutes(30),
      orderAutoCancelMs: minutes(1_440),
      paymentWindowMs: minutes(15),
      paymentCallMs: minutes(2),
      sessionTtlMs: minutes(1_440),
      cartTtlMs: minutes(7 * 1_440),
    });
    expect(container(patch).envFrom).toEqual([{ configMapRef: { name: 'yardmaster' } }]);
  });

  test('name every address outside, and several of the broker’s for when one is away [A37, A38, B33, B44, E41]', () => {
    const NATS_URL = 'nats://a:4222,nats://b:4222';
    const { transporter } = brokerOptions(readConfig([], { NATS_URL })) as { transporter: { options: object } };
    expect(transporter.options).toMatchObject({ servers: ['nats://a:4222', 'nats://b:4222'], maxReconnectAttempts: -1 });
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'NATS_URL', 'PAYMENT_URL', 'SHIPPING_URL']) expect(settings).toHaveProperty(name);
    const DATABASE_URL = 'postgres://clerk:word@db:5432/concretedelivery';
    expect(readConfig([], { DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
    const written = globSync('{services,runtime,mixins,models}/**/*.ts', { cwd: ROOT }).flatMap((file) =>
      readFileSync(path.join(ROOT, file), 'utf8')
        .split('\n')
        .filter(
          (line) =>
            /\b(https?|postgres|nats|redis):\/\/(?!127\.0\.0\.1|gateway|api\.stripe\.com|\$\{)[\w.-]+\./.test(line) &&
            !/^\s*(\/\/|\*|\/\*)/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(written).toEqual([]);
  });

  test('give each process a pool of its own, and all of them fewer connections than Postgres takes [B44, E41, E51]', () => {
    expect(readConfig([], {}).databasePool).toBeGreaterThan(1);
    expect(Object.keys(rooms).length * readConfig([], {}).databasePool).toBeLessThan(100);
  });

  test('are all that development, staging and production differ by [A39, E50]', () => {
    const [development, production] = [readConfig([], { LOG_LEVEL: 'debug' }), readConfig([], { NODE_ENV: 'production' })];
    expect([development.production, development.logFormat, development.logLevel]).toEqual([false, 'text', 'debug']);
    expect([production.production, production.logFormat, production.logLevel]).toEqual([true, 'json', 'info']);
    for (const overlay of ['staging', 'production']) {
      const { resources, images } = parse(readFileSync(path.join(ROOT, `k8s/overlays/${overlay}/kustomization.yaml`), 'utf8'));
      expect([resources, images]).toEqual([['../../base'], undefined]);
    }
    const { replicas } = parse(readFileSync(path.join(ROOT, 'k8s/overlays/production/kustomization.yaml'), 'utf8')) as {
      replicas: { name: string; count: number }[];
    };
    expect(replicas.map(({ name }) => name).sort()).toEqual(Object.keys(rooms).sort());
    for (const { count } of replicas) expect(count).toBeGreaterThan(1);
  });
});

describe('the runbook of the workers', () => {
  const runbook = readFileSync(path.join(ROOT, 'docs/runbooks/workers.md'), 'utf8');

  test.each([
    'Wrong mode',
    'Database connection',
    'Missing schedule',
    'Mesh missing',
    'Subscription not loaded',
    'Wrong warehouse endpoint',
    'Network policy',
    'Service down',
  ])('says of "%s" what one sees and what one does [B42]', (cause) => {
    const cells =
      runbook
        .split('\n')
        .find((line) => line.startsWith(`| **${cause}`))
        ?.split(' | ') ?? [];
    expect(cells).toHaveLength(3);
    for (const cell of cells.slice(1)) expect(cell.length).toBeGreaterThan(60);
  });

  test('names only settings and calls that there are [B42]', () => {
    const named = [...runbook.matchAll(/`([A-Z][A-Z_]{3,})[`=]/g)]
      .map(([, name]) => name as string)
      .filter((name) => !['ACCEPTED', 'CRON_'].includes(name));
    expect(unread(named)).toEqual([]);
    const calls = new Set(routes.map(({ call }) => call));
    const asked = [...runbook.matchAll(/`(GET \/api\/[\w/-]+)/g)].map(([, call]) => call as string);
    expect(asked.filter((call) => !calls.has(call))).toEqual([]);
  });
});
