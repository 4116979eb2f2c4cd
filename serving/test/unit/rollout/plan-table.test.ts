import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { DEFAULT_PLAN } from '../../../src/rollout/default-plan.js';
import { EXIT } from '../../../src/cli/exit-codes.js';

/** Cells of each row of the table that begins with this heading. */
function tableOf(text: string, heading: string): readonly (readonly string[])[] {
  const lines = text.slice(text.indexOf(heading)).split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end === -1 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/live-traffic.md', () => {
  const text = readFileSync(new URL('../../../docs/live-traffic.md', import.meta.url), 'utf8');

  it('has every member of the plan with its default, and no other', () => {
    const documented = Object.fromEntries(
      tableOf(text, '| key | default |').map(([key, value]) => [key!.replaceAll('`', ''), value!]),
    );
    const expected = Object.entries(DEFAULT_PLAN).flatMap(([key, value]) =>
      typeof value === 'number'
        ? [[key, String(value)]]
        : Object.entries(value).map(([member, one]) => [
            `${key}.${member}`,
            Array.isArray(one) ? one.join(', ') : String(one),
          ]),
    );
    expect(documented).to.deep.equal(Object.fromEntries(expected));
  });

  it('has the exit statuses that only a rollout has', () => {
    const documented = tableOf(text, '| exit status of `rollout` |').map(([status]) => status);
    for (const status of [EXIT.ok, EXIT.rolloutGoesOn, EXIT.rolloutAborted, EXIT.rolledBack]) {
      expect(documented).to.include(String(status));
    }
  });
});
