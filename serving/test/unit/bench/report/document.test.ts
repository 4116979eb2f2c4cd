import { expect } from 'chai';
import { withSection } from '../../../../bench/report/document.js';

describe('the page of benchmarks', () => {
  const page = 'before\n<!-- begin a -->\nold\n<!-- end a -->\nbetween\n<!-- begin b -->\n<!-- end b -->\n';

  it('gets one section replaced and keeps the rest', () => {
    expect(withSection(page, 'a', '\nnew\n')).to.equal(page.replace('old', 'new'));
  });

  it('stays as it is when the same is written again', () => {
    const once = withSection(page, 'b', 'text');
    expect(withSection(once, 'b', 'text')).to.equal(once);
  });

  it('refuses a section that it has no place for', () => {
    expect(() => withSection(page, 'c', 'text')).to.throw('There are no markers <!-- begin c -->');
  });
});
