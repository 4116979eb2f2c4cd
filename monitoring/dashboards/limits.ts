import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { limitOf } from './alert-rules.js';

/** How the DAGs watch a model: what is drift and what is stale is said there, for them and for the alerts. */
const { drift, freshness } = z
  .object({
    drift: z.looseObject({ max_psi: z.number(), max_jensen_shannon: z.number() }),
    freshness: z.object({ max_age_days: z.number() }),
  })
  .parse(
    parse(
      readFileSync(
        path.join(import.meta.dirname, '..', '..', 'dags', 'retraining', 'monitoring', 'monitoring.yaml'),
        'utf8',
      ),
    ),
  );

const SECONDS_A_DAY = 86_400;

/** The lines in charts. Each stands in an alert or in a configuration, and is read from there. */
export const LIMITS = {
  predictionP99Seconds: limitOf('ServingLatencyHigh', 'namespace:serving_prediction_duration:p99_5m'),
  shedRatio: limitOf('ServingShedding', 'namespace:serving_shed:ratio_rate1m'),
  fastBurnErrorRatio: limitOf('ServingErrorBudgetBurnFast', 'namespace:serving_errors:ratio_rate5m'),
  replicaCpuUtilisation: limitOf('ServingAtMaxReplicasAndHot', 'namespace_replica:serving_cpu:utilisation'),
  streamLagMessages: limitOf('StreamLagHigh', 'namespace:stream_lag:sum'),
  diskUsedRatio: limitOf('DiskAlmostFull', 'node_filesystem_size_bytes'),
  expirySeconds: limitOf('CertificateExpires', 'time()'),
  driftPsi: drift.max_psi,
  driftJensenShannon: drift.max_jensen_shannon,
  championDataAgeSeconds: freshness.max_age_days * SECONDS_A_DAY,
} as const;
