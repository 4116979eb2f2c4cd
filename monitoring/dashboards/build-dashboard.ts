import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { alertAnnotation, quarantineAnnotation, swapAnnotation } from './annotations.js';
import { buildPanel } from './build-panel.js';
import type { DashboardDefinition } from './definition.js';
import { dataSourceVariable, labelVariable, runbooksVariable } from './variables.js';

/** All of ours have it, and only they: the links between dashboards go by it. */
const TAG = 'retraining-platform';

/**
 * Grafana's classic JSON, which provisioning and the sidecar read in every version of Grafana that is in use. The same
 * definition gives the same JSON: ids are counted.
 */
export function buildDashboard(definition: DashboardDefinition): Dashboard {
  const builder = new DashboardBuilder(definition.title)
    .uid(definition.uid)
    .description(definition.description)
    .tags([TAG])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    // What somebody saves in Grafana is overwritten by the next deployment: change the code instead.
    .readonly()
    .variables([dataSourceVariable(), ...definition.variables.map(labelVariable), runbooksVariable()])
    .annotations([alertAnnotation(), swapAnnotation(), quarantineAnnotation()])
    .link(
      new DashboardLinkBuilder('Dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  let id = 0;
  for (const row of definition.rows) {
    builder.withRow(new RowBuilder(row.title).id(++id));
    for (const chart of row.charts) builder.withPanel(buildPanel(chart, ++id));
  }
  const dashboard = builder.build();
  // The builder hides links in a menu, where Grafana knows such a menu.
  for (const link of dashboard.links ?? []) delete link.placement;
  return dashboard;
}
