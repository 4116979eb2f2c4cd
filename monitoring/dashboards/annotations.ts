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

/** A line where a digest was taken off traffic, by a rollback or by a person. */
export const quarantineAnnotation = (): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name('Rollbacks and quarantines')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('orange')
    .expr(
      '1000 * max by (namespace, model, model_version, cause) (serving_model_quarantine_timestamp_seconds)',
    )
    .titleFormat('{{model}} version {{model_version}} quarantined: {{cause}}')
    .textFormat('{{namespace}}')
    .tagKeys('model,cause')
    .step('30s')
    .useValueForTime(true);
