import { z } from 'zod';
import { bold, green, red, yellow } from '../console.js';

/** XCom under which the DAGs leave what the latest look at a rollout said (dags/orchestration/rollout_sensor.py). */
export const STANDING_KEY = 'standing';

/** Which task looks, in each of the DAGs that do. */
export const LOOKING_TASKS = { promote_challenger: 'rollout', champion_baking: 'baking' } as const;

export const standingSchema = z.looseObject({
  version: z.string(),
  phase: z.string(),
  percent: z.number().nullish(),
  state: z.string(),
  decision: z.string(),
  reason: z.string(),
});

/** Where a rollout stood when it was last looked at. */
export type Standing = z.infer<typeof standingSchema>;

/** `version 8  canary 25 %  wait: 812 of 1000 rows` */
export function describeStanding({ version, phase, percent, state, decision, reason }: Standing): string {
  const share = phase === 'canary' && percent != null ? ` ${percent} %` : '';
  return `version ${version}  ${bold(`${phase}${share}`)}  ${painted(state, decision)}: ${reason}`;
}

function painted(state: string, decision: string): string {
  switch (state) {
    case 'completed':
      return green(decision);
    case 'paused':
      return yellow('paused');
    case 'aborted':
    case 'rolled_back':
      return red(decision);
    default:
      return decision;
  }
}
