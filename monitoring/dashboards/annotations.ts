import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DATA_SOURCE } from './data-source.js';

/** Bars over all charts while an alert that reaches somebody fires. */
export const alertAnnotation = (): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('red')
    .expr('ALERTS{alertstate="firing", severity=~"critical|warning"}')
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}} {{component}} {{namespace}}')
    .tagKeys('severity,component')
    .step('30s');

/** A line where a replica began to answer with another version: its own time, not the time of the scrape. */
export const swapAnnotation = (): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name('Promotions')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('blue')
    .expr(
      '1000 * max by (namespace, model, alias) (serving_model_loaded_timestamp_seconds{alias!~"canary|shadow|standby"})',
    )
    .titleFormat('{{model}}@{{alias}} swapped')
    .textFormat('{{namespace}}')
    .tagKeys('model,alias')
    .step('30s')
    .useValueForTime(true);
