import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TopLevelSpec } from 'vega-lite';
import type { Manifest } from '../../src/model-package/manifest.js';
import { Publication } from '../load/publication.js';
import type { Verdict } from '../load/verdict.js';
import { colour } from '../report/colours.js';
import { median, spreadOf } from '../report/statistics.js';
import { figure, markdownTable, type Column } from '../report/table.js';
import type { Comparison, Line } from './comparison.js';
import type { Measurement } from './measure.js';
import type { Options } from './options.js';

type Quantity = (measurement: Measurement) => number;

const MIB = 1024 ** 2;
const cpuUs: Quantity = ({ cpuUsPerRequest }) => cpuUsPerRequest;
const cpuMs: Quantity = ({ cpuUsPerRequest }) => cpuUsPerRequest / 1_000;
const middle = ({ rounds }: Line, quantity: Quantity): number => median(rounds.map(quantity));

function spreadText({ rounds }: Line, quantity: Quantity): string {
  const { lowest, highest } = spreadOf(rounds.map(quantity));
  return `${figure(lowest)} to ${figure(highest)}`;
}

/** A column with the median over the rounds. */
function medianColumn(heading: string, quantity: Quantity): Column<Line> {
  return { heading, align: 'right', cell: (line) => figure(middle(line, quantity)) };
}

function spreadColumn(heading: string, quantity: Quantity): Column<Line> {
  return { heading, align: 'right', cell: (line) => spreadText(line, quantity) };
}

const SERVER: Column<Line> = {
  heading: 'server',
  cell: ({ server, title }) => (server === 'tier' ? `**${title}**` : title),
};

/** How many times this tier's figure a line's is. */
function timesColumn(lines: readonly Line[], quantity: Quantity): Column<Line> {
  const ours = lines.find(({ server }) => server === 'tier')!;
  return {
    heading: 'of this tier',
    align: 'right',
    cell: (line) => `${figure(middle(line, quantity) / middle(ours, quantity))}x`,
  };
}

function oneRowTable(lines: readonly Line[]): string {
  return markdownTable(
    [
      SERVER,
      medianColumn('CPU a request, us', cpuUs),
      spreadColumn('lowest to highest', cpuUs),
      timesColumn(lines, cpuUs),
      medianColumn('requests/s', ({ requestsPerSecond }) => requestsPerSecond),
      medianColumn('p50, ms', ({ medianMs }) => medianMs),
      medianColumn('p99, ms', ({ p99Ms }) => p99Ms),
      medianColumn('memory, MiB', ({ rssBytes }) => rssBytes / MIB),
    ],
    ordered(lines, cpuUs),
  );
}

const FORMS = {
  names: 'JSON by name',
  positions: 'JSON by position',
  bytes: 'bytes',
} as const satisfies Record<Line['form'], string>;
const FORM_NAMES = ['names', 'positions', 'bytes'] as const;

function batchTable(lines: readonly Line[]): string {
  const ms: Quantity = ({ medianMs }) => medianMs;
  return markdownTable(
    [
      SERVER,
      { heading: 'rows as', cell: ({ form }) => FORMS[form] },
      { heading: 'request, MB', align: 'right', cell: ({ requestBytes }) => figure(requestBytes / 1e6) },
      medianColumn('time, ms', ms),
      spreadColumn('lowest to highest', ms),
      medianColumn('CPU, ms', cpuMs),
    ],
    FORM_NAMES.flatMap((form) =>
      ordered(
        lines.filter((line) => line.form === form),
        ms,
      ),
    ),
  );
}

function ordered(lines: readonly Line[], quantity: Quantity): Line[] {
  return lines.toSorted((a, b) => middle(a, quantity) - middle(b, quantity));
}

/** Bars that stand together. */
interface Panel {
  readonly heading: string;
  readonly lines: readonly Line[];
}

/** Bars with their values, a line from the lowest to the highest round, this tier in a colour of its own. */
function bars(
  title: string,
  subtitle: string,
  axis: string,
  panels: readonly Panel[],
  quantity: Quantity,
): TopLevelSpec {
  const values = panels.flatMap(({ heading, lines }) =>
    ordered(lines, quantity).map((line) => {
      const { median: value, lowest, highest } = spreadOf(line.rounds.map(quantity));
      return {
        heading,
        title: line.title,
        ours: line.server === 'tier',
        value,
        lowest,
        highest,
        text: figure(value),
      };
    }),
  );
  const y = {
    field: 'title',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { ticks: false, domain: false, labelPadding: 6 },
  } as const;
  return {
    title: { text: title, subtitle },
    data: { values },
    facet: {
      row: {
        field: 'heading',
        type: 'nominal',
        sort: panels.map(({ heading }) => heading),
        title: null,
        header: { labelAngle: 0, labelAnchor: 'start', labelOrient: 'top', labelFontWeight: 'bold' },
      },
    },
    resolve: { scale: { y: 'independent' } },
    spacing: 16,
    spec: {
      width: 560,
      height: { step: 26 },
      layer: [
        {
          mark: { type: 'bar', height: 16, cornerRadiusEnd: 2 },
          encoding: {
            y,
            x: { field: 'value', type: 'quantitative', title: axis, axis: { tickCount: 6 } },
            color: { condition: { test: 'datum.ours', value: colour('ours') }, value: colour('theirs') },
          },
        },
        {
          mark: { type: 'rule', color: colour('ink'), strokeWidth: 1.5 },
          encoding: { y, x: { field: 'lowest', type: 'quantitative' }, x2: { field: 'highest' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 6 },
          encoding: { y, x: { field: 'highest', type: 'quantitative' }, text: { field: 'text' } },
        },
      ],
    },
  };
}

const REQUIREMENTS = fileURLToPath(new URL('requirements/', import.meta.url));
const TRAINING_LOCK = fileURLToPath(new URL('../../../dags/requirements/training.lock', import.meta.url));
const PACKAGE_JSON = fileURLToPath(new URL('../../package.json', import.meta.url));

/** Versions as the locks have them: what was installed. */
async function versions(): Promise<string> {
  const locked = async (path: string, names: readonly string[]): Promise<string> => {
    const lock = await readFile(path, 'utf8');
    return names
      .map((name) => `${name} ${new RegExp(`^${name}==(\\S+)`, 'm').exec(lock)?.[1] ?? '?'}`)
      .join(', ');
  };
  const { dependencies } = JSON.parse(await readFile(PACKAGE_JSON, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const node = ['express', 'onnxruntime-node'].map((name) => `${name} ${dependencies[name] ?? '?'}`);
  const lists = await Promise.all([
    locked(`${REQUIREMENTS}asgi.lock`, [
      'fastapi',
      'starlette',
      'uvicorn',
      'orjson',
      'pydantic',
      'onnxruntime',
    ]),
    locked(`${REQUIREMENTS}mlserver.lock`, ['mlserver']),
    locked(`${REQUIREMENTS}bentoml.lock`, ['bentoml']),
    locked(`${REQUIREMENTS}litserve.lock`, ['litserve']),
    locked(TRAINING_LOCK, ['mlflow']),
  ]);
  return [...node, ...lists].join(', ');
}

/** Tables and plots into the documentation, every single measurement into `.reports/bench`. */
export async function publish(
  comparison: Comparison,
  verdicts: readonly Verdict[],
  { lineage: { data } }: Manifest,
  { rounds, seconds, isDraft }: Options,
): Promise<void> {
  const publication = new Publication('peers', isDraft);
  const { oneRow, oneRowGrpc, batch, swaps } = comparison;
  const lineSays = `median of ${rounds} rounds, the line is their spread`;
  const cpuPlot = await publication.plot(
    'peers-cpu',
    bars(
      'CPU time of a prediction',
      `one row a request, 32 clients; ${lineSays}`,
      'microseconds a request',
      [
        // Several times the one before: the others would be hard to tell apart beside it.
        { heading: 'HTTP', lines: oneRow.filter(({ server }) => server !== 'mlflow-columns') },
        { heading: 'gRPC', lines: oneRowGrpc },
      ],
      cpuUs,
    ),
    'Bars: CPU time of a prediction of one row, this tier and its peers',
  );
  const batchPlot = await publication.plot(
    'peers-batch',
    bars(
      'Time of 10,000 rows',
      `one request after another; ${lineSays}`,
      'milliseconds a request',
      FORM_NAMES.map((form) => ({ heading: FORMS[form], lines: batch.filter((line) => line.form === form) })),
      ({ medianMs }) => medianMs,
    ),
    'Bars: time of a request of 10,000 rows, this tier and its peers',
  );
  const steady = median(swaps.steadyP99Ms);
  const swapping = median(swaps.swappingP99Ms);
  await publication.write(
    [
      '### One row a request',
      cpuPlot,
      oneRowTable(oneRow),
      ...(oneRowGrpc.length > 0 ? ['Over gRPC, 32 calls in flight:', oneRowTable(oneRowGrpc)] : []),
      '### 10,000 rows a request',
      batchPlot,
      batchTable(batch),
      '### While the champion is swapped',
      `${swaps.swaps} swaps during ${swaps.requests.toLocaleString('en-US')} requests of one row on 32 connections, ` +
        `no request refused: p99 is ${figure(steady)} ms without swaps and ${figure(swapping)} ms with them.`,
      '### Against the targets',
      `${rounds} rounds of ${seconds} s. Model: 300 trees, ${data.synthetic ? 'synthetic data' : data.uri}. ` +
        `Versions: ${await versions()}.`,
    ],
    verdicts,
    comparison,
  );
}
