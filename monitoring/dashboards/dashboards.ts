import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { attackDashboard } from './attack-dashboard.js';
import { buildDashboard } from './build-dashboard.js';
import { clusterDashboard } from './cluster-dashboard.js';
import { liveTrafficDashboard } from './live-traffic-dashboard.js';
import { modelQualityDashboard } from './model-quality-dashboard.js';
import { retrainingDashboard } from './retraining-dashboard.js';
import { servingDashboard } from './serving-dashboard.js';

/** All that there are. */
export const dashboards: readonly Dashboard[] = [
  servingDashboard,
  liveTrafficDashboard,
  modelQualityDashboard,
  retrainingDashboard,
  clusterDashboard,
  attackDashboard,
].map(buildDashboard);
