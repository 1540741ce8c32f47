/** How dispatch is built and deployed: as every room is, from one image, and reached by the mesh alone. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { BASE, container, deployments, type Manifest, ofKind, ours, patch, ROOT } from '../support/manifests.ts';

describe('the image', () => {
  const steps = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));

  test('is one for all rooms, built from the root by one command [A40, A41]', () => {
    expect(new Set(ours.map(({ image, build }) => `${image} from ${build}`)).size).toBe(1);
    expect(ours[0]).toMatchObject({ image: expect.stringMatching(/^yardmaster:\d/), build: '.' });
    const { images } = parse(readFileSync(path.join(BASE, 'kustomization.yaml'), 'utf8')) as { images: { name: string; newTag: string }[] };
    expect(images.map(({ name, newTag }) => `${name}:${newTag}`)).toEqual([ours[0]?.image]);
    for (const one of [patch, ...ofKind('Job')]) expect(container(one).image).toBe('yardmaster');
    expect(steps.filter((step) => step.startsWith('FROM'))).toHaveLength(1);
    expect(steps).toContain('COPY . .');
    expect(steps.at(-1)).toBe('CMD ["node", "main.ts"]');
  });

  test('is made by a script of few steps: the dependencies as they are locked, and the sources, which nothing compiles [A42]', () => {
    expect(steps.filter((step) => /^(COPY|RUN)/.test(step))).toEqual([
      'COPY package.json package-lock.json ./',
      expect.stringMatching(/^RUN npm ci --omit=dev/),
      'COPY . .',
    ]);
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /build|compile/.test(name))).toEqual([]);
    expect(scripts.start).toBe('node main.ts');
  });
});

describe('dispatch', () => {
  const dispatch = deployments.find(({ metadata }) => metadata.name === 'truck') as Manifest;

  test('is a Deployment with one replica and no Service: nothing but the gateway is found by a name [A1, A44, A45]', () => {
    expect(container(dispatch).env).toContainEqual({ name: 'SERVICES', value: 'truck' });
    expect(dispatch.spec.replicas).toBe(1);
    expect(ofKind('Service').map(({ metadata, spec }) => [metadata.name, spec.selector])).toEqual([
      ['gateway', { 'app.kubernetes.io/name': 'gateway' }],
    ]);
  });

  test('is noticed when its process is dead, and asks for its share within bounds [A47, A48]', () => {
    expect(container(dispatch).livenessProbe).toMatchObject({ exec: { command: ['sh', '-c', 'kill -0 1'] }, periodSeconds: 10 });
    expect(container(patch).resources).toEqual({ requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } });
  });

  test('begins with one replica and is given more by their number alone [A66]', () => {
    expect(dispatch.spec.replicas).toBe(1);
    const { replicas } = parse(readFileSync(path.join(ROOT, 'k8s/overlays/production/kustomization.yaml'), 'utf8')) as {
      replicas: { name: string; count: number }[];
    };
    expect(replicas.find(({ name }) => name === 'truck')?.count).toBeGreaterThan(1);
  });
});
