import type { Manifest } from '../../src/model-package/manifest.js';
import { CallSender } from './call-sender.js';
import type { CaseSource } from './case-source.js';
import type { Finding, FuzzCase } from './fuzz-case.js';
import { damageOf } from './damage.js';
import { sendConnection, type Outcome } from './send-connection.js';

/** Where the tier under fuzz listens, and what it says of itself. */
export interface FuzzedTier {
  readonly port: number;
  readonly grpcPort: number;
  readonly managementPort: number;
  /** What is wrong with it by itself, such as errors in its log since it was asked last. */
  complaints(): readonly string[];
  /** false once its process has ended. */
  isAlive(): boolean;
}

export interface FuzzOptions {
  /** The numbers of the cases to send, from one up to another. */
  readonly from: number;
  readonly to: number;
  /** Cases at once. */
  readonly connections: number;
  /** `performance.now()` from which on no case is begun. */
  readonly until: number;
  /** Of the models that the tier serves. */
  readonly manifests: readonly Manifest[];
}

export interface FuzzReport {
  readonly sent: number;
  readonly findings: readonly Finding[];
  /** How often each kind of answer came. */
  readonly answers: ReadonlyMap<string, number>;
}

/** Sends one case. */
export async function send(fuzzCase: FuzzCase, tier: FuzzedTier, calls: CallSender): Promise<Outcome> {
  if (fuzzCase.kind === 'call') return calls.send(fuzzCase);
  const ports = { public: tier.port, management: tier.managementPort, grpc: tier.grpcPort };
  return sendConnection(fuzzCase, ports[fuzzCase.port]);
}

/**
 * Sends cases, many at once, and afterwards asks whether the tier is as it was: golden rows are answered, nothing is
 * held, nothing was logged as an error.
 */
export async function fuzz(
  tier: FuzzedTier,
  source: CaseSource,
  { from, to, connections, until, manifests }: FuzzOptions,
): Promise<FuzzReport> {
  const answers = new Map<string, number>();
  const findings: Finding[] = [];
  const calls = new CallSender(tier.grpcPort);
  const recent: FuzzCase[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (next < to && performance.now() < until && tier.isAlive()) {
      const fuzzCase = source.at(next);
      next += 1;
      recent.push(fuzzCase);
      if (recent.length > 2 * connections) recent.shift();
      const { problems, answer } = await send(fuzzCase, tier, calls);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (problems.length > 0) findings.push({ cases: [fuzzCase], problems });
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  calls.close();
  const sent = next - from;
  const damage = tier.isAlive() ? await damageOf(tier, manifests) : ['the process ended'];
  const complaints = [...damage, ...tier.complaints()];
  if (complaints.length === 0) return { sent, findings, answers };
  // The culprit is among the last ones; it is found by sending them again one by one. What a tier that ended did not
  // answer is no finding of its own.
  const finding = { cases: recent, problems: complaints };
  return { sent, findings: tier.isAlive() ? [...findings, finding] : [finding], answers };
}
