import { CompressionTypes, type Producer } from 'kafkajs';
import { kafkaClient } from '../../src/kafka/kafka-client.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { SendMessages } from './attack.js';
import { requireTarget } from './target.js';

const RETRIES = 2;

/** The topic that is attacked. */
export interface AttackTopic {
  readonly send: SendMessages;
  close(): Promise<void>;
}

/**
 * Connects to the brokers and looks at where they say that they are: a port on this machine may lead elsewhere.
 *
 * @throws {PlatformFailure} where they may not be attacked, do not answer or do not have the topic
 */
export async function openTopic(
  brokers: readonly string[],
  topic: string,
  allowedHosts: readonly string[],
): Promise<AttackTopic> {
  requireTarget(brokers, allowedHosts);
  const kafka = await kafkaClient({ brokers, tls: undefined, sasl: undefined }, RETRIES);
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5 });
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    requireTarget(
      cluster.brokers.map(({ host, port }) => `${host}:${port}`),
      allowedHosts,
    );
    if (!(await admin.listTopics()).includes(topic)) {
      throw new PlatformFailure(
        `There is no topic ${topic}.`,
        '`make stream` creates it and scores what is in it.',
      );
    }
    await producer.connect();
  } catch (error) {
    await producer.disconnect();
    if (error instanceof PlatformFailure) throw error;
    throw new PlatformFailure(
      `Kafka at ${brokers.join(', ')} can't be used: ${messageOf(error)}.`,
      '`make kafka-up` starts a broker on this machine.',
      { cause: error },
    );
  } finally {
    await admin.disconnect();
  }
  return { send: sender(producer, topic), close: () => producer.disconnect() };
}

function sender(producer: Producer, topic: string): SendMessages {
  return async (messages) => {
    await producer.send({
      topic,
      // The leader has them: an attacker does not wait for followers.
      acks: 1,
      compression: CompressionTypes.None,
      messages: messages.map(({ key, value }) => ({ key, value })),
    });
  };
}
