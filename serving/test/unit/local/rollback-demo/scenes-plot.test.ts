import { expect } from 'chai';
import { renderPlot } from '../../../../bench/report/plot.js';
import type { RequestRecord } from '../../../../local/cluster/load-report.js';
import type { Scene } from '../../../../local/rollback-demo/scene.js';
import { answerWindows, scenesPlot } from '../../../../local/rollback-demo/scenes-plot.js';

const requests: readonly RequestRecord[] = [
  { at: 10_000, ms: 100, status: 200, version: '1' },
  { at: 10_950, ms: 100, status: 200, version: '2' },
  { at: 11_200, ms: 10, status: 200, version: '2' },
  { at: 11_300, ms: 10, status: 500, version: '2', failure: 'status 500' },
  { at: 11_400, ms: 10, status: 200, version: '9' },
  { at: 12_900, ms: 900, status: 200, version: '1' },
];
const scene: Scene = {
  title: 'wrong: version 2',
  before: '1',
  version: '2',
  startedAt: 10_000,
  endedAt: 12_500,
  marks: [{ second: 1, text: 'taken back' }],
  requests,
};

describe('the picture of the scenes', () => {
  it('counts answers in the second in which they came, and leaves out the one that is not over', () => {
    const counted = answerWindows(scene)
      .filter(({ perSecond }) => perSecond > 0)
      .map(({ series, second, perSecond }) => [series, second, perSecond]);
    expect(counted).to.deep.equal([
      ['answered by the champion before', 0, 1],
      ['answered by the new version', 1, 2],
      ['failed', 1, 1],
    ]);
    expect(answerWindows(scene)).to.have.length(6);
  });

  it('names scenes and moments, and says that clients are simulated', async () => {
    const svg = await renderPlot(scenesPlot([scene]));
    for (const text of ['simulated', 'wrong: version 2', 'taken back', 'answered by the new version'])
      expect(svg).to.include(text);
  });
});
