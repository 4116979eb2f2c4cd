import { expect } from 'chai';
import { PlatformFailure } from '../../../local/failure.js';
import { readSettings } from '../../../local/settings.js';

describe('settings of the local platform', () => {
  it('have a default for everything', () => {
    const settings = readSettings({});
    expect(settings.ports).to.include({
      mlflow: 5000,
      airflow: 8088,
      serving: 8080,
      grpc: 8081,
      management: 8082,
      retrainingRequests: 8083,
      stream: 8084,
      kafka: 9092,
      kafkaController: 9094,
      kafkaMetrics: 9404,
      prometheus: 9090,
      pushgateway: 9091,
      alertmanager: 9093,
      nodeExporter: 9100,
      statsdExporter: 9102,
      statsd: 9125,
    });
    expect(new Set(Object.values(settings.ports)).size, 'no port twice').to.equal(
      Object.keys(settings.ports).length,
    );
    expect(settings.stateDir).to.equal(`${settings.projectDir}/.local`);
    expect(settings.datasetUri).to.equal(undefined);
  });

  it('take ports and the state folder from the environment', () => {
    const settings = readSettings({ SERVING_PORT: '18080', PLATFORM_STATE_DIR: '/elsewhere' });
    expect(settings.urls.serving).to.equal('http://127.0.0.1:18080');
    expect(settings.dagRepository).to.equal('/elsewhere/dags.git');
  });

  it('hand on what the services read themselves, and only where it is set', () => {
    const { handedOn, monitoringConfiguration, projectDir } = readSettings({
      DRIFT_WINDOW_MINUTES: '0.5',
      DRIFT_MIN_ROWS: '',
      PUSHGATEWAY_URL: 'http://127.0.0.1:9091',
      MONITORING_CONFIGURATION: 'mine.yaml',
      HOME: '/root',
    });
    expect(handedOn).to.deep.equal({
      airflow: { PUSHGATEWAY_URL: 'http://127.0.0.1:9091' },
      serving: { DRIFT_WINDOW_MINUTES: '0.5' },
      stream: {},
    });
    expect(monitoringConfiguration).to.equal(`${projectDir}/mine.yaml`);
  });

  it('shorten an alert by a duration that Prometheus reads, and by nothing else', () => {
    expect(readSettings({ ALERT_FOR: '20s' }).alertFor).to.equal('20s');
    expect(readSettings({ ALERT_FOR: '' }).alertFor).to.equal(undefined);
    for (const wrong of ['20', '0s', '5 m', '1h']) {
      expect(() => readSettings({ ALERT_FOR: wrong }), wrong).to.throw(PlatformFailure, /^ALERT_FOR: /);
    }
  });

  it('name the variable that is wrong', () => {
    expect(() => readSettings({ MLFLOW_PORT: 'five thousand' })).to.throw(PlatformFailure, /^MLFLOW_PORT: /);
  });
});
