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
});
