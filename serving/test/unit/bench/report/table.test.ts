import { expect } from 'chai';
import { figure, markdownTable } from '../../../../bench/report/table.js';

describe('tables of a benchmark', () => {
  it('show three significant digits, whatever the size', () => {
    expect([0.01234, 0.5, 1.234, 42, 99.96, 123.4, 12_345].map(figure)).to.deep.equal([
      '0.012',
      '0.500',
      '1.23',
      '42.0',
      '100.0',
      '123',
      '12,345',
    ]);
  });

  it('show a dash for what could not be measured', () => {
    expect(figure(Number.NaN)).to.equal('–');
  });

  it('keep a bar in a cell from ending it', () => {
    const text = markdownTable([{ heading: 'what', cell: (row: string) => row }], ['a|b']);
    expect(text).to.equal('| what |\n| --- |\n| a\\|b |');
  });
});
