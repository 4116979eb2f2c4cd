import type { DashboardDefinition } from './definition.js';
import { LIMITS } from './limits.js';
import { NAMESPACE, orNone, orZero } from './promql.js';
import { NAMESPACE_VARIABLE } from './variables.js';

export const attackDashboard: DashboardDefinition = {
  uid: 'attack',
  title: 'Attack',
  description:
    'More is asked than can be answered: what is offered and answered, what waits, what others feel, and whether the ceiling of cost holds',
  variables: [NAMESPACE_VARIABLE],
  rows: [
    {
      title: 'Load and answers',
      charts: [
        {
          title: 'Offered and answered',
          description:
            'The gap is what waits in Kafka or was refused. It grows at the ceiling: see who sends, and cut them off.',
          form: 'lines',
          unit: 'mps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orZero(`sum(namespace:attack_offered:rate1m{${NAMESPACE}})`),
              legend: 'offered to the stream by the simulation',
            },
            {
              expr: `sum(namespace:stream_messages:rate1m{result="scored", ${NAMESPACE}})`,
              legend: 'scored from the stream',
            },
            {
              expr: `sum(namespace_code:serving_requests:rate1m{code="ok", ${NAMESPACE}})`,
              legend: 'predictions answered, all clients',
            },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot', 'StreamLagHigh'],
        },
        {
          title: 'Rate that the simulation aims at, and its step',
          description: 'Only of `make attack`: zero when none runs. Stop it with Ctrl-C where it runs.',
          form: 'lines',
          unit: 'mps',
          min: 0,
          width: 12,
          queries: [
            { expr: orZero(`max(attack_target_rate{${NAMESPACE}})`), legend: 'messages a second' },
            { expr: orZero(`max(attack_step{${NAMESPACE}})`), legend: 'step' },
          ],
        },
        {
          title: 'Messages of the stream, by what became of them',
          description:
            'dead_lettered rises: see the reasons below. All at zero with a lag: the service is stuck.',
          form: 'stacked',
          unit: 'mps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (result) (namespace:stream_messages:rate1m{${NAMESPACE}})`,
              legend: '{{result}}',
            },
          ],
          runbooks: ['StreamStalled', 'StreamDeadLetters'],
        },
        {
          title: 'Messages that wait',
          description:
            'Above the line and rising: scores come too late to be of use. Falls by itself when the attack ends.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          threshold: { value: LIMITS.streamLagMessages, badWhen: 'above' },
          queries: [{ expr: `sum(namespace:stream_lag:sum{${NAMESPACE}})`, legend: 'lag' }],
          runbooks: ['StreamLagHigh', 'StreamStalled'],
        },
      ],
    },
    {
      title: 'What clients feel',
      charts: [
        {
          title: 'p99 of predictions, one minute',
          description:
            'Above the line clients that do nothing wrong wait too: the share of one client is too large.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          threshold: { value: LIMITS.predictionP99Seconds, badWhen: 'above' },
          queries: [
            {
              expr: `max(namespace:serving_prediction_duration:p99_1m{${NAMESPACE}})`,
              legend: 'p99',
            },
          ],
          runbooks: ['ServingLatencyHigh'],
        },
        {
          title: 'Share refused for overload',
          description:
            'Refusals protect those who are answered. Above the line for long: the ceiling is too low for honest load.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 8,
          threshold: { value: LIMITS.shedRatio, badWhen: 'above' },
          queries: [{ expr: `max(namespace:serving_shed:ratio_rate1m{${NAMESPACE}})`, legend: 'refused' }],
          runbooks: ['ServingShedding'],
        },
        {
          title: 'From a message to its score, p99',
          description: 'Grows with the lag. High without a lag: the tier is slow, not the stream.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le) (rate(stream_message_age_seconds_bucket{${NAMESPACE}}[$__rate_interval])))`,
              legend: 'p99',
            },
          ],
        },
      ],
    },
    {
      title: 'What it costs',
      charts: [
        {
          title: 'Replicas and their ceiling',
          description:
            'Must never pass the ceiling. At it: whether to pay for more is a decision, not an automatism.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            { expr: `sum(namespace:serving_replicas:count{${NAMESPACE}})`, legend: 'replicas' },
            { expr: `sum(namespace:serving_replicas:max{${NAMESPACE}})`, legend: 'ceiling' },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'CPU by replica, of its limit',
          description:
            'Any above the line at the ceiling for five minutes pages the administrator: follow the runbook.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 8,
          threshold: { value: LIMITS.replicaCpuUtilisation, badWhen: 'above' },
          queries: [
            {
              expr: `max by (namespace, replica) (namespace_replica:serving_cpu:utilisation{${NAMESPACE}})`,
              legend: '{{namespace}} {{replica}}',
            },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'Alerts',
          description:
            'Pending: the clock runs. Firing: somebody was told; the runbook of that name says what to do.',
          form: 'states',
          unit: 'short',
          width: 8,
          names: [
            { value: 0, name: 'quiet', colour: 'green' },
            { value: 1, name: 'pending', colour: 'orange' },
            { value: 2, name: 'firing', colour: 'red' },
          ],
          queries: [
            {
              expr: orNone(
                'max by (alertname) (2 * ALERTS{alertstate="firing", severity=~"critical|warning"} or ALERTS{alertstate="pending", severity=~"critical|warning"})',
                'alertname',
              ),
              legend: '{{alertname}}',
            },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
      ],
    },
    {
      title: 'The stream under it',
      charts: [
        {
          title: 'Dead letters, by reason',
          description:
            'malformed or oversized: a producer. rejected: a schema that changed. unexpected: ours; read the log.',
          form: 'stacked',
          unit: 'mps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: orNone(
                `sum by (reason) (rate(stream_dead_letters_total{${NAMESPACE}}[$__rate_interval]))`,
                'reason',
              ),
              legend: '{{reason}}',
            },
          ],
          runbooks: ['StreamDeadLetters'],
        },
        {
          title: 'Predictions asked for again, by reason',
          description:
            'overloaded: back-pressure at work. unreachable: the tier is away, or its address is wrong.',
          form: 'stacked',
          unit: 'cps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: orNone(
                `sum by (reason) (rate(stream_predict_retries_total{${NAMESPACE}}[$__rate_interval]))`,
                'reason',
              ),
              legend: '{{reason}}',
            },
          ],
          runbooks: ['StreamStalled'],
        },
        {
          title: 'In flight, paused, rebalances',
          description:
            'Paused for long: the tier refuses. Rebalances again and again: consumers are too slow or keep dying.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 6,
          queries: [
            { expr: `sum(stream_in_flight_messages{${NAMESPACE}})`, legend: 'messages in flight' },
            { expr: `sum(stream_paused{${NAMESPACE}})`, legend: 'consumers that are paused' },
            {
              expr: `sum(increase(stream_rebalances_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: 'rebalances',
            },
          ],
          runbooks: ['StreamDown'],
        },
        {
          title: 'Brokers, and partitions that lack a copy',
          description:
            'No broker: applications can not even be sent. A copy missing: the next failure loses messages.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 6,
          queries: [
            { expr: `sum(up{job="kafka", ${NAMESPACE}})`, legend: 'brokers that answer' },
            {
              expr: `sum(kafka_server_under_replicated_partitions{${NAMESPACE}})`,
              legend: 'partitions that lack a copy',
            },
          ],
          runbooks: ['KafkaDown', 'KafkaUnderReplicated'],
        },
      ],
    },
  ],
};
