import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { bold, print, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { exclusively } from '../instance-lock.js';
import type { Platform } from '../platform.js';
import { inheritedEnvironment } from '../service.js';
import type { Settings } from '../settings.js';
import { waitUntil } from '../wait-until.js';
import { changeSplit, colourOf } from './blue-green.js';
import { MAX_BODY_BYTES, READ_TIMEOUT_MS } from './front-limits.js';
import { filledIn } from './nginx-configuration.js';
import { CONFIGURATION, NginxFront, nginxFailure, type NginxControl } from './nginx-front.js';
import { askNginx } from './nginx-process.js';
import { allTo, describeSplit, FIRST_SPLIT, splitOf, type TrafficSplit } from './traffic-split.js';

/** Where a container of compose.yaml finds the configuration. */
const MOUNTED = '/etc/nginx/serving';

/** Blue, green and nginx as containers. */
export function composeUp(platform: Platform): Promise<void> {
  return exclusively(platform.settings.stateDir, async () => {
    const { settings, processes } = platform;
    const compose = new Compose(settings);
    const { trackingUri, port } = settings.blueGreen.compose;
    if (trackingUri === undefined && !processes.running('mlflow')) {
      throw new PlatformFailure(
        'The registry does not run.',
        'Run `make up` first, or name one that containers reach: MLFLOW_TRACKING_URI=...',
      );
    }
    const { blue, green } = settings.blueGreen.weights;
    const asked = blue === undefined && green === undefined ? undefined : splitOf(blue, green);
    compose.write(asked ?? compose.front.written() ?? FIRST_SPLIT);
    await compose.run(['up', '--detach', '--remove-orphans']);
    const split = await waitUntil(() => compose.front.split(), {
      what: 'nginx',
      timeoutMs: settings.startTimeoutMs,
      remedy: '`docker compose -f serving/compose/compose.yaml logs` says why.',
    });
    print();
    print(`  ${bold('predictions')}  http://127.0.0.1:${port}/predict   (http://127.0.0.1:${port}/health)`);
    print(`  ${bold('split')}        ${describeSplit(split)}`);
    print(`               make compose-switch TO=green   make compose-weights BLUE=9 GREEN=1`);
  });
}

/** All requests to one colour, which has to be ready. */
export function composeSwitch(platform: Platform): Promise<void> {
  return change(platform, allTo(colourOf(platform.settings.blueGreen.to)));
}

/** So many requests of so many to each. */
export function composeWeights(platform: Platform): Promise<void> {
  const { blue, green } = platform.settings.blueGreen.weights;
  return change(platform, splitOf(blue, green));
}

/** Stops and removes the containers; the volume of the cache stays. */
export async function composeDown({ settings }: Platform): Promise<void> {
  await new Compose(settings).run(['down', '--remove-orphans']);
  say('no container is left');
}

function change({ settings }: Platform, split: TrafficSplit): Promise<void> {
  return exclusively(settings.stateDir, () => {
    const { front } = new Compose(settings);
    return changeSplit(front, `http://127.0.0.1:${settings.blueGreen.compose.port}`, split, settings.force);
  });
}

/** The containers of compose.yaml, and nginx among them. */
class Compose implements NginxControl {
  readonly front: NginxFront;
  private readonly folder: string;
  private readonly stateDir: string;

  constructor(private readonly settings: Settings) {
    const { subnet } = settings.blueGreen.compose;
    this.folder = path.join(settings.projectDir, 'serving', 'compose');
    this.stateDir = path.join(settings.stateDir, 'compose');
    this.front = new NginxFront(
      this.stateDir,
      this.template('nginx.conf.template'),
      {
        listen: '0.0.0.0:8080',
        // Published on the loopback of this machine.
        managementListen: '0.0.0.0:8091',
        addresses: { blue: `${subnet}.11:8080`, green: `${subnet}.12:8080` },
        user: undefined,
        workers: 2,
        stateDir: MOUNTED,
        runDir: '/tmp',
        accessLog: '/dev/stdout',
        errorLog: 'stderr',
        maxBodyBytes: MAX_BODY_BYTES,
        readTimeoutMs: READ_TIMEOUT_MS,
      },
      this,
    );
  }

  /** All that containers find mounted. */
  write(split: TrafficSplit): void {
    const { ports, blueGreen } = this.settings;
    mkdirSync(this.stateDir, { recursive: true });
    this.front.write(split);
    const values = { GATEWAY: `${blueGreen.compose.subnet}.1`, MLFLOW_PORT: String(ports.mlflow) };
    writeFileSync(
      path.join(this.stateDir, 'registry.conf'),
      filledIn(this.template('registry.conf.template'), values),
    );
  }

  /** Runs a command of compose and shows what it says. */
  async run(args: readonly string[]): Promise<void> {
    const [file, all] = this.commandLine(args);
    const child = spawn(file, all, { env: this.environment(), stdio: 'inherit' });
    const [code] = (await once(child, 'exit').catch(() => [127])) as [number | null];
    if (code === 0) return;
    throw new PlatformFailure(
      `\`${[file, ...all].join(' ')}\` ended with ${code ?? 'a signal'}.`,
      'It needs Docker with Compose 2.20 or later; COMPOSE names another command.',
    );
  }

  async check(configuration: string): Promise<void> {
    await this.nginx(['-t', '-q', '-c', configuration], 'would not take this configuration');
  }

  async reload(): Promise<void> {
    await this.nginx(['-c', `${MOUNTED}/${CONFIGURATION}`, '-s', 'reload'], 'did not reload');
  }

  ask(where: string): Promise<string> {
    return askNginx(this.settings.blueGreen.compose.managementPort, where);
  }

  private async nginx(args: readonly string[], failure: string): Promise<void> {
    const [file, all] = this.commandLine(['exec', '-T', 'nginx', 'nginx', '-e', 'stderr', ...args]);
    try {
      await promisify(execFile)(file, all, { env: this.environment() });
    } catch (error) {
      throw nginxFailure(failure, (error as { stderr?: string }).stderr ?? String(error));
    }
  }

  private commandLine(args: readonly string[]): [string, string[]] {
    const { command, trackingUri } = this.settings.blueGreen.compose;
    const [file = 'docker', ...first] = command;
    const profile = trackingUri === undefined ? ['--profile', 'local-registry'] : [];
    return [file, [...first, '-f', path.join(this.folder, 'compose.yaml'), ...profile, ...args]];
  }

  private environment(): Record<string, string> {
    const { settings } = this;
    const { images, subnet, port, managementPort, trackingUri } = settings.blueGreen.compose;
    const chosen = { BLUE_IMAGE: images.blue, GREEN_IMAGE: images.green, MLFLOW_TRACKING_URI: trackingUri };
    return {
      ...inheritedEnvironment(),
      COMPOSE_STATE_DIR: this.stateDir,
      COMPOSE_SUBNET: subnet,
      COMPOSE_PORT: String(port),
      COMPOSE_MANAGEMENT_PORT: String(managementPort),
      MLFLOW_PORT: String(settings.ports.mlflow),
      MODEL_NAME: settings.modelName,
      ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    };
  }

  private template(name: string): string {
    return readFileSync(path.join(this.folder, name), 'utf8');
  }
}
