import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { renderPlot } from '../../../../../bench/report/plot.js';
import { chaosPlot } from '../../../../../local/cluster/chaos/chaos-plot.js';
import {
  readResults,
  reportPage,
  resultsTable,
  writeResults,
} from '../../../../../local/cluster/chaos/chaos-report.js';
import { processesOf } from '../../../../../local/cluster/chaos/container-processes.js';
import { outageSeconds } from '../../../../../local/cluster/chaos/outage.js';
import { isPlausibleShare } from '../../../../../local/cluster/chaos/plausible-share.js';
import { hasPassed, NO_FAILURES, type Played } from '../../../../../local/cluster/chaos/scenario.js';
import { chosenScenarios, SCENARIOS } from '../../../../../local/cluster/chaos/scenarios.js';
import { reportOf, type RequestRecord } from '../../../../../local/cluster/load-report.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const answered = (at: number): RequestRecord => ({ at, ms: 10, status: 200 });
const failed = (at: number): RequestRecord => ({ at, ms: 50, status: 503, failure: 'status 503: no pods' });

function played(records: readonly RequestRecord[], passed: boolean): Played {
  return {
    name: 'pod-kill',
    what: 'A pod is gone.',
    startedAt: '2026-01-01T00:00:00.000Z',
    load: reportOf(records),
    checks: [
      { what: NO_FAILURES, passed, found: 'as counted' },
      { what: 'another took its place', passed: true, found: 'after 5 s' },
    ],
    marks: [{ at: 1_020, text: 'delete' }],
    pods: [
      { at: 1_000, pods: 4, ready: 4, ending: 0 },
      { at: 1_030, pods: 4, ready: 3, ending: 1 },
    ],
    records,
  };
}

describe('an outage', () => {
  it('is the longest time without an answer to what was due, in whichever order it came', () => {
    const records = [answered(0), failed(20), answered(40), failed(1_000), answered(2_540), answered(2_560)];
    expect(outageSeconds(records)).to.equal(2.5);
    expect(outageSeconds(records.toReversed())).to.equal(2.5);
  });

  it('is no longer than the time between two requests where all are answered', () => {
    expect(outageSeconds([answered(0), answered(20), answered(40)])).to.equal(0.02);
    expect(outageSeconds([])).to.equal(0);
  });
});

describe('the share of a canary', () => {
  it('is what chance leaves of its weight', () => {
    for (const found of [68, 100, 132]) expect(isPlausibleShare(found, 1_000, 0.1), `${found}`).to.be.true;
    for (const found of [0, 60, 140, 1_000])
      expect(isPlausibleShare(found, 1_000, 0.1), `${found}`).to.be.false;
  });

  it('is everything or nothing where it is to be', () => {
    expect(isPlausibleShare(600, 600, 1)).to.be.true;
    expect(isPlausibleShare(599, 600, 1)).to.be.false;
    expect(isPlausibleShare(1, 600, 0)).to.be.false;
  });

  it('is not known of no requests', () => {
    expect(isPlausibleShare(0, 0, 0.1)).to.be.false;
  });
});

describe('the scenarios', () => {
  it('have names of their own', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).to.equal(SCENARIOS.length);
  });

  it('are all played unless some are chosen, always in their order', () => {
    expect(chosenScenarios([])).to.deep.equal(SCENARIOS);
    const [first, second] = SCENARIOS;
    expect(chosenScenarios([second!.name, first!.name])).to.deep.equal([first, second]);
  });

  it('are named to whoever asks for one that there is not', () => {
    expect(() => chosenScenarios(['rolling-update', 'meteorite']))
      .to.throw('There is no scenario meteorite.')
      .with.property('remedy')
      .that.includes('rolling-update, helm-rollback');
  });
});

describe('the processes of a container', () => {
  it('are those of its group, the first of them first', () => {
    const procfs = temporaryDirectory();
    const process = (pid: number, group: string, inside: string): void => {
      mkdirSync(join(procfs, String(pid)));
      writeFileSync(join(procfs, String(pid), 'cgroup'), `0::/kubepods/burstable/pod1/${group}\n`);
      writeFileSync(join(procfs, String(pid), 'status'), `Name:\tnode\nNSpid:\t${pid}\t${inside}\n`);
    };
    process(300, 'abc123', '18');
    process(200, 'def456', '1');
    process(400, 'abc123', '1');
    mkdirSync(join(procfs, '500'));
    mkdirSync(join(procfs, 'self'));
    expect(processesOf('containerd://abc123', procfs)).to.deep.equal([
      { pid: 400, inside: 1 },
      { pid: 300, inside: 18 },
    ]);
    expect(processesOf('containerd://nothing', procfs)).to.deep.equal([]);
  });
});

describe('the report', () => {
  const good = played([answered(1_000), answered(1_020)], true);
  const bad = played([answered(1_000), failed(1_020), failed(1_040)], false);

  it('has a line for each scenario, and says which did not hold', () => {
    expect(hasPassed(good)).to.be.true;
    expect(hasPassed(bad)).to.be.false;
    const [, , first, second] = resultsTable([good, bad]).split('\n');
    expect(first).to.equal(
      '| [pod-kill](#pod-kill) | yes | 2 | 0 | 10.0 | 10.0 | 10.0 | 0 | another took its place: after 5 s |',
    );
    expect(second).to.equal(
      '| [pod-kill](#pod-kill) | **NO** | 3 | 2 | 10.0 | 10.0 | 10.0 | 0 | no request failed: as counted |',
    );
  });

  it('tells failures that look alike once, with their number and when they began', () => {
    const page = reportPage(['Somewhere.'], [bad], { plots: 'plots', isPlotted: () => true });
    expect(page).to.include('- **NOT**: no request failed: as counted');
    expect(page).to.include('- 2 times, first at second 0.0: `status 503: no pods`');
    expect(page).to.include('](plots/pod-kill.svg)');
    const plain = reportPage([], [good], { plots: '.', isPlotted: () => false });
    expect(plain).not.to.include('Failed requests');
    expect(plain).not.to.include('.svg');
  });

  it('keeps every request of the last time that a scenario was played', () => {
    const folder = temporaryDirectory();
    writeResults(folder, good);
    expect(readResults(folder, ['rolling-update', 'pod-kill'])).to.deep.equal([good]);
    writeResults(folder, bad);
    expect(readResults(folder, ['rolling-update', 'pod-kill'])).to.deep.equal([bad]);
  });

  it('draws what happened over time, with its marks', async () => {
    const svg = await renderPlot(chaosPlot(bad));
    for (const text of ['pod-kill', 'delete', '% answered', 'p99', 'ready', 'ending'])
      expect(svg).to.include(text);
  });
});
