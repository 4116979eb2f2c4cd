import type { ContenderName } from './contenders.js';
import type { HttpWay, Ways } from './ways.js';

/** What one line of the comparison is about: a server, and how it is asked. */
export interface Series {
  readonly server: ContenderName;
  /** As tables and plots call it. */
  readonly title: string;
  /** undefined: gRPC. */
  readonly way: ((ways: Ways, rows: number) => HttpWay) | undefined;
  /** How a request holds its rows: numbers under names, numbers in order, or bytes. */
  readonly form: 'names' | 'positions' | 'bytes';
  /** false: it answers without looking at the rows. */
  readonly answers: boolean;
}

type Line = readonly [server: ContenderName, title: string, way?: Series['way']];

const series = (form: Series['form'], lines: readonly Line[]): Series[] =>
  lines.map(([server, title, way]) => ({ server, title, way, form, answers: server !== 'hello' }));

const instances = (ways: Ways): HttpWay => ways.instances();

const BY_NAME: readonly Line[] = [
  ['tier', 'this tier', instances],
  ['starlette', 'Starlette + orjson, tuned', instances],
  ['express', 'Express, idiomatic', instances],
  ['fastapi', 'FastAPI', instances],
  ['bentoml', 'BentoML', (ways) => ways.batchable()],
  ['litserve', 'LitServe', instances],
];

const BY_POSITION: readonly Line[] = [
  ['tier', 'this tier, v2 protocol', (ways) => ways.openInference()],
  ['mlserver', 'MLServer, v2 protocol', (ways) => ways.openInference()],
  ['mlflow', 'mlflow models serve, tensor', (ways) => ways.tensor()],
  ['mlflow-columns', 'mlflow models serve, columns', (ways) => ways.split()],
];

/** One row a request, over HTTP. */
export const ONE_ROW: readonly Series[] = [
  ...series('names', [['hello', 'bare node:http, no model', instances], ...BY_NAME]),
  ...series('positions', BY_POSITION),
];

/** One row a call, over gRPC. */
export const ONE_ROW_GRPC: readonly Series[] = series('bytes', [
  ['tier', 'this tier, gRPC'],
  ['mlserver', 'MLServer, gRPC'],
]);

/** Many rows a request. */
export const BATCH: readonly Series[] = [
  ...series('names', BY_NAME),
  ...series('positions', BY_POSITION),
  ...series('bytes', [
    ['tier', 'this tier, v2 binary', (ways, rows) => ways.openInferenceBinary(rows)],
    ['tier', 'this tier, gRPC'],
    ['mlserver', 'MLServer, gRPC'],
  ]),
];
