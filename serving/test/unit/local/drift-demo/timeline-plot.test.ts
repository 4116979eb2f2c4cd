import { expect } from 'chai';
import { renderPlot } from '../../../../bench/report/plot.js';
import type { Moment } from '../../../../local/drift-demo/timeline.js';
import { timelinePlot } from '../../../../local/drift-demo/timeline-plot.js';

const moment = (second: number, version: string, psi: number | undefined): Moment => ({
  second,
  act: 1,
  version,
  psi,
  worstFeature: 'A',
  scorePsi: psi,
  drifted: 0,
  auc: 0.8,
  defaultRate: 0.2,
  failures: 0,
});

describe('the picture of the play', () => {
  it('names the acts and the versions, and says that the rows are simulated', async () => {
    const moments = [moment(0, '1', undefined), moment(1, '1', 0.1), moment(2, '2', 0.4)];
    const svg = await renderPlot(timelinePlot({ moments, marks: [{ second: 0, text: 'the calm act' }] }));
    for (const text of ['simulated', 'the calm act', 'version 1', 'version 2']) expect(svg).to.include(text);
  });
});
