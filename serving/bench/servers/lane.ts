import { pino } from 'pino';
import { InferenceLane } from '../../src/api/inference-lane.js';
import { predictProtocol } from '../../src/api/protocols/predict.js';
import { PredictionMetrics } from '../../src/metrics/predictions.js';
import { createMetricsRegistry } from '../../src/metrics/registry.js';
import { RequestMetrics } from '../../src/metrics/requests.js';
import { MicroBatcher } from '../../src/prediction/micro-batcher.js';
import { PredictionService } from '../../src/prediction/prediction-service.js';
import { loadChampion } from './champion.js';
import { serve } from './serve.js';

/** The tier's own way, with metrics and validation on. */
const champion = await loadChampion();
const metrics = createMetricsRegistry();
const service = new PredictionService(
  { acquire: () => ({ handle: champion.acquire(), alias: 'champion' }) },
  new MicroBatcher(256),
  new PredictionMetrics(metrics),
  10_000,
);
const lane = new InferenceLane(
  [predictProtocol],
  service,
  () => champion.id,
  new RequestMetrics(metrics),
  pino({ level: 'silent' }),
  { maxBodyBytes: 16 * 1024 ** 2 },
);
serve((request, response) => void lane.handle(lane.claim(request)!, request, response));
