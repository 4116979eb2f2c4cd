import { expect } from 'chai';
import { PlatformFailure } from '../../../local/failure.js';
import { runParameters } from '../../../local/retraining.js';
import { readSettings } from '../../../local/settings.js';

describe('parameters of a run', () => {
  it('are left to the DAG where nothing was said', () => {
    expect(runParameters(readSettings({ SEARCH_TRIALS: '', VARIANTS: '', AS_OF: '' }))).to.deep.equal({});
  });

  it('are what the caller said, in the types that the DAG takes', () => {
    const settings = readSettings({
      SEED: '8',
      CANDIDATES: 'gradient_boosting',
      AUTO_PROMOTE: 'false',
      VARIANTS: 'pruned,int8',
      AS_OF: '2026-01-31',
      SEARCH_TRIALS: '20',
      SEARCH_MINUTES: '1.5',
    });
    expect(runParameters(settings)).to.deep.equal({
      seed: 8,
      candidates: ['gradient_boosting'],
      auto_promote: false,
      variants: ['pruned', 'int8'],
      as_of: '2026-01-31',
      search_trials: 20,
      search_minutes: 1.5,
    });
    expect(runParameters(readSettings({ VARIANTS: 'none' }))).to.deep.equal({ variants: [] });
  });

  it('name the variable that is no number', () => {
    expect(() => readSettings({ SEARCH_TRIALS: 'many' })).to.throw(PlatformFailure, /^SEARCH_TRIALS: /);
    expect(() => readSettings({ SEARCH_TRIALS: '201' })).to.throw(PlatformFailure, /^SEARCH_TRIALS: /);
  });
});
