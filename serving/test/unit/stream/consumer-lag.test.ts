import { expect } from 'chai';
import { lagsOf } from '../../../src/stream/consumer-lag.js';

describe('the lag of a partition', () => {
  const end = (partition: number, offset: string, low = '0') => ({ partition, offset, low });

  it('is what lies between the end and what is committed', () => {
    expect(lagsOf([end(0, '10')], [{ partition: 0, offset: '7' }]).get(0)).to.equal(3);
  });

  it('counts from the oldest message while nothing is committed, or what is committed is gone', () => {
    expect(lagsOf([end(0, '10', '4')], [{ partition: 0, offset: '-1' }]).get(0)).to.equal(6);
    expect(lagsOf([end(0, '10', '4')], []).get(0)).to.equal(6);
    expect(lagsOf([end(0, '10', '4')], [{ partition: 0, offset: '2' }]).get(0)).to.equal(6);
  });

  it('is never negative: the two are not read at one moment', () => {
    expect(lagsOf([end(0, '10')], [{ partition: 0, offset: '11' }]).get(0)).to.equal(0);
  });
});
