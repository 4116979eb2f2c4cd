import { expect } from 'chai';
import { historyOf, historyPage, historyTable } from '../../../src/cli/history.js';
import { ChampionMover, type Intent } from '../../../src/promotion/champion-mover.js';
import { movesIn } from '../../../src/promotion/move.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';

describe('history', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const intent: Intent = {
    ...{ action: 'promote', to: '1', by: 'ci', reason: 'better', approvedBy: undefined },
    ...{ forced: false, digest, blessingDigest: digest },
  };
  let registry: FakeRegistry;
  let records: FakePromotionRecords;

  beforeEach(async () => {
    registry = new FakeRegistry();
    records = new FakePromotionRecords();
    for (let i = 0; i < 3; i += 1) registry.register(writePackage());
    const mover = new ChampionMover(registry, records, 'toy', () => new Date('2026-05-01T12:00:00.500Z'));
    await mover.move(() => Promise.resolve(intent));
    await mover.markServed(movesIn(records.written)[0]!, 3);
    await mover.move(() =>
      Promise.resolve({ ...intent, to: '2', reason: '', forced: true, approvedBy: 'ana', digest: undefined }),
    );
  });

  it('is a table, the latest move first', async () => {
    const table = historyTable(await historyOf(registry, records, 'toy', 10));
    expect(table.split('\n')).to.deep.equal([
      '#  when                  what            from -> to  digest               served    who                  why',
      '2  2026-05-01T12:00:00Z  promote FORCED  1 -> 2      -                    -         ci, approved by ana  -',
      '1  2026-05-01T12:00:00Z  promote         none -> 1   sha256:aaaaaaaaaaaa  by all 3  ci                   better',
      'champion of toy is 2',
    ]);
  });

  it('is a page, too', async () => {
    const lines = historyPage(await historyOf(registry, records, 'toy', 1)).split('\n');
    expect(lines[0]).to.equal('### History of toy');
    expect(lines[4]).to.equal('| 2 | 2026-05-01T12:00:00Z | promote FORCED | 1 -> 2 | - | - | ci, approved by ana | - |');
    expect(lines.slice(-2)).to.deep.equal(['... and 1 before', 'champion of toy is 2']);
  }); // prettier-ignore

  it('is cut, and says by how much', async () => {
    const history = await historyOf(registry, records, 'toy', 1);
    expect(history.moves.map(({ move }) => move)).to.deep.equal([2]);
    expect(historyTable(history)).to.include('\n... and 1 before\n');
  });

  it('says that the alias was moved without it, and writes nothing', async () => {
    registry.point('toy', 'champion', '3');
    const before = new Map(records.written);
    const history = await historyOf(registry, records, 'toy', 10);
    expect(history).to.include({ champion: '3', standing: 'moved-outside' });
    expect(historyTable(history)).to.include(
      'champion of toy is 3; the alias was moved without this command',
    );
    expect(records.written).to.deep.equal(before);
  });
});
