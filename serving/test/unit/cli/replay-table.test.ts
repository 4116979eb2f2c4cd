import { expect } from 'chai';
import { replayTable } from '../../../src/cli/replay-table.js';

const nothing = { replayed: 0, truncated: 0, exhausted: 0, foreign: 0 };

describe('the table of a replay', () => {
  it('has a line for each reason', () => {
    const reasons = { malformed: nothing, poison: { ...nothing, replayed: 12 } };
    expect(replayTable({ dryRun: false, isComplete: true, reasons }).split('\n')).to.deep.equal([
      'reason     replayed  cut off  too often  of another topic',
      'malformed         0        0          0                 0',
      'poison           12        0          0                 0',
    ]);
  });

  it('says what was not sent and why', () => {
    const reasons = { oversized: { replayed: 0, truncated: 1, exhausted: 2, foreign: 3 } };
    const table = replayTable({ dryRun: false, isComplete: false, reasons });
    expect(table)
      .to.contain('not all there')
      .and.contain('came back too often')
      .and.contain('STREAM_INPUT_TOPIC')
      .and.contain('limit was reached');
  });

  it('promises only, when nothing is to be sent', () => {
    const table = replayTable({ dryRun: true, isComplete: true, reasons: { poison: nothing } });
    expect(table).to.contain('to replay').and.contain('Nothing was sent');
  });
});
