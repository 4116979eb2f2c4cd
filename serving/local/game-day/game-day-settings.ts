import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { newApiKey } from '../../src/cli/api-key.js';
import { ownPorts } from '../own-ports.js';
import { writePrivateFile } from '../secrets.js';
import { readSettings, type Settings } from '../settings.js';

/** Of a day that is played in minutes; each can be set to another value. */
const HURRIED = {
  // The shipped rule waits for five minutes.
  ALERT_FOR: '20s',
  MONITORING_INTERVAL_SECONDS: '5',
  AUTOSCALER_INTERVAL_SECONDS: '5',
  SCALE_DOWN_WINDOW_SECONDS: '20',
  // Such that workers of a tier at rest are far below it, and six of an attacked one far above, on two cores.
  REPLICA_CPU_LIMIT_CORES: '0.05',
  START_RATE: '200',
  STEP_RATE: '200',
  STEP_SECONDS: '8',
  // Less than two cores can answer with all of this beside: what waits when the attack ends is soon done.
  MAX_RATE: '1600',
  MAX_SECONDS: '240',
} as const;

export interface GameDaySettings {
  readonly settings: Settings;
  /** What the well-behaved clients show; the stream has a key of its own, and so a share of the queue of its own. */
  readonly clientKey: string;
}

/** A platform of its own: folder and ports are others than those of `make up`. */
export async function gameDaySettings(from: Settings, stateDir: string): Promise<GameDaySettings> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const clients = newApiKey('clients', undefined, Date.now());
  const stream = newApiKey('stream', undefined, Date.now());
  const keysFile = path.join(stateDir, 'api-keys.json');
  const streamKeyFile = path.join(stateDir, 'stream-api-key');
  writePrivateFile(keysFile, JSON.stringify({ keys: [clients.entry, stream.entry] }));
  writeFileSync(streamKeyFile, stream.key, { mode: 0o600 });
  const { min, max } = from.autoscaler.rule;
  const settings = readSettings({
    ...HURRIED,
    ...process.env,
    ...(await ownPorts()),
    PLATFORM_STATE_DIR: stateDir,
    CANDIDATES: 'gradient_boosting',
    VARIANTS: 'none',
    SCHEDULES: 'off',
    ATTACK_BROKERS: '',
    WORKERS: String(min),
    MAX_WORKERS: String(max),
    // Clients that keep their connections are to reach new workers within the day.
    MAX_CONNECTION_AGE_SECONDS: '5',
    AUTH: 'api-key',
    // Whoever attacks takes the rows from there.
    AUTH_ROUTES: '/openapi.json=off',
    API_KEYS_FILE: keysFile,
    STREAM_API_KEY_FILE: streamKeyFile,
  });
  return { settings, clientKey: clients.key };
}
