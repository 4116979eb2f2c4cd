import type { DashboardDefinition } from './definition.js';
import { LIMITS } from './limits.js';
import { MODEL, NAMESPACE, orNone, orZero } from './promql.js';
import { MODEL_VARIABLE, NAMESPACE_VARIABLE } from './variables.js';

/** Of all rows together, not of a slice. */
const ALL_ROWS = `${MODEL}, slice="all"`;

export const modelQualityDashboard: DashboardDefinition = {
  uid: 'model-quality',
  title: 'Model quality',
  description:
    'What the champion does to the world: drift now and by day, quality on outcomes, estimates before them, age of its data',
  variables: [NAMESPACE_VARIABLE, MODEL_VARIABLE],
  rows: [
    {
      title: 'At a glance',
      charts: [
        {
          title: "Age of the champion's data",
          description:
            'Above the line nothing has been learnt for too long: see why the last retrainings did not promote.',
          form: 'figure',
          unit: 's',
          decimals: 1,
          width: 4,
          threshold: { value: LIMITS.championDataAgeSeconds, badWhen: 'above' },
          queries: [
            { expr: `max by (model) (model_champion_data_age_seconds{${MODEL}})`, legend: '{{model}}' },
          ],
          runbooks: ['ModelChampionStale'],
        },
        {
          title: 'Features that have drifted, live',
          description:
            'One or more: see which, below, and ask its source first; a broken feed is no change of the population.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            {
              expr: orZero(`sum(max by (model, alias, feature) (serving_feature_drifted{${MODEL}}))`),
              legend: 'features',
            },
          ],
          runbooks: ['ModelFeatureDrift'],
        },
        {
          title: 'Outputs that have drifted, live',
          description:
            'With features that drifted: the population. Without: the model or what is in front of it.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            {
              expr: orZero(`sum(max by (model, alias, output) (serving_score_drifted{${MODEL}}))`),
              legend: 'outputs',
            },
          ],
          runbooks: ['ModelScoreDrift'],
        },
        {
          title: 'Predictions whose outcome is known',
          description:
            'Low: outcomes do not come back; quality is a guess until they do. Ask who posts them.',
          form: 'figure',
          unit: 'percentunit',
          width: 4,
          queries: [
            {
              expr: `sum(model_quality_labelled_rows{${ALL_ROWS}}) / sum(model_quality_rows{${ALL_ROWS}})`,
              legend: 'labelled',
            },
          ],
        },
        {
          title: 'Quality was last measured',
          description: 'Hours ago: the hourly DAG model_quality_monitoring does not run, or its push fails.',
          form: 'figure',
          unit: 's',
          width: 4,
          queries: [
            {
              expr: `time() - max by (model) (model_quality_evaluated_timestamp_seconds{${MODEL}})`,
              legend: '{{model}}',
            },
          ],
          runbooks: ['ModelMonitoringLate'],
        },
        {
          title: 'Drift was last measured',
          description: 'Days ago: the daily DAG drift_detection does not run, or its push fails.',
          form: 'figure',
          unit: 's',
          width: 4,
          queries: [
            {
              expr: `time() - max by (model) (model_drift_evaluated_timestamp_seconds{${MODEL}})`,
              legend: '{{model}}',
            },
          ],
          runbooks: ['ModelMonitoringLate'],
        },
      ],
    },
    {
      title: 'Drift against the reference in the model package',
      charts: [
        {
          title: 'Population stability index by feature, live',
          description:
            'Above the line the population differs from the training data: check the feed, then retrain.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 12,
          threshold: { value: LIMITS.driftPsi, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, alias, feature) (serving_feature_drift_psi{${MODEL}})`,
              legend: '{{feature}} ({{model}}@{{alias}})',
            },
          ],
          runbooks: ['ModelFeatureDrift'],
        },
        {
          title: 'Population stability index of the scores, live',
          description:
            'Above the line as many are not refused as before: tell who sets the threshold of decisions.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 12,
          threshold: { value: LIMITS.driftPsi, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, alias, output) (serving_score_drift_psi{${MODEL}})`,
              legend: '{{output}} ({{model}}@{{alias}})',
            },
          ],
          runbooks: ['ModelScoreDrift'],
        },
        {
          title: 'Jensen-Shannon distance by feature, live',
          description: 'High where the index is high too: an effect. Low: the index alone says little.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 8,
          threshold: { value: LIMITS.driftJensenShannon, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, alias, feature) (serving_feature_drift_js_distance{${MODEL}})`,
              legend: '{{feature}} ({{model}}@{{alias}})',
            },
          ],
        },
        {
          title: 'Missing values by feature, live',
          description: 'A step up: a source has stopped to deliver a field. Mend it; do not retrain on it.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          max: 1,
          width: 8,
          queries: [
            {
              expr: `max by (model, alias, feature) (serving_feature_missing_ratio{${MODEL}})`,
              legend: '{{feature}} ({{model}}@{{alias}})',
            },
          ],
        },
        {
          title: 'Rows in the live window',
          description:
            'Below DRIFT_MIN_ROWS nothing is compared: the charts beside this one are then empty, not calm.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (instance, model, alias) (serving_drift_window_rows{${MODEL}})`,
              legend: '{{instance}} {{model}}@{{alias}}',
            },
          ],
        },
        {
          title: 'Population stability index by column, of a day',
          description:
            'What the daily DAG saw. Three evaluations in a row above the line ask for a retraining by themselves.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 12,
          threshold: { value: LIMITS.driftPsi, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, version, kind, column) (model_drift_psi{${MODEL}})`,
              legend: '{{kind}} {{column}} ({{model}} version {{version}})',
            },
          ],
          runbooks: ['ModelFeatureDrift'],
        },
        {
          title: 'Jensen-Shannon distance by column, of a day',
          description: 'Read it with the chart beside it: drift is where both are above their lines.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 12,
          threshold: { value: LIMITS.driftJensenShannon, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, version, kind, column) (model_drift_jensen_shannon{${MODEL}})`,
              legend: '{{kind}} {{column}} ({{model}} version {{version}})',
            },
          ],
        },
      ],
    },
    {
      title: 'Quality on outcomes, champion beside earlier versions',
      charts: [
        ...[
          [
            'auc',
            'AUC',
            'Below an earlier version for days: roll back. Falling for all of them: the population changed; retrain.',
          ],
          [
            'ks',
            'KS',
            'Falls together with AUC: ranking is lost. Falls alone: the separation around the threshold is.',
          ],
          [
            'brier',
            'Brier score',
            'Rises while AUC holds: probabilities are off; recalibrate rather than retrain.',
          ],
        ].map(([metric, name, description]) => ({
          title: `${name!} by version, with 95% intervals`,
          description: description!,
          form: 'lines' as const,
          unit: 'none',
          decimals: 3,
          width: 8,
          queries: [
            {
              expr: `max by (model, version) (model_quality_${metric!}{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}',
            },
            ...['lower', 'upper'].map((bound) => ({
              expr: `max by (model, version) (model_quality_${metric!}_${bound}{${MODEL}})`,
              legend: `{{model}} version {{version}}, ${bound}`,
            })),
            ...(metric === 'auc'
              ? [
                  {
                    expr: `max by (model, version) (model_champion_holdout_auc{${MODEL}})`,
                    legend: '{{model}} version {{version}}, on its holdout',
                  },
                ]
              : []),
          ],
          runbooks: ['ModelQualityDropped'],
        })),
        {
          title: 'AUC by group of clients',
          description:
            'One group below the others: see its rows in the report of the run before you act on a few labels.',
          form: 'lines',
          unit: 'none',
          decimals: 3,
          width: 8,
          queries: [
            {
              expr: `max by (model, version, slice) (model_quality_auc{${MODEL}})`,
              legend: '{{slice}} ({{model}} version {{version}})',
            },
          ],
        },
        {
          title: 'Calibration error by version',
          description:
            'Rises: a score of 0.2 no longer means one in five. Whoever prices by scores must know today.',
          form: 'lines',
          unit: 'none',
          decimals: 3,
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (model, version) (model_quality_calibration_error{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}',
            },
          ],
        },
        {
          title: 'Traffic by version and alias',
          description:
            'A challenger or canary with more than its share: see the traffic policy before you judge quality.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (model, alias, model_version) (rate(serving_prediction_duration_seconds_count{${MODEL}}[$__rate_interval]))`,
              legend: '{{model}}@{{alias}} version {{model_version}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Before outcomes, and how many there are',
      charts: [
        {
          title: 'AUC, estimated and on outcomes',
          description:
            'Apart for long: the estimate does not see that the same clients behave otherwise. Trust outcomes.',
          form: 'lines',
          unit: 'none',
          decimals: 3,
          width: 8,
          queries: [
            {
              expr: `max by (model, version) (model_quality_estimated_auc{${MODEL}})`,
              legend: '{{model}} version {{version}}, estimated',
            },
            {
              expr: `max by (model, version) (model_quality_auc{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}, on outcomes',
            },
          ],
          runbooks: ['ModelQualityDropped'],
        },
        {
          title: 'Default rate, estimated and on outcomes',
          description:
            'On outcomes above the estimate: more clients default than their scores say. Tell risk management.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (model, version) (model_quality_estimated_default_rate{${MODEL}})`,
              legend: '{{model}} version {{version}}, estimated',
            },
            {
              expr: `max by (model, version) (model_quality_default_rate{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}, on outcomes',
            },
          ],
        },
        {
          title: 'Predictions and known outcomes in the window',
          description:
            'Outcomes stay flat while predictions grow: outcomes no longer arrive; see serving_outcomes_total.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (model, version) (model_quality_rows{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}, predictions',
            },
            {
              expr: `max by (model, version) (model_quality_labelled_rows{${ALL_ROWS}})`,
              legend: '{{model}} version {{version}}, outcomes',
            },
          ],
          runbooks: ['ServingFeedbackLost'],
        },
        {
          title: 'Requests for a retraining, and runs that they started',
          description:
            'Requests without runs: the DAG is paused, or a run is in progress. See the retraining dashboard.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orZero(`sum(airflow_asset_events_total{${NAMESPACE}})`),
              legend: 'requests since Airflow started',
            },
            {
              expr: orZero(`sum(airflow_asset_triggered_dag_runs_total{${NAMESPACE}})`),
              legend: 'runs that they started',
            },
          ],
        },
        {
          title: 'Alerts that ask for a retraining',
          description: 'Firing for a day without a new champion: read why gates refused the candidates.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                'count by (alertname) (ALERTS{action="retrain", alertstate="firing"})',
                'alertname',
              ),
              legend: '{{alertname}}',
            },
          ],
          runbooks: ['ModelFeatureDrift', 'ModelScoreDrift', 'ModelQualityDropped', 'ModelChampionStale'],
        },
      ],
    },
  ],
};
