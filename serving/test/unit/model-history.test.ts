import { expect } from 'chai';
import { ModelHistory } from '../../src/model-history.js';

describe('ModelHistory', () => {
  it('has the latest events first, with their time, and forgets old ones', () => {
    let clock = 0;
    const history = new ModelHistory(() => new Date(clock));
    for (clock = 1; clock <= 25; clock += 1) {
      history.add({ kind: 'loaded', version: String(clock), digest: 'sha256:0' });
    }
    const versions = history.events.map(({ version }) => Number(version));
    expect(versions).to.deep.equal(Array.from({ length: 20 }, (_, i) => 25 - i));
    expect(history.events[0]!.at).to.deep.equal(new Date(25));
  });

  it('has a failure that repeats itself once, at its latest time', () => {
    let clock = 0;
    const history = new ModelHistory(() => new Date(clock));
    const failure = {
      kind: 'load_failed',
      version: '2',
      digest: 'sha256:2',
      code: 'DIGEST_MISMATCH',
    } as const;
    history.add({ kind: 'loaded', version: '1', digest: 'sha256:1' });
    for (clock = 1; clock <= 25; clock += 1) history.add(failure);
    expect(history.events).to.deep.equal([
      { at: new Date(25), ...failure },
      { at: new Date(0), kind: 'loaded', version: '1', digest: 'sha256:1' },
    ]);
    history.add({ ...failure, code: 'DOWNLOAD_FAILED' });
    history.add(failure);
    expect(history.events.map(({ code }) => code)).to.deep.equal([
      'DIGEST_MISMATCH',
      'DOWNLOAD_FAILED',
      'DIGEST_MISMATCH',
      undefined,
    ]);
  });
});
