import type { TrafficReport as SentTraffic } from '../console/traffic-history.js';
import type { DriftAnswer } from '../drift-answer.js';
import type { ModelStatus as SentModel, StatusReport } from '../status-report.js';

/** What arrives of a value that was sent as JSON. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

export type Status = Wire<StatusReport>;
export type ModelStatus = Wire<SentModel>;
export type Traffic = Wire<SentTraffic>;
export type TrafficPoint = Traffic['points'][number];
export type Drift = Wire<DriftAnswer>;
export type ModelDrift = Drift['models'][number];
export type ColumnDrift = ModelDrift['features'][number];
