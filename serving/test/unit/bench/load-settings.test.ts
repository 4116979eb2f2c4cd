import { expect } from 'chai';
import { isOurs, loadSettings } from '../../../bench/load/k6/load-settings.js';

describe('make load', () => {
  for (const host of [
    'localhost',
    '127.0.0.1',
    '127.8.0.1',
    '[::1]',
    'serving.models.svc',
    'a.b.svc.cluster.local',
  ]) {
    it(`takes ${host} for ours`, () => {
      expect(isOurs(host)).to.equal(true);
    });
  }

  for (const host of [
    'example.com',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.1.example.com',
    'localhost.example.com',
    'svc',
    'mysvc',
    'svc.example.com',
    'x.svc.cluster.local.example.com',
  ]) {
    it(`refuses ${host} until somebody confirms it`, () => {
      const env = { TARGET: `http://${host}:8080` };
      expect(() => loadSettings(env))
        .to.throw(host)
        .with.property('message')
        .that.includes('CONFIRM=yes');
      expect(loadSettings({ ...env, CONFIRM: 'yes' }).url.hostname).to.equal(host);
    });
  }

  it('asks /predict unless the target names a path', () => {
    expect(loadSettings({ TARGET: 'http://127.0.0.1:1' }).url.href).to.equal('http://127.0.0.1:1/predict');
    expect(loadSettings({ TARGET: 'http://127.0.0.1:1/v1/models/a:predict' }).url.pathname).to.equal(
      '/v1/models/a:predict',
    );
  });

  it('has an end and a size, and takes an empty variable for none', () => {
    const target = { TARGET: 'http://127.0.0.1' };
    expect(() => loadSettings({ ...target, SECONDS: '86400' })).to.throw('SECONDS');
    expect(() => loadSettings({ ...target, RATE: '1000000' })).to.throw('RATE');
    expect(loadSettings({ ...target, RATE: '', SECONDS: '' })).to.include({
      ratePerSecond: 200,
      seconds: 60,
    });
  });
});
