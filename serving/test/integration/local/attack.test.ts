import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { dueBy } from '../../../local/attack/ramp.js';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { eventually } from '../../support/eventually.js';
import { freePorts } from '../../support/free-ports.js';
import { KAFKA_TIMEOUT_MS, KafkaBroker, whyNoKafka } from '../../support/kafka-broker.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const TOPIC = 'applications-under-attack';
const ROW = { age: 40, purpose: 'car' };
const DESCRIPTION = {
  paths: {
    '/predict': {
      post: {
        requestBody: {
          content: {
            'application/json': {
              examples: {
                by_name: { value: { instances: [ROW] } },
                by_position: { value: { instances: [[40, 'car']] } },
              },
            },
          },
        },
      },
    },
  },
};

/** The command as it is run, against a real broker, without Prometheus. */
describe('make attack', function () {
  this.timeout(2 * KAFKA_TIMEOUT_MS);

  let broker: KafkaBroker;
  let admin: Admin;
  let tier: Server;
  let variables: Record<string, string>;

  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    broker = await KafkaBroker.create();
    await broker.ensureRunning();
    admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }] });
    tier = createServer((_request, response) => response.end(JSON.stringify(DESCRIPTION)));
    await once(tier.listen(0, '127.0.0.1'), 'listening');
    const [attackPort, nobodysPort] = await freePorts(2);
    variables = {
      PLATFORM_STATE_DIR: temporaryDirectory(),
      SERVING_PORT: String((tier.address() as AddressInfo).port),
      PROMETHEUS_PORT: String(nobodysPort),
      ATTACK_PORT: String(attackPort),
      ATTACK_BROKERS: broker.address,
      ATTACK_TOPIC: TOPIC,
    };
  });

  after(async () => {
    if (whyNoKafka() !== undefined) return;
    await admin.disconnect();
    tier.close();
    await broker.kill();
  });

  function attack(env: Readonly<Record<string, string>>): { command: RunningCommand; said: () => string } {
    const command = startCommand('local/main.ts', ['attack'], { ...variables, ...env });
    let text = '';
    for (const stream of [command.child.stdout!, command.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    }
    return { command, said: () => text };
  }

  async function messages(): Promise<number> {
    const offsets = await admin.fetchTopicOffsets(TOPIC);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  function reportIn(text: string): string {
    const file = /report: (\S+)/.exec(text)?.[1];
    expect(file, text).to.be.a('string');
    return file!;
  }

  it('offers what its ramp says, ends at its ceiling, and reports without Prometheus too', async () => {
    const ramp = { startRate: 100, stepRate: 100, stepSeconds: 1, maxRate: 300, maxSeconds: 3 };
    const { command, said } = attack({
      START_RATE: '100',
      STEP_RATE: '100',
      STEP_SECONDS: '1',
      MAX_RATE: '300',
      MAX_SECONDS: '3',
      MALFORMED_SHARE: '0.1',
    });
    const [code] = (await once(command.child, 'exit')) as [number | null];
    expect(code, said()).to.equal(0);
    expect(said()).to.include('Prometheus').and.include('does not answer');
    expect(said()).to.include('a ceiling is reached');
    expect(await messages())
      .to.be.at.most(dueBy(3, ramp))
      .and.at.least(0.7 * dueBy(3, ramp));
    const report = reportIn(said());
    expect(readFileSync(report, 'utf8')).to.include('whether the cost ceiling held is not known');
    expect(existsSync(`${dirname(report)}/attack.svg`)).to.equal(true);
    rmSync(dirname(report), { recursive: true });
  });

  it('stops producing at once on Ctrl-C, and writes the report', async () => {
    const { command, said } = attack({ START_RATE: '200', MAX_RATE: '200', MAX_SECONDS: '100' });
    const before = await messages();
    await eventually(async () => {
      expect(await messages()).to.be.above(before + 100);
    }, KAFKA_TIMEOUT_MS);
    command.child.kill('SIGINT');
    const [code] = (await once(command.child, 'exit')) as [number | null];
    expect(code, said()).to.equal(0);
    expect(said()).to.include('interrupted');
    const report = reportIn(said());
    expect(readFileSync(report, 'utf8')).to.include('since: interrupted');
    rmSync(dirname(report), { recursive: true });
  });

  it('sends nothing to other machines', async () => {
    const { command, said } = attack({ ATTACK_BROKERS: 'kafka.example:9092' });
    const [code] = (await once(command.child, 'exit')) as [number | null];
    expect(code).to.equal(1);
    expect(said()).to.include('not on this machine').and.include('ALLOW_TARGET=kafka.example');
  });
});
