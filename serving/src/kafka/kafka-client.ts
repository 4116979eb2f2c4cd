import { readFile } from 'node:fs/promises';
import { Kafka, logLevel, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './kafka-settings.js';

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * A client with the certificates and the password as their files are now.
 *
 * @param retries of one request; kafkajs's own log is silent, since what fails is said by whoever asked
 * @throws when a file can't be read
 */
export async function kafkaClient({ brokers, tls, sasl }: KafkaSettings, retries: number): Promise<Kafka> {
  const read = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined ? undefined : readFile(path, 'utf8');
  const [ca, cert, key, password] = await Promise.all([
    read(tls?.caFile),
    read(tls?.certFile),
    read(tls?.keyFile),
    read(sasl?.passwordFile),
  ]);
  const config: KafkaConfig = {
    clientId: 'model-serving',
    brokers: [...brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.NOTHING,
  };
  if (tls !== undefined) {
    config.ssl = {
      ...(ca !== undefined && { ca: [ca] }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
  }
  if (sasl !== undefined) {
    const { mechanism, username } = sasl;
    config.sasl = { mechanism, username, password: password!.trimEnd() } as SASLOptions;
  }
  return new Kafka(config);
}
