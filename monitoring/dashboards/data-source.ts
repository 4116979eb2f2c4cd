import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Whichever Prometheus the reader chose: dashboards are imported where its uid is not known. */
export const DATA_SOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
