import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricNames } from './support/metric-names.js';
import { ALERTS, GROUPS, RECORDED, ROOT } from './support/rule-files.js';

const SOURCES = z
  .record(z.string(), z.array(z.string()))
  .parse(parse(readFileSync(join(import.meta.dirname, 'metric-sources.yaml'), 'utf8')));
const KNOWN = new Set(Object.values(SOURCES).flat());

function histogramOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

const read = new Set(GROUPS.flatMap(({ rules }) => rules).flatMap(({ expr }) => [...metricNames(expr)]));

describe('series that rules read', () => {
  it('are recorded, or told by somebody who is named', () => {
    const unknown = [...read].filter(
      (name) => !(name.includes(':') ? RECORDED : KNOWN).has(name) && !KNOWN.has(histogramOf(name)),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('are all that is listed as a source', () => {
    const names = new Set([...read].flatMap((name) => [name, histogramOf(name)]));
    expect([...KNOWN].filter((name) => !names.has(name))).to.deep.equal([]);
  });

  it('stand under their name in the file that is said to tell them', () => {
    const missing = Object.entries(SOURCES)
      .filter(([source]) => !source.includes(' ') && source.includes('/'))
      .flatMap(([source, names]) => {
        const text = readFileSync(join(ROOT, '..', source), 'utf8');
        return names
          .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
          .map((name) => `${source}: ${name}`);
      });
    expect(missing).to.deep.equal([]);
  });

  it('are recorded where a text of an alert asks for them', () => {
    const asked = ALERTS.flatMap(({ annotations }) => Object.values(annotations))
      .join(' ')
      .matchAll(/\b(?:namespace|instance)\w*:[\w:]+/g);
    expect([...asked].map(([name]) => name).filter((name) => !RECORDED.has(name))).to.deep.equal([]);
  });
});
