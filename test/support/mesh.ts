/** A Moleculer broker that is none of ours, on the mesh of a yard: what a foreign service or the REPL of another team would be. */
import { ServiceBroker, type ServiceSchema } from 'moleculer';
import { until } from './quiet.ts';
import { servers, type Yard } from './yard.ts';

export interface Foreign {
  broker: ServiceBroker;
  /** Waits until it sees a node (or several) offering this service. */
  sees(service: string, nodes?: number): Promise<void>;
}

export const foreignBroker = async (yard: Yard, nodeID: string, ...services: ServiceSchema[]): Promise<Foreign> => {
  const broker = new ServiceBroker({
    namespace: yard.env.MESH_NAMESPACE,
    nodeID: `${yard.env.MESH_NAMESPACE}-${nodeID}`,
    transporter: { type: 'NATS', options: { servers: [servers.nats as string] } },
    disableBalancer: true,
    serializer: 'JSONExt',
    logger: false,
    requestTimeout: 5_000,
    skipProcessEventRegistration: true,
  });
  for (const service of services) broker.createService(service);
  await broker.start();
  const offering = (service: string): number =>
    broker.registry.nodes
      .list({ onlyAvailable: true, withServices: true })
      .filter(({ services: offered }) => (offered as { name: string }[]).some(({ name }) => name === service)).length;
  return {
    broker,
    sees: (service, nodes = 1) => until(() => offering(service) >= nodes, { what: () => `${offering(service)} nodes offer ${service}` }),
  };
};
