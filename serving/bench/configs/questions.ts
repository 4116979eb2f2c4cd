/** A way to keep a tier busy. */
export interface Load {
  readonly title: string;
  readonly protocol: 'names' | 'v2-json' | 'v2-binary' | 'grpc';
  readonly rows: number;
  /** Clients that each ask again as soon as they are answered. */
  readonly clients: number;
}

/** One thing to choose. */
export interface Choice {
  readonly title: string;
  /** Package folder of the model that serves. */
  readonly model: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly loads: readonly Load[];
}

/** What somebody who runs a replica has to decide, and what there is to choose from. */
export interface Question {
  readonly name: string;
  readonly title: string;
  /** What to consider beside the figures. */
  readonly note: string;
  /** Choices with one model are held against the first of them, the default. */
  readonly choices: readonly Choice[];
}

const ONE_ROW: Load = { title: '1 row', protocol: 'names', rows: 1, clients: 32 };
const HUNDRED_ROWS: Load = { title: '100 rows', protocol: 'names', rows: 100, clients: 16 };
const THOUSAND_ROWS: Load = { title: '1,000 rows', protocol: 'v2-binary', rows: 1_000, clients: 4 };
const MANY_ROWS: Load = { title: '10,000 rows', protocol: 'v2-binary', rows: 10_000, clients: 2 };

const setTo = (name: string, value: number, model: string, loads: readonly Load[]): Choice => ({
  title: `${name}=${value}`,
  model,
  settings: { [name]: String(value) },
  loads,
});
const model = (name: string): Choice => ({
  title: name,
  model: name,
  settings: {},
  loads: [ONE_ROW, THOUSAND_ROWS],
});
const protocol = (title: string, kind: Load['protocol']): Choice => ({
  title,
  model: 'boosting',
  settings: {},
  loads: [
    { ...ONE_ROW, protocol: kind },
    { ...THOUSAND_ROWS, protocol: kind },
  ],
});

export const QUESTIONS: readonly Question[] = [
  {
    name: 'workers',
    title: 'How many processes?',
    note: 'Each has the model in memory. More than there are cores only take turns.',
    choices: [1, 2].map((n) => setTo('WORKERS', n, 'boosting', [ONE_ROW, HUNDRED_ROWS])),
  },
  {
    name: 'threads',
    title: 'How many threads in one call of the graph?',
    note: 'Threads shorten a large request; processes serve more requests.',
    choices: [1, 2].map((n) => setTo('INTRA_OP_THREADS', n, 'boosting', [ONE_ROW, MANY_ROWS])),
  },
  {
    name: 'batching',
    title: 'How many rows of concurrent requests in one call?',
    note: 'Measured with a network of hundreds of units: a call has a price of its own, and one call for all pays it once.',
    choices: [256, 1, 1_024].map((n) =>
      setTo(
        'MAX_BATCH_ROWS',
        n,
        'wide',
        [
          { ...ONE_ROW, clients: 64 },
          { ...THOUSAND_ROWS, rows: 100 },
        ].map(titled),
      ),
    ),
  },
  {
    name: 'model',
    title: 'Which form of the model?',
    note: 'A quantized or pruned model is another model: it has to pass the gates like any candidate.',
    choices: [
      'boosting',
      'boosting-pruned',
      'network',
      'network-int8',
      'network-pruned',
      'wide',
      'wide-int8',
    ].map(model),
  },
  {
    name: 'protocol',
    title: 'Which protocol?',
    note: 'The same rows to the same replica.',
    choices: [
      protocol('/predict, JSON by name', 'names'),
      protocol('/v2, JSON', 'v2-json'),
      protocol('/v2, binary tensors', 'v2-binary'),
      protocol('gRPC', 'grpc'),
    ],
  },
];

function titled(load: Load): Load {
  return { ...load, title: `${load.rows.toLocaleString('en-US')} ${load.rows === 1 ? 'row' : 'rows'}` };
}
