import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageIn } from '../support/package-folders.js';
import { CallSender } from './call-sender.js';
import { CaseSource } from './case-source.js';
import { damageOf } from './damage.js';
import { readFinding, writeFinding, type Finding } from './fuzz-case.js';
import { FuzzedProcess, type Memory } from './fuzzed-process.js';
import { fuzz, send } from './fuzzer.js';
import { holdsItsDocument } from './schemathesis.js';
import { growthOf } from './memory-judge.js';

/**
 * `make fuzz`: damaged input of every kind against the compiled tier in a process of its own. Ends with 1 when
 * something was found, and leaves what did it as files that `make fuzz REPLAY=file` sends again.
 */
const CASES_A_ROUND = 250;
const CONNECTIONS = 64;
const MIB = 1024 ** 2;
/** More say nothing new. */
const MAX_FINDINGS = 50;

/** What else there is to damage: models on threads of their own, rows with features that nobody knows. */
const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  {},
  { INLINE_MODEL_BYTES: '0', UNKNOWN_FEATURES: 'ignore' },
];

/** For a client that takes its time. */
const PATIENT = { HEADERS_TIMEOUT_SECONDS: '10', REQUEST_TIMEOUT_SECONDS: '60' };
/** Of the time: the rest is for bytes. */
const SCHEMATHESIS_SHARE = 1 / 3;
/** It needs some seconds to get to what it makes up. */
const LEAST_SCHEMATHESIS_SECONDS = 20;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    reports: { type: 'string', default: '.' },
    replay: { type: 'string', default: '' },
    schemathesis: { type: 'string', default: '' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Expected the folder of the packages to serve');
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('--seconds and --seed must be numbers');

const packages = ['tensor-a', 'columns-strings'].map((name) => packageIn(join(folder, name)));
const manifests = packages.map(({ manifest }) => manifest);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function keep(finding: Finding, place: number): Promise<void> {
  await mkdir(values.reports, { recursive: true });
  const file = join(values.reports, `seed-${seed}-finding-${place}.json`);
  await writeFile(file, writeFinding(finding));
  for (const problem of finding.problems) say(`  FOUND ${problem}`);
  if (finding.cases.length === 1) say(`    by ${finding.cases[0]!.what}`);
  say(`    make fuzz REPLAY=${file}`);
}

/** Sends the cases of a finding again, one by one, each to a tier that is whole. */
async function replay(file: string): Promise<boolean> {
  const { cases } = readFinding(await readFile(file, 'utf8'));
  let tier: FuzzedProcess | undefined;
  let found = 0;
  for (const fuzzCase of cases) {
    tier ??= await FuzzedProcess.start(packages);
    const calls = new CallSender(tier.grpcPort);
    const { problems, answer } = await send(fuzzCase, tier, calls);
    calls.close();
    const damage = tier.isAlive() ? await damageOf(tier, manifests) : ['the process ended'];
    const all = [...problems, ...damage, ...tier.complaints()];
    if (all.length > 0 || cases.length === 1) say(`${fuzzCase.what}\n  answered: ${answer}`);
    for (const problem of all) say(`  FOUND ${problem}`);
    if (all.length === 0) continue;
    found += 1;
    await tier.stop();
    tier = undefined;
  }
  await tier?.stop();
  say(`${found} of ${cases.length} cases did it`);
  return found === 0;
}

/** One stretch of the run, against a tier that was started for it. */
async function stretch(
  env: Readonly<Record<string, string>>,
  from: number,
  until: number,
  answers: Map<string, number>,
): Promise<{ readonly sent: number; readonly findings: readonly Finding[] }> {
  const tier = await FuzzedProcess.start(packages, env);
  const source = new CaseSource(seed, manifests);
  const findings: Finding[] = [];
  const memory: Memory[] = [];
  let next = from;
  while (performance.now() < until && findings.length === 0) {
    const to = next + CASES_A_ROUND;
    const report = await fuzz(tier, source, { from: next, to, connections: CONNECTIONS, until, manifests });
    next += report.sent;
    for (const [answer, count] of report.answers) answers.set(answer, (answers.get(answer) ?? 0) + count);
    findings.push(...report.findings);
    // A round that was cut short is no measure for the others.
    if (report.findings.length === 0 && report.sent === CASES_A_ROUND) memory.push(await tier.memory());
  }
  const grown = growthOf(memory);
  if (grown !== undefined && grown.length > 0) findings.push({ cases: [], problems: grown });
  const [first, last] = [memory[Math.floor(memory.length * 0.3)], memory.at(-1)];
  const name =
    Object.entries(env)
      .map((entry) => entry.join('='))
      .join(' ') || 'as by default';
  const span = (kind: keyof Memory): string =>
    first === undefined || last === undefined
      ? '-'
      : `${Math.round(first[kind] / MIB)} to ${Math.round(last[kind] / MIB)} MiB`;
  say(
    `  ${name}: ${next - from} cases; heap ${span('heapUsed')}, RSS ${span('rss')}${grown === undefined ? ' (too few rounds to judge)' : ''}`,
  );
  await tier.stop();
  return { sent: next - from, findings };
}

async function schemathesis(seconds: number): Promise<boolean> {
  await mkdir(values.reports, { recursive: true });
  const tier = await FuzzedProcess.start(packages, PATIENT);
  const { reports, schemathesis: program } = values;
  const holds = await holdsItsDocument(tier, { program, seconds, seed, reports });
  const after = [...(await damageOf(tier, manifests)), ...tier.complaints()];
  for (const problem of after) say(`  FOUND ${problem}`);
  await tier.stop();
  return holds && after.length === 0;
}

async function bytes(seconds: number): Promise<boolean> {
  say(`Damaged bytes for ${Math.round(seconds)} s, seed ${seed}`);
  const answers = new Map<string, number>();
  const end = performance.now() + seconds * 1_000;
  let sent = 0;
  let place = 0;
  for (const [i, env] of SETTINGS.entries()) {
    const left = end - performance.now();
    const until = performance.now() + left / (SETTINGS.length - i);
    while (performance.now() < until) {
      const result = await stretch(env, sent, until, answers);
      sent += result.sent;
      // A tier that was damaged says nothing about the cases that follow: they get another one.
      for (const finding of result.findings) await keep(finding, (place += 1));
      if (place > MAX_FINDINGS) return false;
    }
  }
  const counts = [...answers].sort(([, a], [, b]) => b - a).map(([answer, count]) => `${answer}: ${count}`);
  say(`${sent} cases, ${place} findings. Answers: ${counts.join(', ')}`);
  return place === 0;
}

/** Both, whatever the first of them finds. */
async function run(): Promise<boolean> {
  if (values.schemathesis === '') return bytes(seconds);
  const share = Math.max(LEAST_SCHEMATHESIS_SECONDS, Math.round(seconds * SCHEMATHESIS_SHARE));
  const holds = await schemathesis(share);
  const stands = await bytes(Math.max(1, seconds - share));
  return holds && stands;
}

process.exitCode = (values.replay === '' ? await run() : await replay(values.replay)) ? 0 : 1;
