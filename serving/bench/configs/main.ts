import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packageIn } from '../../test/support/package-folders.js';
import { benchmarkArguments } from '../load/arguments.js';
import { CreditRows } from '../load/credit-rows.js';
import { Publication } from '../load/publication.js';
import { figure, markdownTable, type Column } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import { adviseCheapest, adviseForms, adviseThroughput, type Accuracy, type Answer } from './advice.js';
import { asker, middleOf, type Sample } from './measurement.js';
import { configsPlot } from './plot.js';
import { QUESTIONS, type Question } from './questions.js';

/**
 * Measures settings of the tier side by side and says which to choose when: `make bench-configs`. The choices of
 * one question run at the same time and are asked in turn, so that what else the machine does befalls all of them.
 */
const FULL_SECONDS = 3;
const ROUNDS = 5;
const WARM_UP_SECONDS = 1;

const { packages, seconds, isDraft } = benchmarkArguments(FULL_SECONDS);
const publication = new Publication('configs', isDraft);
const credit = await CreditRows.read(packages, packageIn(join(packages, 'boosting')));
const accuracy = new Map(
  Object.entries(
    z
      .record(
        z.string(),
        z.object({
          bytes: z.number(),
          holdout_auc: z.number(),
          parent: z.string().nullable(),
          largest_score_difference: z.number().nullable(),
        }),
      )
      .parse(JSON.parse(await readFile(join(packages, 'variants.json'), 'utf8'))),
  ).map(([name, raw]): [string, Accuracy] => [
    name,
    {
      bytes: raw.bytes,
      auc: raw.holdout_auc,
      parent: raw.parent ?? undefined,
      largestScoreDifference: raw.largest_score_difference ?? undefined,
    },
  ]),
);

interface Measured extends Answer {
  readonly model: string;
}

/** One tier a set of settings: choices that only differ in how they are asked share it. */
async function measure({ name, choices }: Question): Promise<Measured[]> {
  const stops: (() => Promise<void>)[] = [];
  const tiers = new Map<string, TierProcess>();
  try {
    const asked: {
      readonly choice: string;
      readonly load: string;
      readonly model: string;
      readonly ask: (seconds: number) => Promise<Sample>;
      readonly rounds: Sample[];
    }[] = [];
    for (const { title, model, settings, loads } of choices) {
      const key = JSON.stringify([model, settings]);
      let tier = tiers.get(key);
      if (tier === undefined) {
        const modelPackage = packageIn(join(packages, model));
        const registry = await PackageRegistry.start([modelPackage]);
        stops.push(() => registry.stop());
        tier = await TierProcess.start(registry, modelPackage.manifest.model_name, settings);
        const started = tier;
        stops.unshift(() => started.stop());
        tiers.set(key, tier);
      }
      for (const load of loads) {
        asked.push({ choice: title, load: load.title, model, ask: asker(tier, load, credit), rounds: [] });
      }
    }
    for (const { ask } of asked) await ask(Math.min(WARM_UP_SECONDS, seconds));
    for (let round = 0; round < (isDraft ? 1 : ROUNDS); round += 1) {
      for (const { ask, rounds } of asked) rounds.push(await ask(seconds));
      process.stdout.write(`${name}: round ${round + 1}\n`);
    }
    return asked.map(({ choice, load, model, rounds }) => ({
      choice,
      load,
      model,
      rounds,
      sample: middleOf(rounds),
    }));
  } finally {
    for (const stop of stops) await stop();
  }
}

function adviceOn({ name }: Question, answers: readonly Answer[]): string[] {
  if (name === 'model') return adviseForms(answers, accuracy);
  return name === 'protocol' ? adviseCheapest(answers) : adviseThroughput(answers);
}

const COLUMNS: readonly Column<Measured>[] = [
  { heading: 'asked for', cell: ({ load }) => load },
  { heading: 'choice', cell: ({ choice }) => choice },
  { heading: 'requests/s', align: 'right', cell: ({ sample }) => figure(sample.requestsPerSecond) },
  {
    heading: 'CPU a request',
    align: 'right',
    cell: ({ sample, rounds }) => {
      const all = rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest);
      const ends = `${figure(Math.min(...all))} to ${figure(Math.max(...all))}`;
      return `${figure(sample.cpuUsPerRequest)} µs (${ends})`;
    },
  },
  { heading: 'p99', align: 'right', cell: ({ sample }) => `${figure(sample.p99Ms)} ms` },
  { heading: 'memory', align: 'right', cell: ({ sample }) => `${figure(sample.rssBytes / 1024 ** 2)} MiB` },
];
const FORM_COLUMNS: readonly Column<Measured>[] = [
  {
    heading: 'file',
    align: 'right',
    cell: ({ model }) => `${figure((accuracy.get(model)?.bytes ?? Number.NaN) / 1_000)} kB`,
  },
  { heading: 'AUC', align: 'right', cell: ({ model }) => accuracy.get(model)?.auc.toFixed(4) ?? '' },
  {
    heading: 'scores moved by',
    align: 'right',
    cell: ({ model }) => {
      const difference = accuracy.get(model)?.largestScoreDifference;
      return difference === undefined ? '' : `up to ${figure(difference)}`;
    },
  },
];

const parts: string[] = [];
const results = [];
for (const question of QUESTIONS) {
  const answers = await measure(question);
  results.push({ title: question.title, answers });
  const byLoad = [...new Set(answers.map(({ load }) => load))].flatMap((load) =>
    answers.filter((answer) => answer.load === load),
  );
  const advice = adviceOn(question, answers);
  process.stdout.write(advice.map((line) => `  ${line}\n`).join(''));
  parts.push(
    `### ${question.title}`,
    advice.map((line) => `- ${line}`).join('\n'),
    question.note,
    markdownTable(question.name === 'model' ? [...COLUMNS, ...FORM_COLUMNS] : COLUMNS, byLoad),
  );
}
parts.push(await publication.plot('configs', configsPlot(results), 'Requests a second by setting'));
await publication.write(parts, [], { results });
