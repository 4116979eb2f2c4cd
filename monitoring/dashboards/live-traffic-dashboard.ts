import type { DashboardDefinition } from './definition.js';
import { MODEL, orNone, orZero } from './promql.js';
import { MODEL_VARIABLE, NAMESPACE_VARIABLE } from './variables.js';

/** Who answers a client: a version in a role. */
const ANSWERING = 'model, alias, model_version';
const ANSWERING_NAME = '{{model}}, {{alias}}: version {{model_version}}';
/** Who looks on. */
const LOOKING_ON_NAME = '{{model}} version {{model_version}}';
/** Who looks on at whom. */
const PAIR = 'model, model_version, champion_version';
const PAIR_NAME = '{{model}} version {{model_version}} less {{champion_version}}';

const answered = `sum by (${ANSWERING}) (rate(serving_prediction_duration_seconds_count{${MODEL}}[$__rate_interval]))`;
/** A counter that has no series yet has counted nothing. */
const failed = `(sum by (${ANSWERING}) (rate(serving_prediction_failures_total{${MODEL}}[$__rate_interval])) or 0 * ${answered})`;

const durations = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (${ANSWERING}, le) (rate(serving_prediction_duration_seconds_bucket{${MODEL}}[$__rate_interval])))`;
const scores = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (${ANSWERING}, le) (rate(serving_prediction_score_bucket{${MODEL}}[$__rate_interval])))`;
/** No mean: the sum of what falls as well as rises has no rate. */
const differences = (quantile: number): string =>
  `histogram_quantile(${quantile}, sum by (${PAIR}, le) (rate(serving_shadow_score_difference_bucket{${MODEL}}[$__rate_interval])))`;

const looked = `sum(rate(serving_shadow_rows_total{${MODEL}}[$__rate_interval]))`;
const skipped = `sum(rate(serving_shadow_dropped_rows_total{reason=~"busy|large", ${MODEL}}[$__rate_interval]))`;

export const liveTrafficDashboard: DashboardDefinition = {
  uid: 'live-traffic',
  title: 'Live traffic',
  description:
    'What the traffic policy gives to a canary, a shadow and a standby, what they do beside the champion, and what was taken back',
  variables: [NAMESPACE_VARIABLE, MODEL_VARIABLE],
  rows: [
    {
      title: 'At a glance',
      charts: [
        {
          title: "Canary's share, by the policy",
          description: 'Not what you expect: `rollouts` says which step it is at, and who wrote the policy.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 2,
          width: 4,
          queries: [{ expr: orZero(`max(serving_traffic_share{role="canary", ${MODEL}})`), legend: 'share' }],
        },
        {
          title: 'Answered by the canary',
          description:
            'Off its share for long: it fails and others answer, or a few keys bring most of the requests.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 2,
          width: 4,
          queries: [
            {
              expr: orZero(
                `sum(rate(serving_prediction_duration_seconds_count{alias="canary", ${MODEL}}[$__rate_interval])) / sum(rate(serving_prediction_duration_seconds_count{${MODEL}}[$__rate_interval]))`,
              ),
              legend: 'answered',
            },
          ],
        },
        {
          title: 'Answers that another version saved',
          description:
            'Above zero one version fails what another can do: see which, below, and take it off traffic.',
          form: 'figure',
          unit: 'reqps',
          width: 4,
          queries: [
            {
              expr: orZero(`sum(rate(serving_prediction_fallbacks_total{${MODEL}}[$__rate_interval]))`),
              legend: 'saved a second',
            },
          ],
          runbooks: ['ServingPredictionFallbacks'],
        },
        {
          title: 'Rows that the shadow did not look at',
          description:
            'High: replicas are busy with clients, and the comparison takes longer. Wait, or lower its percentage.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 1,
          width: 4,
          queries: [{ expr: orZero(`${skipped} / (${looked} + ${skipped})`), legend: 'dropped' }],
        },
        {
          title: 'Roles that are not filled',
          description:
            'Above zero: a replica lacks a version that the policy wants; /status of that replica says why.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            { expr: orZero(`count(serving_role_available{${MODEL}} == 0)`), legend: 'missing in replicas' },
          ],
          runbooks: ['ServingCanaryNotAvailable'],
        },
        {
          title: 'Digests in quarantine',
          description:
            'Which, since when and for what is in the table below; `quarantine --lift` lets one go.',
          form: 'figure',
          unit: 'short',
          width: 4,
          queries: [
            {
              expr: orZero(
                `count(max by (model, digest) (serving_model_quarantine_timestamp_seconds{${MODEL}}))`,
              ),
              legend: 'digests',
            },
          ],
          runbooks: ['ChampionRolledBack'],
        },
      ],
    },
    {
      title: 'Who answers',
      charts: [
        {
          title: 'Share of traffic by version, by the policy',
          description:
            'Of versions that are loaded, over all replicas: a step that lasts means that they do not agree.',
          form: 'stacked',
          unit: 'percentunit',
          min: 0,
          max: 1,
          width: 12,
          queries: [
            {
              expr: `avg by (model, role, model_version) (serving_traffic_share{role=~"champion|canary", ${MODEL}})`,
              legend: '{{model}}, {{role}}: version {{model_version}}',
            },
          ],
          runbooks: ['ServingTrafficPolicyUnreadable'],
        },
        {
          title: 'Answers by version',
          description: 'A standby that answers stands in for a champion that fails: see what it fails on.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 12,
          queries: [{ expr: answered, legend: ANSWERING_NAME }],
          runbooks: ['ServingPredictionFallbacks'],
        },
        {
          title: 'Roles by replica',
          description:
            'missing: `traffic` in /status of that replica says what it failed on. Empty: the policy gives no role.',
          form: 'states',
          unit: 'short',
          width: 12,
          names: [
            { value: 0, name: 'missing', colour: 'red' },
            { value: 1, name: 'available', colour: 'green' },
          ],
          queries: [
            {
              expr: `min by (instance, model, role, model_version) (serving_role_available{${MODEL}})`,
              legend: '{{instance}} {{model}}, {{role}}: version {{model_version}}',
            },
          ],
          runbooks: ['ServingCanaryNotAvailable'],
        },
        {
          title: 'The policy, as each replica reads it',
          description:
            'unreadable: the replica keeps the policy that it had. Write it again with `traffic`, or clear it.',
          form: 'states',
          unit: 'short',
          width: 12,
          names: [
            { value: 0, name: 'unreadable', colour: 'red' },
            { value: 1, name: 'readable', colour: 'green' },
          ],
          queries: [
            {
              expr: `min by (instance, model) (serving_traffic_policy_readable{${MODEL}})`,
              legend: '{{instance}} {{model}}',
            },
          ],
          runbooks: ['ServingTrafficPolicyUnreadable'],
        },
      ],
    },
    {
      title: 'Champion and canary side by side',
      charts: [
        {
          title: 'Share that failed, by version',
          description:
            'The canary above the champion: a rollout aborts by itself; without one, clear the traffic policy.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 8,
          queries: [{ expr: `${failed} / (${failed} + ${answered})`, legend: ANSWERING_NAME }],
          runbooks: ['ServingPredictionFallbacks'],
        },
        {
          title: 'p99 by version and role',
          description:
            'The canary above the champion at the same load: its graph costs more. Abort, or ask who made it.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [{ expr: durations(0.99), legend: ANSWERING_NAME }],
          runbooks: ['ChampionRolledBack'],
        },
        {
          title: 'Mean score by version',
          description:
            'Clients are drawn by their keys alone: apart for long means that the versions judge differently.',
          form: 'lines',
          unit: 'none',
          decimals: 3,
          width: 8,
          queries: [
            {
              expr: `sum by (${ANSWERING}) (rate(serving_prediction_score_sum{${MODEL}}[$__rate_interval])) / sum by (${ANSWERING}) (rate(serving_prediction_score_count{${MODEL}}[$__rate_interval]))`,
              legend: ANSWERING_NAME,
            },
          ],
          runbooks: ['ChampionRolledBack'],
        },
        {
          title: 'Attempts that failed, by code',
          description:
            'Also those that another version then answered. Look the code up in serving/docs/errors.md.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: orNone(
                `sum by (alias, model_version, code) (rate(serving_prediction_failures_total{${MODEL}}[$__rate_interval]))`,
                'code',
              ),
              legend: '{{alias}} version {{model_version}} {{code}}',
            },
          ],
          runbooks: ['ServingPredictionFallbacks'],
        },
        {
          title: 'Median by version and role',
          description: 'Apart while p99 is not: every request costs more, and the tier holds fewer of them.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [{ expr: durations(0.5), legend: ANSWERING_NAME }],
        },
        {
          title: 'Scores of the lowest and the highest tenth',
          description:
            'Means that agree with tenths that do not: the version spreads, or squeezes, what it thinks of clients.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          width: 8,
          queries: [
            { expr: scores(0.1), legend: `${ANSWERING_NAME}, 10%` },
            { expr: scores(0.9), legend: `${ANSWERING_NAME}, 90%` },
          ],
        },
      ],
    },
    {
      title: 'Shadow beside the champion',
      charts: [
        {
          title: 'Score difference of a row, by quantile',
          description:
            'A median off zero: scores shift for all. Wide apart ends: the two disagree about the same client.',
          form: 'lines',
          unit: 'none',
          decimals: 3,
          width: 12,
          queries: [
            { expr: differences(0.05), legend: `${PAIR_NAME}, 5%` },
            { expr: differences(0.5), legend: `${PAIR_NAME}, median` },
            { expr: differences(0.95), legend: `${PAIR_NAME}, 95%` },
          ],
        },
        {
          title: 'Rows that the shadow decides otherwise',
          description:
            'Each is a client who would get another answer. One direction alone: the threshold moved.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (${PAIR}, to) (rate(serving_shadow_label_flips_total{${MODEL}}[$__rate_interval])) / on (${PAIR}) group_left () sum by (${PAIR}) (rate(serving_shadow_rows_total{${MODEL}}[$__rate_interval]))`,
              legend: '{{model}} version {{model_version}} beside {{champion_version}}, to {{to}}',
            },
          ],
        },
        {
          title: 'Rows that the shadow has compared',
          description:
            'Flat at zero with clients answered: the shadow is missing, or all that it gets is dropped.',
          form: 'lines',
          unit: 'rowsps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (${PAIR}) (rate(serving_shadow_rows_total{${MODEL}}[$__rate_interval]))`,
              legend: '{{model}} version {{model_version}} beside {{champion_version}}',
            },
          ],
          runbooks: ['ServingCanaryNotAvailable'],
        },
        {
          title: 'Rows that the shadow did not compare',
          description:
            'busy: clients came first. large: a bulk request. no_score: a version without scores can not be compared.',
          form: 'stacked',
          unit: 'rowsps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (model, model_version, reason) (rate(serving_shadow_dropped_rows_total{${MODEL}}[$__rate_interval]))`,
              legend: `${LOOKING_ON_NAME}, {{reason}}`,
            },
          ],
        },
        {
          title: 'p99 of the shadow and of the champion',
          description:
            'Of the same requests, in their graphs alone. Above the champion: clients would feel it.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 6,
          queries: ['shadow', 'shadow_champion'].map((who) => ({
            expr: `histogram_quantile(0.99, sum by (model, model_version, le) (rate(serving_${who}_duration_seconds_bucket{${MODEL}}[$__rate_interval])))`,
            legend: who === 'shadow' ? LOOKING_ON_NAME : `the champion beside ${LOOKING_ON_NAME}`,
          })),
        },
        {
          title: 'Requests that the shadow failed, by code',
          description:
            'No client felt it, and each would have if this version were champion. Do not promote it.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: orNone(
                `sum by (model_version, code) (rate(serving_shadow_failures_total{${MODEL}}[$__rate_interval]))`,
                'code',
              ),
              legend: 'version {{model_version}} {{code}}',
            },
          ],
          runbooks: ['ServingShadowFailing'],
        },
      ],
    },
    {
      title: 'Saved, and taken back',
      charts: [
        {
          title: 'Answers that another version saved, by the one that failed',
          description:
            'Clients see nothing of it. The version named here is bad: roll it back, or take its share.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 10,
          queries: [
            {
              expr: orNone(
                `sum by (${ANSWERING}) (rate(serving_prediction_fallbacks_total{${MODEL}}[$__rate_interval]))`,
                'alias',
              ),
              legend: ANSWERING_NAME,
            },
          ],
          runbooks: ['ServingPredictionFallbacks'],
        },
        {
          title: 'Quarantine',
          description:
            'What may not answer, whatever version carries it. `rollouts` has the numbers of those that no person put here.',
          form: 'table',
          unit: 'dateTimeAsIso',
          width: 14,
          names: [{ value: 0, name: 'never', colour: 'green' }],
          queries: [
            {
              expr: orNone(
                `max by (model, model_version, cause, digest) (1000 * label_replace(serving_model_quarantine_timestamp_seconds{${MODEL}}, "digest", "$1", "digest", "sha256:(.{12}).*"))`,
                'cause',
              ),
              legend: '{{model}} version {{model_version}} {{digest}}: {{cause}}',
            },
          ],
          runbooks: ['ChampionRolledBack'],
        },
      ],
    },
  ],
};
