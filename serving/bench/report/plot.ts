import * as vega from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';
import { colour, darkStyle } from './colours.js';

const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

const CONFIG: Config = {
  background: 'transparent',
  padding: 12,
  font: FONT,
  view: { stroke: null },
  title: { color: colour('ink'), subtitleColor: colour('muted'), anchor: 'start', fontSize: 15, offset: 14 },
  axis: {
    labelColor: colour('muted'),
    titleColor: colour('muted'),
    titleFontWeight: 'normal',
    labelFontSize: 12,
    labelLimit: 260,
    titleFontSize: 12,
    gridColor: colour('line'),
    domainColor: colour('line'),
    tickColor: colour('line'),
  },
  header: { labelColor: colour('ink'), titleColor: colour('muted'), labelFontSize: 12 },
  legend: { labelColor: colour('muted'), titleColor: colour('muted'), labelFontSize: 12, orient: 'top' },
  text: { color: colour('ink'), fontSize: 12 },
  range: {
    category: [colour('ours'), colour('second'), colour('third'), colour('limit'), colour('theirs')],
  },
};

/**
 * A Vega-Lite specification as SVG text, in the colours and fonts that all plots share, readable on light and on
 * dark pages. The same specification gives the same text.
 *
 * Take colours from `colour('ours')` and so on: others stay as they are on dark pages.
 */
export async function renderPlot(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile(spec, { config: CONFIG, logger: vega.logger(vega.Error) });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg.replace(/^(<svg[^>]*>)/, `$1${darkStyle()}`)}\n`;
}
