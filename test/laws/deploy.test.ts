/** What is deployed is what the code has: every room runs somewhere, and every variable is one that config.ts reads. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig, settings } from '../../config.ts';
import { rooms } from '../../node.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BASE = path.join(ROOT, 'k8s/base');

type Env = { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } };
interface Container {
  name: string;
  env?: Env[];
  securityContext?: object;
  [probe: string]: unknown;
}
interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: { template: { spec: { containers: Container[]; terminationGracePeriodSeconds: number } } };
}
interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  stop_grace_period?: string;
}

const compose = parse(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const ours = Object.values(compose.services).filter(({ image }) => image.startsWith('yardmaster'));
const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const manifests = readdirSync(BASE).flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(BASE, file), 'utf8')).map((document) => document.toJS() as Manifest),
);
const patch = ofKind('Deployment').find(({ metadata }) => metadata.name === 'any-room') as Manifest;
const deployments = ofKind('Deployment').filter((deployment) => deployment !== patch);
const container = ({ spec }: Manifest): Container => spec.template.spec.containers[0] as Container;
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
  test.each(Object.keys(rooms))('has a Deployment for %s', (room) => {
    const deployment = deployments.find(({ metadata }) => metadata.name === room) as Manifest;
    expect(container(deployment).env).toContainEqual({ name: 'SERVICES', value: room });
    // The patch finds its container by this name.
    expect(container(deployment).name).toBe(container(patch).name);
    expect(container(deployment)).toHaveProperty('livenessProbe');
  });

  test('lists every file in the kustomization', () => {
    const { resources, patches } = parse(readFileSync(path.join(BASE, 'kustomization.yaml'), 'utf8')) as {
      resources: string[];
      patches: { path: string }[];
    };
    const listed = [...resources, ...patches.map((one) => one.path), 'kustomization.yaml'];
    expect(readdirSync(BASE).sort()).toEqual(listed.sort());
  });

  test('gives only variables that config.ts reads, and values that it takes', () => {
    const data = ofKind('ConfigMap')[0]?.data ?? {};
    const given = [...deployments, patch, ...ofKind('Job')].flatMap((manifest) => container(manifest).env ?? []);
    expect(unread([...Object.keys(data), ...given.map(({ name }) => name)])).toEqual([]);
    expect(() => readConfig([], data)).not.toThrow();
  });

  test('takes secrets by reference only', () => {
    const secret = ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'PAYMENT_WEBHOOK_SECRET'];
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
