import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The folder `monitoring/`. */
export const ROOT = join(import.meta.dirname, '..', '..');

const rule = z.object({
  record: z.string().optional(),
  alert: z.string().optional(),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});
const ruleFile = z.object({
  groups: z.array(z.object({ name: z.string(), interval: z.string(), rules: z.array(rule) })),
});
const testFile = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z
        .array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }))
        .default([]),
    }),
  ),
});

export interface Alert {
  readonly name: string;
  /** The file without its ending. */
  readonly component: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(ROOT, folder, file));
}

export const RULE_FILES = filesOf('rules');
export const ALERT_FILES = filesOf('alerts');
export const TEST_FILES = filesOf(join('tests', 'rules'));

function groupsOf(path: string) {
  return ruleFile.parse(parse(readFileSync(path, 'utf8'))).groups;
}

/** Every group of rules and alerts. */
export const GROUPS = [...RULE_FILES, ...ALERT_FILES].flatMap(groupsOf);

/** Names of all recorded series. */
export const RECORDED = new Set(
  RULE_FILES.flatMap(groupsOf)
    .flatMap(({ rules }) => rules)
    .flatMap(({ record }) => record ?? []),
);

export const ALERTS: readonly Alert[] = ALERT_FILES.flatMap((path) =>
  groupsOf(path).flatMap(({ rules }) =>
    rules.map(({ alert, expr, labels, annotations }) => ({
      name: alert ?? 'without a name',
      component: basename(path, '.yaml'),
      expr,
      labels,
      annotations,
    })),
  ),
);

/** What promtool is told to expect, over all of its files. */
export const EXPECTATIONS = TEST_FILES.flatMap((path) =>
  testFile.parse(parse(readFileSync(path, 'utf8'))).tests.flatMap((test) => test.alert_rule_test),
).map(({ alertname, exp_alerts: expected }) => ({ alert: alertname, fires: expected.length > 0 }));
