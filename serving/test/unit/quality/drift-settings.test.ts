import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../src/config.js';
import { thrown } from '../../support/rejection.js';

describe('settings of drift', () => {
  it('compare the last hour, at a thousand rows a second, unless they say otherwise', () => {
    expect(readConfig({}).drift).to.deep.equal({
      rowsPerSecond: 1_000,
      windowMs: 3_600_000,
      minRows: 500,
      thresholds: { upper: 0.25, lower: 0.1 },
      maxFeatures: 200,
    });
  });

  it('are all of them taken', () => {
    const { drift } = readConfig({
      DRIFT_ROWS_PER_SECOND: '0',
      DRIFT_WINDOW_MINUTES: '0.5',
      DRIFT_MIN_ROWS: '7',
      DRIFT_PSI_UPPER: '0.3',
      DRIFT_PSI_LOWER: '0.3',
      DRIFT_MAX_FEATURES: '0',
    });
    expect(drift).to.deep.equal({
      rowsPerSecond: 0,
      windowMs: 30_000,
      minRows: 7,
      thresholds: { upper: 0.3, lower: 0.3 },
      maxFeatures: 0,
    });
  });

  for (const [variable, value] of [
    ['DRIFT_ROWS_PER_SECOND', '-1'],
    ['DRIFT_WINDOW_MINUTES', '0'],
    ['DRIFT_MIN_ROWS', '0'],
    ['DRIFT_PSI_UPPER', 'much'],
    ['DRIFT_PSI_LOWER', '0'],
    ['DRIFT_MAX_FEATURES', '1.5'],
  ] as const) {
    it(`are refused with ${variable}=${value}, by name`, () => {
      expect(thrown(() => readConfig({ [variable]: value }), ConfigError).message).to.include(variable);
    });
  }

  it('are refused when one would be calm above where it drifts', () => {
    const error = thrown(() => readConfig({ DRIFT_PSI_UPPER: '0.05' }), ConfigError);
    expect(error.message).to.include('DRIFT_PSI_LOWER: 0.1 is above DRIFT_PSI_UPPER 0.05');
  });
});
