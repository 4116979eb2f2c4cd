import { Agent } from 'node:http';
import axios from 'axios';
import { readReplica } from '../../src/promotion/fleet.js';
import { bold, dim, green, print, red, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { exclusively } from '../instance-lock.js';
import type { Platform } from '../platform.js';
import { checkBlueGreenPorts } from '../preflight.js';
import { sampleRow, type Instance } from '../sample-row.js';
import { ensureRunning } from '../supervisor.js';
import { ColourService } from './colour-service.js';
import type { NginxFront } from './nginx-front.js';
import { NginxService } from './nginx-service.js';
import {
  allTo,
  COLOURS,
  coloursIn,
  describeSplit,
  FIRST_SPLIT,
  splitOf,
  type Colour,
  type TrafficSplit,
} from './traffic-split.js';

/** As many as show a share of one percent. */
const SHOWN_REQUESTS = 200;

/** Two releases of the tier on the platform that runs, and nginx in front of them. */
export function blueGreen(platform: Platform): Promise<void> {
  return exclusively(platform.settings.stateDir, async () => {
    const { settings, processes, secrets } = platform;
    if (!processes.running('mlflow'))
      throw new PlatformFailure(
        'The registry does not run.',
        'Run `make up` first: both colours need a champion.',
      );
    const nginx = new NginxService(settings, processes);
    await checkBlueGreenPorts(platform);
    await Promise.all(
      COLOURS.map((colour) =>
        ensureRunning(new ColourService(colour, settings, secrets), processes, settings.startTimeoutMs),
      ),
    );
    const { blue, green } = settings.blueGreen.weights;
    const asked = blue === undefined && green === undefined ? undefined : splitOf(blue, green);
    if (processes.running(nginx.name)) {
      if (asked !== undefined) await nginx.front.change(asked);
    } else {
      nginx.front.write(asked ?? nginx.front.written() ?? FIRST_SPLIT);
      await ensureRunning(nginx, processes, settings.startTimeoutMs);
    }
    print();
    print(`  ${bold('predictions')}  ${nginx.url}/predict   (${nginx.url}/health)`);
    print(`  ${bold('split')}        ${describeSplit(await nginx.front.split())}`);
    print(`               make blue-green-switch TO=green   make blue-green-weights BLUE=9 GREEN=1`);
    print();
    await showWhoAnswers(platform, nginx.url);
  });
}

/** All requests to one colour, which has to be ready. */
export function blueGreenSwitch(platform: Platform): Promise<void> {
  const { to } = platform.settings.blueGreen;
  return change(platform, allTo(colourOf(to)));
}

/** So many requests of so many to each. */
export function blueGreenWeights(platform: Platform): Promise<void> {
  const { blue, green } = platform.settings.blueGreen.weights;
  return change(platform, splitOf(blue, green));
}

/** nginx first, so that no client meets a port that nobody listens on behind it. */
export function blueGreenDown({ settings, processes }: Platform): Promise<void> {
  return exclusively(settings.stateDir, async () => {
    for (const name of ['nginx', ...COLOURS]) {
      const entry = processes.running(name);
      await processes.stop(name, 30_000);
      if (entry) say(`${bold(name)} stopped`);
    }
  });
}

/** @throws {PlatformFailure} */
export function colourOf(name: string | undefined): Colour {
  const colour = COLOURS.find((candidate) => candidate === name);
  if (colour !== undefined) return colour;
  throw new PlatformFailure('Which colour is to answer?', 'TO=blue or TO=green');
}

function change(platform: Platform, split: TrafficSplit): Promise<void> {
  return exclusively(platform.settings.stateDir, async () => {
    const { settings, processes } = platform;
    const nginx = new NginxService(settings, processes);
    if (!processes.running(nginx.name))
      throw new PlatformFailure('nginx does not run.', 'Run `make blue-green`.');
    await changeSplit(nginx.front, nginx.url, split, settings.force);
    await showWhoAnswers(platform, nginx.url);
  });
}

/**
 * Changes the split of an nginx that is asked at `origin`.
 * @param force also to a colour that is not ready
 */
export async function changeSplit(
  front: NginxFront,
  origin: string,
  split: TrafficSplit,
  force: boolean,
): Promise<void> {
  const before = await front.split();
  if (!force) await Promise.all(coloursIn(split).map((colour) => requireReady(origin, colour)));
  await front.change(split);
  say(`${describeSplit(before)} ${dim('->')} ${bold(describeSplit(split))}`);
}

async function requireReady(origin: string, colour: Colour): Promise<void> {
  const { status } = await axios.get(`${origin}/health`, {
    headers: { 'x-track': colour },
    timeout: 15_000,
    proxy: false,
    validateStatus: () => true,
  });
  if (status === 200) return;
  throw new PlatformFailure(
    `${colour} is not ready: /health answers ${status}. The split stays as it is.`,
    'FORCE=1 sends it traffic all the same; what it can’t answer is asked of the other one.',
  );
}

async function showWhoAnswers(platform: Platform, origin: string): Promise<void> {
  const { settings } = platform;
  const replicas = await Promise.all(
    COLOURS.map((colour) =>
      readReplica(`http://127.0.0.1:${settings.blueGreen.colours[colour].managementPort}`),
    ),
  );
  const digest = replicas.find(({ status }) => status?.available)?.status?.available?.digest;
  if (digest === undefined) return;
  const counts = await countAnswers(origin, sampleRow(settings.artifactCacheDir, digest));
  const text = [...counts].map(([who, count]) => `${who} ${count}`).join(', ');
  say(`of ${SHOWN_REQUESTS} predictions: ${counts.has('failed') ? red(text) : green(text)}`);
}

/** Who has answered how many; `failed` for answers other than 200. */
export async function countAnswers(origin: string, instance: Instance): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 4 });
  await Promise.all(
    Array.from({ length: SHOWN_REQUESTS }, async () => {
      const { status, headers } = await axios.post(
        `${origin}/predict`,
        { instances: [instance] },
        { httpAgent, timeout: 15_000, proxy: false, validateStatus: () => true },
      );
      const who = status === 200 ? String(headers['x-serving-colour']) : 'failed';
      counts.set(who, (counts.get(who) ?? 0) + 1);
    }),
  );
  httpAgent.destroy();
  return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
}
