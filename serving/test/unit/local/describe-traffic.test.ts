import { expect } from 'chai';
import { describeTraffic, trafficTrouble } from '../../../local/describe-traffic.js';

const NOTHING = { canary: null, shadow: null, standby: null, problem: null, quarantined: [] };

describe('the traffic policy in one line', () => {
  it('says that the champion answers all where there is none', () => {
    expect(describeTraffic(NOTHING)).to.equal('all to the champion');
    expect(trafficTrouble(NOTHING)).to.deep.equal([]);
  });

  it('names each role with its version and its share, and what is not there', () => {
    expect(
      describeTraffic({
        ...NOTHING,
        canary: { version: '7', percent: 12.5, available: true },
        shadow: { version: '8', percent: 100, available: false },
        standby: { version: '6', available: true },
      }),
    ).to.equal('canary version 7: 12.5%; shadow version 8 (not available): sees 100%; standby version 6');
  });

  it('has a word on what is not in force, and on what may not answer', () => {
    const quarantined = [
      { version: '5', cause: 'errors' },
      { version: '4', cause: 'manual' },
    ];
    expect(trafficTrouble({ ...NOTHING, problem: 'canary: quarantined', quarantined })).to.deep.equal([
      'canary: quarantined',
      'in quarantine: version 5 (errors), version 4 (manual)',
    ]);
  });
});
