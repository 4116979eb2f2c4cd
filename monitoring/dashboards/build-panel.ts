import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { DATA_SOURCE } from './data-source.js';
import type { Chart, Query, Threshold, ValueName } from './definition.js';

/** Rows of the grid. A figure is a number and needs half of what a chart does. */
const CHART_HEIGHT = 8;
const FIGURE_HEIGHT = 4;

/** The panel of a chart, without its place in the grid, which the dashboard gives. */
export function buildPanel(chart: Chart, id: number): Builder<Panel> {
  const panel = panelOf(chart)
    .id(id)
    .title(chart.title)
    .description(chart.description)
    .datasource(DATA_SOURCE)
    .unit(chart.unit)
    .span(chart.width)
    .height(chart.form === 'figure' ? FIGURE_HEIGHT : CHART_HEIGHT)
    .targets(chart.queries.map((query, index) => target(query, index, chart.form)))
    .thresholds(thresholds(chart.threshold));
  if (chart.min !== undefined) panel.min(chart.min);
  if (chart.max !== undefined) panel.max(chart.max);
  if (chart.decimals !== undefined) panel.decimals(chart.decimals);
  if (chart.names !== undefined) panel.mappings([mapping(chart.names)]);
  if (chart.runbooks !== undefined) panel.links(chart.runbooks.map(runbookLink));
  return panel;
}

function panelOf(chart: Chart): TimeseriesBuilder | StatBuilder | StateTimelineBuilder | TableBuilder {
  switch (chart.form) {
    case 'lines':
      return overTime(chart);
    case 'stacked':
      return overTime(chart).fillOpacity(30).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    case 'figure':
      return new StatBuilder()
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .colorMode(chart.threshold ? BigValueColorMode.Value : BigValueColorMode.None)
        .graphMode(BigValueGraphMode.Area)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    case 'states':
      return new StateTimelineBuilder()
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .showValue(VisibilityMode.Never)
        .legend(legend())
        .tooltip(tooltip());
    case 'table':
      // Columns are the labels and the value; the time is that of the question.
      return new TableBuilder().withTransformation({
        id: 'organize',
        options: { excludeByName: { Time: true }, renameByName: { Value: 'since' } },
      });
  }
}

function overTime({ threshold }: Chart): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip())
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        threshold ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    );
}

const legend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);

const tooltip = (): VizTooltipOptionsBuilder =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

function target({ expr, legend: name }: Query, index: number, form: Chart['form']): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .expr(expr)
    .legendFormat(name)
    .refId(String.fromCharCode('A'.charCodeAt(0) + index));
  return form === 'table' ? query.instant().format(PromQueryFormat.Table) : query.range();
}

function thresholds(threshold: Threshold | undefined): ThresholdsConfigBuilder {
  const [low, high] = threshold?.badWhen === 'below' ? ['red', 'green'] : ['green', 'red'];
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: low },
      ...(threshold === undefined ? [] : [{ value: threshold.value, color: high }]),
    ]);
}

function mapping(names: readonly ValueName[]): ValueMapping {
  return {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      names.map(({ value, name, colour }, index) => [String(value), { text: name, color: colour, index }]),
    ),
  };
}

function runbookLink(alert: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`)
    .type(DashboardLinkType.Link)
    .url(`\${runbooks}/${alert}.md`)
    .targetBlank(true);
}
