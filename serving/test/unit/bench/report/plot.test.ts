import { expect } from 'chai';
import { COLOURS, colour } from '../../../../bench/report/colours.js';
import { renderPlot } from '../../../../bench/report/plot.js';

describe('plots of a benchmark', () => {
  const render = () =>
    renderPlot({
      title: 'CPU',
      data: { values: [{ server: 'a', value: 1 }] },
      mark: { type: 'bar', color: colour('ours') },
      encoding: {
        y: { field: 'server', type: 'nominal' },
        x: { field: 'value', type: 'quantitative' },
      },
    });

  it('say the same for the same figures', async () => {
    expect(await render()).to.equal(await render());
  });

  it('carry for each colour that they use its partner for dark pages', async () => {
    const svg = await render();
    const used = new Set(svg.split('</style>')[1]?.match(/#[0-9a-f]{6}/g));
    const known = new Map<string, string>(Object.values(COLOURS).map(({ light, dark }) => [light, dark]));
    expect(used).to.include(colour('ours'));
    for (const value of used) expect(svg).to.include(`[fill="${value}"]{fill:${known.get(value) ?? 'none'}}`);
  });
});
