import { expect } from 'chai';
import { markdownTable, textTable } from '../../../src/cli/table.js';

describe('tables', () => {
  const headings = ['who', 'why'];

  it('have columns as wide as their widest cell, and no blanks at the end', () => {
    expect(textTable(headings, [['ana', 'x'], ['an administrator', '']])).to.deep.equal([
      'who               why',
      'ana               x',
      'an administrator',
    ]); // prettier-ignore
  });

  it('keep what somebody wrote a text in Markdown: no column, line, link or element of its own', () => {
    expect(markdownTable(headings, [['ana', 'a | b\n<img src=x> `c` \\| & d']])).to.deep.equal([
      '| who | why |',
      '| --- | --- |',
      '| ana | a \\| b &lt;img src=x> \\`c\\` \\\\\\| &amp; d |',
    ]);
  });
});
