import { expect } from 'chai';
import { filledTemplate } from '../../../../local/monitoring/filled-template.js';

describe('a template', () => {
  it('gets the value of each name, wherever it stands', () => {
    expect(filledTemplate('a: ${ONE}\nb: "${TWO}/${ONE}"', { ONE: '1', TWO: '$&' })).to.equal(
      'a: 1\nb: "$&/1"',
    );
  });

  it('is not written without a value, or with one that nobody wants', () => {
    expect(() => filledTemplate('${ONE}', {})).to.throw('wants ONE');
    expect(() => filledTemplate('${ONE}', { ONE: '1', TWO: '2' })).to.throw('does not mention TWO');
  });
});
