import { z } from 'zod';

const file = z.string().min(1).optional();

/** How Kafka is reached: variables of the environment, which config.ts reads. Secrets come from files, read again for each connection. */
export const kafkaVariables = z.object({
  /** `host:port,...`. Needed where something is sent to Kafka. */
  KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port,...')).min(1))
    .optional(),
  /** `on` where a file below is given, too. */
  KAFKA_TLS: z.stringbool().default(false),
  /** Certificates of the authority that the brokers' are signed by, as PEM; unset: those that Node knows. */
  KAFKA_CA_FILE: file,
  /** Certificate and key of this client, as PEM; both or none. */
  KAFKA_CERT_FILE: file,
  KAFKA_KEY_FILE: file,
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_USERNAME: z.string().min(1).optional(),
  KAFKA_PASSWORD_FILE: file,
});

/** How Kafka is reached. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  /** undefined: the connection is not encrypted. */
  readonly tls:
    | {
        readonly caFile: string | undefined;
        readonly certFile: string | undefined;
        readonly keyFile: string | undefined;
      }
    | undefined;
  /** undefined: the client does not say who it is. */
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly passwordFile: string;
      }
    | undefined;
}

/**
 * @returns undefined without brokers
 * @throws {Error} when a part of what belongs together is missing
 */
export function kafkaSettings(raw: z.infer<typeof kafkaVariables>): KafkaSettings | undefined {
  const { KAFKA_CA_FILE: caFile, KAFKA_CERT_FILE: certFile, KAFKA_KEY_FILE: keyFile } = raw;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error('KAFKA_CERT_FILE: needs KAFKA_KEY_FILE, and the other way round');
  }
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_USERNAME: username,
    KAFKA_PASSWORD_FILE: passwordFile,
  } = raw;
  const sasl =
    mechanism === undefined || username === undefined || passwordFile === undefined
      ? undefined
      : { mechanism, username, passwordFile };
  if (sasl === undefined && (mechanism ?? username ?? passwordFile) !== undefined) {
    throw new Error(
      'KAFKA_SASL_MECHANISM: needs KAFKA_USERNAME and KAFKA_PASSWORD_FILE, and the other way round',
    );
  }
  if (raw.KAFKA_BROKERS === undefined) return undefined;
  const isEncrypted = raw.KAFKA_TLS || caFile !== undefined || certFile !== undefined;
  return { brokers: raw.KAFKA_BROKERS, tls: isEncrypted ? { caFile, certFile, keyFile } : undefined, sasl };
}
