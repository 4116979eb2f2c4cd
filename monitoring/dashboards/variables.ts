import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATA_SOURCE } from './data-source.js';
import type { LabelVariable } from './definition.js';

/** Where panels' links to runbooks lead when nobody says otherwise: the folder in the repository. */
const RUNBOOKS = '/monitoring/runbooks';

export const dataSourceVariable = (): DatasourceVariableBuilder =>
  new DatasourceVariableBuilder('datasource')
    .label('Prometheus')
    .description('Which Prometheus is asked')
    .type('prometheus')
    .current({ selected: true, text: 'default', value: 'default' });

/** All values of a label, several at once; all of them unless the reader chooses. */
export const labelVariable = ({ name, label, metric, labelName }: LabelVariable): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATA_SOURCE)
    .query({ query: `label_values(${metric}, ${labelName})`, refId: name })
    .definition(`label_values(${metric}, ${labelName})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });

/** Grafana can't read Prometheus' external label `runbook_base`, which says the same to notifications. */
export const runbooksVariable = (): TextBoxVariableBuilder =>
  new TextBoxVariableBuilder('runbooks')
    .label('Runbooks')
    .description('Address of the folder of runbooks, without a slash at its end')
    .defaultValue(RUNBOOKS);

export const NAMESPACE_VARIABLE: LabelVariable = {
  name: 'namespace',
  label: 'Namespace',
  metric: 'up',
  labelName: 'namespace',
};

export const MODEL_VARIABLE: LabelVariable = {
  name: 'model',
  label: 'Model',
  metric: 'serving_model_info{namespace=~"$namespace"}',
  labelName: 'model',
};
