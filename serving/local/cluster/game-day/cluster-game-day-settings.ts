import { readSettings, type Settings } from '../../settings.js';

/** Of the attack; each can be set to another value. The alert and the autoscaler are as they are shipped. */
const CHOSEN = {
  START_RATE: '200',
  STEP_RATE: '200',
  STEP_SECONDS: '10',
  // A little more than six replicas with the limits of helm/values/dev/game-day.yaml can answer: they are hot without a
  // break, and what waits when the attack ends is done within a minute or two.
  MAX_RATE: '1400',
  // Until all replicas are there, five minutes of the alert, and its message.
  MAX_SECONDS: '720',
} as const;

/** Make passes an unset variable as an empty string. */
export function clusterGameDaySettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  return readSettings({ ...CHOSEN, ...given });
}
