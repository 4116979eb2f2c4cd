import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { defaultVariables } from '../../src/config.js';
import { SERVING_ROOT } from '../support/training-environment.js';

/** As it would be written into an environment; nothing for what has no default. */
function written(value: unknown): string {
  return value === undefined
    ? ''
    : `\`${(value as string | number | boolean | readonly string[]).toString()}\``;
}

describe('docs/settings.md', () => {
  const page = readFileSync(join(SERVING_ROOT, 'docs/settings.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \| (.*?) ?\| ?(.*?) ?\|$/gm)];
  const documented = new Map(rows.map(([, name, value]) => [name!, value!]));
  const defaults = Object.entries(defaultVariables());

  for (const [name, value] of defaults) {
    const shown = Array.isArray(value) && value.length === 0 ? undefined : value;
    it(`says of ${name} what it is when it is not set`, () => {
      expect(documented.get(name)).to.equal(written(shown));
    });
  }

  it('has no other variable, and none twice', () => {
    expect(rows.map(([, name]) => name)).to.have.members(defaults.map(([name]) => name));
  });
});
