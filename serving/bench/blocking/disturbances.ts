import type { CreditRows } from '../load/credit-rows.js';
import type { HttpWay } from '../peers/ways.js';
import type { PackageRegistry } from '../tier/package-registry.js';
import type { TierProcess } from '../tier/tier-process.js';

/** Something large that a tier is asked to do while small requests and probes go on. */
export interface Disturbance {
  readonly name: string;
  /** Resolves when it is done; called several times. @throws when it was not done right */
  readonly run: () => Promise<void>;
}

export const LARGE_ROWS = 50_000;

/** Limits of the tier that let the large requests in. */
export const LIMITS: Readonly<Record<string, string>> = {
  MAX_ROWS_PER_REQUEST: String(LARGE_ROWS),
  MAX_BODY_BYTES: String(64 * 1024 ** 2),
};

const TIMEOUT_MS = 120_000;

/** @param versions of the registry: the one that serves, and one of 200 MB */
export function loadOfLargeModel(
  tier: TierProcess,
  registry: PackageRegistry,
  versions: { readonly small: string; readonly large: string },
): Disturbance {
  return {
    name: 'a model of 200 MB is loaded, serves, and is released',
    async run() {
      for (const version of [versions.large, versions.small]) {
        registry.point(version);
        await tier.swapTo(version);
      }
    },
  };
}

export function largeJsonRequest(port: number, rows: CreditRows): Disturbance {
  const { path, headers, body, scores } = rows.ways.instances();
  return largeRequest('JSON', port, path, headers, body(rows.batches(1, LARGE_ROWS)[0]!), scores);
}

export function largeBinaryRequest(port: number, rows: CreditRows): Disturbance {
  const { path, headers, body, scores } = rows.ways.openInferenceBinary(LARGE_ROWS);
  return largeRequest('a binary tensor', port, path, headers, body(rows.batches(1, LARGE_ROWS)[0]!), scores);
}

function largeRequest(
  form: string,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  scores: HttpWay['scores'],
): Disturbance {
  return {
    name: `${LARGE_ROWS.toLocaleString('en-US')} rows as ${form}`,
    async run() {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { ...headers, 'x-request-timeout-ms': String(TIMEOUT_MS) },
      });
      const content = Buffer.from(await answer.arrayBuffer());
      if (!answer.ok)
        throw new Error(`${path} answered ${answer.status}: ${content.toString('utf8', 0, 300)}`);
      if (scores(content, answer.headers).length !== LARGE_ROWS)
        throw new Error(`${path} answered other rows`);
    },
  };
}
