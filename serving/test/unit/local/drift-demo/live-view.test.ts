import { expect } from 'chai';
import { sparkline } from '../../../../local/drift-demo/live-view.js';

describe('a sparkline', () => {
  it('reaches from the least to the greatest value', () => {
    expect(sparkline([0, 7, 3.5])).to.equal('▁█▅');
  });

  it('has a gap where there is no value, and is flat where all are the same', () => {
    expect(sparkline([undefined, 2, 2])).to.equal(' ▁▁');
    expect(sparkline([])).to.equal('');
  });
});
