/** One line or set of lines of a chart. */
export interface Query {
  /** PromQL. `$namespace` and `$model` are the dashboard's variables, `$__rate_interval` is Grafana's. */
  readonly expr: string;
  /** Name of a series. Labels in double braces; it must tell the series of one chart apart. */
  readonly legend: string;
}

/** A line across a chart, and the colour of a figure above it. */
export interface Threshold {
  readonly value: number;
  /** `below`: what is lower is bad. */
  readonly badWhen: 'above' | 'below';
}

/** A colour and a word for a value, such as 0: `down`. */
export interface ValueName {
  readonly value: number;
  readonly name: string;
  readonly colour: 'green' | 'red' | 'orange' | 'blue';
}

export interface Chart {
  readonly title: string;
  /** One sentence: what to do when it looks bad. */
  readonly description: string;
  /** A unit of Grafana: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
  readonly unit: string;
  readonly queries: readonly Query[];
  /**
   * `lines` over time, `stacked` areas over time, `figure` for the last value, `states` for bars over time, `table` for
   * what there is now, a line a series.
   */
  readonly form: 'lines' | 'stacked' | 'figure' | 'states' | 'table';
  /** Columns of 24. */
  readonly width: number;
  readonly threshold?: Threshold;
  readonly names?: readonly ValueName[];
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  /** Alerts whose runbooks this panel links to. */
  readonly runbooks?: readonly string[];
}

export interface Row {
  readonly title: string;
  readonly charts: readonly Chart[];
}

/** A variable of a dashboard: values of a label that a metric has. */
export interface LabelVariable {
  readonly name: string;
  readonly label: string;
  readonly metric: string;
  readonly labelName: string;
}

export interface DashboardDefinition {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly LabelVariable[];
  readonly rows: readonly Row[];
}
