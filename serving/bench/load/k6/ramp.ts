import { SharedArray } from 'k6/data';
import execution from 'k6/execution';
import http from 'k6/http';
import { Rate } from 'k6/metrics';

/**
 * Predictions at rising rates, whether or not earlier ones were answered: run by k6, started by `make load`.
 * Everything comes from the environment, which `load-settings.ts` has checked.
 */
const setting = (name: string): string => {
  const value = __ENV[name];
  if (value === undefined) throw new Error(`${name} is not set: start this with make load`);
  return value;
};
const rate = Number(setting('LOAD_RATE'));
const seconds = Number(setting('LOAD_SECONDS'));
const url = setting('LOAD_URL');
const bodies = new SharedArray<string>('bodies', () => JSON.parse(open(setting('LOAD_BODIES'))) as string[]);
const headers = { 'content-type': 'application/json', ...credentials() };

/** Answers that say "later" are no failures, but no predictions either. */
const shed = new Rate('shed');

const stage = (share: number, target: number) => ({
  duration: `${Math.max(1, Math.round(seconds * share))}s`,
  target: Math.max(1, Math.round(target)),
});

export const options = {
  scenarios: {
    ramp: {
      executor: 'ramping-arrival-rate',
      exec: 'predict',
      startRate: 1,
      timeUnit: '1s',
      // Up to the rate in two steps, each held; back down, where a server that recovers shows it.
      stages: [
        stage(0.15, rate / 2),
        stage(0.2, rate / 2),
        stage(0.15, rate),
        stage(0.35, rate),
        stage(0.15, 1),
      ],
      // As many as are on their way when each takes a second; a server that is slower loses iterations.
      preAllocatedVUs: Math.min(50, Math.ceil(rate)),
      maxVUs: Math.ceil(rate),
    },
  },
  thresholds: {
    'http_req_duration{expected_response:true}': [`p(99)<${setting('LOAD_P99_MS')}`],
    http_req_failed: ['rate<0.001'],
    shed: ['rate<0.01'],
    // What the target made impossible to send.
    dropped_iterations: ['count<1'],
  },
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function predict(): void {
  const body = bodies[execution.scenario.iterationInTest % bodies.length]!;
  const { status } = http.post(url, body, { headers });
  shed.add(status === 429 || status === 503);
}

function credentials(): Record<string, string> {
  const { API_KEY: key, BEARER_TOKEN: token } = __ENV;
  return {
    ...(key !== undefined && { 'x-api-key': key }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
}
