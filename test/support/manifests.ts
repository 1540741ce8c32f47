/** What is deployed, as it is written: docker-compose.yml and k8s/base. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const BASE = path.join(ROOT, 'k8s/base');

type Env = { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } };
interface Container {
  name: string;
  env?: Env[];
  securityContext?: object;
  [probe: string]: unknown;
}
export interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    selector: Record<string, string>;
    template: { metadata?: { labels?: Record<string, string> }; spec: { containers: Container[]; terminationGracePeriodSeconds: number } };
  };
}
interface ComposeService {
  image: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  stop_grace_period?: string;
}

export const compose = parse(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
export const ours = Object.values(compose.services).filter(({ image }) => image.startsWith('yardmaster'));
export const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
export const manifests = readdirSync(BASE).flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(BASE, file), 'utf8')).map((document) => document.toJS() as Manifest),
);
export const patch = ofKind('Deployment').find(({ metadata }) => metadata.name === 'any-room') as Manifest;
export const deployments = ofKind('Deployment').filter((deployment) => deployment !== patch);
export const container = ({ spec }: Manifest): Container => spec.template.spec.containers[0] as Container;
