import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';

/** The one alert that a local run may see sooner. */
const SHORTENED = 'ServingAtMaxReplicasAndHot';

/**
 * A file of alerts in which this one fires earlier; all else is as it was.
 * @param hold how long it must have been true, such as `20s`
 */
export function withShortenedHold(text: string, hold: string): string {
  const document = parseDocument(text);
  const groups = document.get('groups');
  for (const group of isSeq(groups) ? groups.items : []) {
    const rules = isMap(group) ? group.get('rules') : undefined;
    for (const rule of isSeq(rules) ? rules.items : []) {
      if (!isMap(rule) || rule.get('alert') !== SHORTENED) continue;
      rule.commentBefore = ` In this local copy alone: \`for\` is ${hold} (ALERT_FOR) instead of ${String(rule.get('for'))}.`;
      rule.set('for', hold);
      const annotations = rule.get('annotations');
      // Whoever gets its message must not read the shipped time in it.
      if (isMap(annotations)) {
        annotations.set(
          'description',
          `${String(annotations.get('description'))} Here: for ${hold} (ALERT_FOR).`,
        );
      }
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** Writes such copies of all files of alerts into a folder, instead of what was in it. */
export function writeShortenedAlerts(from: string, to: string, hold: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => name.endsWith('.yaml'))) {
    writeFileSync(path.join(to, file), withShortenedHold(readFileSync(path.join(from, file), 'utf8'), hold));
  }
}
