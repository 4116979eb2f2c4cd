import { expect } from 'chai';
import { alertNotification, causeOf } from '../../../src/retraining-requests/alert-notification.js';

const drift = {
  status: 'firing',
  labels: { alertname: 'FeatureDrift', model: 'credit-scoring' },
  annotations: { summary: 'LIMIT_BAL has drifted' },
  startsAt: '2026-11-21T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph?g0.expr=up',
  fingerprint: 'f00d',
};

function notification(...alerts: readonly object[]) {
  return alertNotification.parse({ version: '4', status: 'firing', groupKey: '{}', alerts });
}

describe('the cause that alerts give', () => {
  it('names the alert, since when, and what it says', () => {
    expect(causeOf(notification(drift))).to.deep.equal({
      cause: 'FeatureDrift since 2026-11-21T10:00:00.123456789Z: LIMIT_BAL has drifted',
      source: 'alert',
      report_url: 'http://prometheus.example/graph?g0.expr=up',
    });
  });

  it('names every alert once', () => {
    const quality = { ...drift, labels: { alertname: 'QualityDrop' } };
    expect(causeOf(notification(drift, drift, quality))?.cause).to.match(/^FeatureDrift, QualityDrop since /);
  });

  it('is none when all are resolved', () => {
    expect(causeOf(notification({ ...drift, status: 'resolved' }))).to.equal(undefined);
  });

  it('is bounded, whatever an annotation holds', () => {
    const long = { ...drift, annotations: { summary: 'x'.repeat(2_000) } };
    expect(causeOf(notification(long))?.cause).to.have.length(500);
  });
});
