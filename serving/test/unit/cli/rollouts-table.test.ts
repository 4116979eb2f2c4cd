import { expect } from 'chai';
import { rolloutsOf, rolloutsPage, rolloutsTable } from '../../../src/cli/rollouts-table.js';
import { readPlan } from '../../../src/rollout/plan.js';
import {
  encodeDone,
  encodeHeader,
  encodeRolloutLine,
  lineDoneKey,
  lineKey,
  rolloutKey,
  rolloutsIn,
} from '../../../src/rollout/rollout-records.js';

describe('rollouts', () => {
  const at = (minute: number): string => `2026-05-01T12:0${minute}:00.500Z`;
  const records = new Map<string, string>();
  const done = { outcome: 'done', detail: '', served_after_seconds: null, replicas: null } as const;

  function write(rollout: number, ...lines: readonly (readonly [string, string, number | null])[]): void {
    const header = { version: '7', digest: 'sha256:7', champion: '6', begin: 'canary', by: 'ana' } as const;
    const text = encodeHeader({ ...header, approvedBy: undefined, at: at(0), plan: readPlan('') }, 'id');
    records.set(rolloutKey(rollout), text);
    lines.forEach(([decision, phase, percent], i) => {
      const line = { at: at(i), decision, phase, percent, reason: `because ${i}`, cause: null, numbers: [] };
      records.set(lineKey(rollout, i + 1), encodeRolloutLine(line as never, 'id'));
      records.set(lineDoneKey(rollout, i + 1), encodeDone({ ...done, at: at(i) }));
    });
  }

  before(() => {
    write(1, ['begin', 'canary', 5], ['abort', 'canary', 5]);
    write(2, ['begin', 'canary', 5], ['promote', 'baking', null], ['rollback', 'baking', null]);
    const moved = { ...done, at: at(2), served_after_seconds: 3.21, replicas: 2 };
    records.set(lineDoneKey(2, 3), encodeDone(moved));
  });

  it('are a table, the latest decision first', () => {
    expect(rolloutsTable(rolloutsOf('toy', rolloutsIn(records), 10)).split('\n')).to.deep.equal([
      '#    when                  version    what      phase       took   why',
      '2.3  2026-05-01T12:02:00Z  7 (was 6)  rollback  baking      3.2 s  because 2',
      '2.2  2026-05-01T12:01:00Z  7 (was 6)  promote   baking      -      because 1',
      '2.1  2026-05-01T12:00:00Z  7 (was 6)  begin     canary 5 %  -      because 0',
      '1.2  2026-05-01T12:01:00Z  7 (was 6)  abort     canary 5 %  -      because 1',
      '1.1  2026-05-01T12:00:00Z  7 (was 6)  begin     canary 5 %  -      because 0',
      'rollout 2 of toy, version 7: rolled_back',
    ]);
  });

  it('are a page with the numbers of each decision, those of another release as they are', () => {
    const seen = { metric: 'errors', verdict: 'harmful', estimate: 0.62, lower: 0.51, upper: 0.73, limit: 0.01 };
    const numbers = [seen, { metric: 'vibes', verdict: 'bad' }];
    const line = { at: at(1), decision: 'abort', phase: 'canary', percent: 5, reason: 'worse', cause: 'errors', numbers };
    const of = new Map([...records].filter(([key]) => key.startsWith('rollout-000001')));
    of.set(lineKey(1, 2), encodeRolloutLine(line as never, 'id'));
    const page = rolloutsPage(rolloutsOf('toy', rolloutsIn(of), 10)).split('\n');
    expect(page[4]).to.equal('| 1.2 | 2026-05-01T12:01:00Z | 7 (was 6) | abort | canary 5 % | - | worse |');
    expect(page).to.include('rollout 1 of toy, version 7: aborted');
    expect(page.slice(-2)).to.deep.equal([
      '| 1.2 | abort | harmful | failed requests +62 % (51 % to 73 %; tolerated 1 %) |',
      '| 1.2 | abort | - | {"metric":"vibes","verdict":"bad"} |',
    ]);
  }); // prettier-ignore

  it('are cut, and say by how much', () => {
    const cut = rolloutsOf('toy', rolloutsIn(records), 1);
    expect(cut).to.include({ total: 2 });
    expect(cut.rollouts.map(({ rollout, state }) => [rollout, state])).to.deep.equal([[2, 'rolled_back']]);
    expect(rolloutsTable(cut)).to.include('... and 1 rollouts before');
  });

  it('are none where none was', () => {
    expect(rolloutsTable(rolloutsOf('toy', [], 5))).to.equal('toy has had no rollout');
  });
});
