import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const alertFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.looseObject({ dashboard: z.string() }),
        }),
      ),
    }),
  ),
});

export interface AlertRule {
  readonly name: string;
  readonly expr: string;
  /** The uid of the dashboard to look at. */
  readonly dashboard: string;
}

const FOLDER = path.join(import.meta.dirname, '..', 'alerts');

/** All alerts, as Prometheus loads them. */
export const alertRules: readonly AlertRule[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .flatMap((file) => alertFile.parse(parse(readFileSync(path.join(FOLDER, file), 'utf8'))).groups)
  .flatMap(({ rules }) => rules)
  .map(({ alert, expr, annotations }) => ({ name: alert, expr, dashboard: annotations.dashboard }));

/**
 * What an alert compares an expression with, so that a line in a chart is where the alert fires.
 *
 * @param operand the end of what stands before the comparison: a metric, or a call such as `time()`; the first counts
 * @throws when there is no such alert, or it compares nothing like that with a number
 */
export function limitOf(alert: string, operand: string): number {
  const rule = alertRules.find(({ name }) => name === alert);
  if (rule === undefined) throw new Error(`There is no alert ${alert} in monitoring/alerts.`);
  const selector = String.raw`(?:\{[^}]*\})?(?:\[[^\]]*\])?[\s)]*`;
  const comparison = new RegExp(
    String.raw`${operand.replaceAll(/[()]/g, String.raw`\$&`)}${selector}(?:>=|<=|==|>|<)\s*([\d.]+(?:\s*\*\s*[\d.]+)*)`,
  ).exec(rule.expr);
  if (comparison === null) throw new Error(`The alert ${alert} does not compare ${operand} with a number.`);
  const product = comparison[1]!.split('*').reduce((left, factor) => left * Number(factor), 1);
  // 14.4 * 0.001 is to be 0.0144.
  return Number(product.toPrecision(12));
}
