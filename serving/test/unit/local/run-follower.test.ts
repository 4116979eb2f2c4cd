import { expect } from 'chai';
import { reasonIn } from '../../../local/run-follower.js';

describe('reasonIn', () => {
  it('begins where the task says what failed', () => {
    const log = [
      '::group::Pre',
      'reading',
      'validate failed: 3 rules broken',
      'AGE  in range  2',
      'Task failed with exception',
    ];
    expect(reasonIn(log)).to.deep.equal(['validate failed: 3 rules broken', 'AGE  in range  2']);
  });

  it("prefers an exception of the task to Airflow's report that its process ended", () => {
    const log = ['ValueError: no such column', 'subprocess.CalledProcessError: Command returned 1'];
    expect(reasonIn(log)[0]).to.equal('ValueError: no such column');
  });

  it('shows the end of a log that names nothing', () => {
    expect(reasonIn(['a', 'b', 'c'], 2)).to.deep.equal(['b', 'c']);
  });
});
