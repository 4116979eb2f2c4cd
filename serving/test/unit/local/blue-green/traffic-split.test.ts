import { expect } from 'chai';
import { colourOf } from '../../../../local/blue-green/blue-green.js';
import { allTo, coloursIn, describeSplit, splitOf } from '../../../../local/blue-green/traffic-split.js';

describe('TrafficSplit', () => {
  it('is two whole numbers, of which one may be 0', () => {
    expect(splitOf(9, 1)).to.deep.equal({ blue: 9, green: 1 });
    expect(splitOf(0, 1)).to.deep.equal({ blue: 0, green: 1 });
    expect(splitOf(1000, 1000)).to.deep.equal({ blue: 1000, green: 1000 });
  });

  for (const [blue, green] of [
    [0, 0],
    [-1, 1],
    [1.5, 1],
    [1001, 1],
    [Number('nine'), 1],
    [undefined, 1],
    [9, undefined],
  ]) {
    it(`is not ${String(blue)}:${String(green)}`, () => {
      expect(() => splitOf(blue, green)).to.throw('Weights are whole numbers');
    });
  }

  it('says shares beside weights', () => {
    expect(describeSplit({ blue: 9, green: 1 })).to.equal('blue 9, green 1 (90 % : 10 %)');
    expect(describeSplit({ blue: 2, green: 1 })).to.equal('blue 2, green 1 (66.67 % : 33.33 %)');
    expect(describeSplit(allTo('green'))).to.equal('blue 0, green 1 (0 % : 100 %)');
  });

  it('names the colours that get traffic', () => {
    expect(coloursIn({ blue: 9, green: 1 })).to.deep.equal(['blue', 'green']);
    expect(coloursIn(allTo('blue'))).to.deep.equal(['blue']);
  });

  it('knows its colours by name', () => {
    expect(colourOf('green')).to.equal('green');
    for (const name of [undefined, 'red', 'Green']) expect(() => colourOf(name)).to.throw('Which colour');
  });
});
