import { expect } from 'chai';
import { ChampionMover, type Intent, type MoveOutcome } from '../../../src/promotion/champion-mover.js';
import { doneKey, moveKey, movesIn, type Move } from '../../../src/promotion/move.js';
import { RegistryError } from '../../../src/registry/model-registry.js';
import { FakePromotionRecords } from '../../fakes/fake-promotion-records.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

const VERSIONS = 25;

describe('ChampionMover', () => {
  const modelPackage = writePackage();
  let registry: FakeRegistry;
  let records: FakePromotionRecords;

  beforeEach(() => {
    registry = new FakeRegistry();
    records = new FakePromotionRecords();
    for (let version = 1; version <= VERSIONS; version += 1) registry.register(modelPackage);
  });

  function mover(): ChampionMover {
    return new ChampionMover(registry, records, 'toy');
  }

  function intent(to: string, overrides: Partial<Intent> = {}): Intent {
    return {
      action: 'promote',
      to,
      by: `ci-${to}`,
      reason: 'better',
      approvedBy: undefined,
      forced: false,
      digest: modelPackage.digest,
      blessingDigest: modelPackage.digest,
      ...overrides,
    };
  }

  function move(to: string, overrides: Partial<Intent> = {}): Promise<MoveOutcome> {
    return mover().move(() => Promise.resolve(intent(to, overrides)));
  }

  async function champion(): Promise<string | undefined> {
    return (await registry.getRegisteredModel('toy')).aliases.get('champion');
  }

  function moves(): readonly Move[] {
    return movesIn(records.written);
  }

  function chain(): string[] {
    return moves().map(({ action, from, to }) => `${action} ${from} -> ${to}`);
  }

  it('writes the line, then moves the alias, then says that it is done', async () => {
    const order: string[] = [];
    records.beforeWrite = async (key) => {
      order.push(`${key} while champion is ${(await champion()) ?? 'none'}`);
    };
    const outcome = await move('1');
    expect(order).to.deep.equal(['move-000001 while champion is none', 'done-000001 while champion is 1']);
    expect(outcome.notes).to.deep.equal([]);
    expect(outcome.move).to.include({ number: 1, from: 'none', to: '1', by: 'ci-1', reason: 'better' });
    expect(outcome.move?.doneAt).to.be.a('string');
  });

  it('moves nothing where there is nothing to move', async () => {
    await move('1');
    const outcome = await mover().move(() => Promise.resolve(undefined));
    expect(outcome).to.deep.include({ move: undefined, champion: '1' });
    expect(chain()).to.deep.equal(['promote none -> 1']);
  });

  it('lets one of twenty that expect the same champion win', async () => {
    await move('1');
    const attempts = Array.from({ length: 20 }, (_, i) =>
      mover().move((rest) =>
        rest.champion === '1' ? Promise.resolve(intent(String(i + 2))) : Promise.reject(new Error('moved')),
      ),
    );
    const won = (await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled');
    expect(won).to.have.length(1);
    expect(moves()).to.have.length(2);
    expect(await champion()).to.equal(moves()[1]!.to);
  });

  it('loses none of twenty that take whatever champion there is', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => move(String(i + 1))));
    const line = moves();
    expect(line).to.have.length(20);
    expect(new Set(line.map(({ to }) => to)).size).to.equal(20);
    line.forEach(({ from }, i) => {
      expect(from, `line ${i + 1} begins where the one before ended`).to.equal(line[i - 1]?.to ?? 'none');
    });
    expect(await champion()).to.equal(line.at(-1)!.to);
  });

  /** A command that dies before the record of this key is written. */
  async function dieBefore(key: string, to: string, overrides: Partial<Intent> = {}): Promise<void> {
    records.beforeWrite = (written) => {
      if (written === key) throw new RegistryError('unreachable', 'killed');
    };
    await rejection(move(to, overrides), RegistryError);
    records.beforeWrite = () => undefined;
  }

  describe('after a command that died', () => {
    beforeEach(() => move('1'));

    it('before its line was written: nothing has happened', async () => {
      await dieBefore(moveKey(2), '2');
      expect(await champion()).to.equal('1');
      const { notes } = await move('3');
      expect(chain().slice(1)).to.deep.equal(['promote 1 -> 3']);
      expect(notes).to.deep.equal([]);
    });

    it('between line and alias: finishes that move first, and says so', async () => {
      await dieBefore(doneKey(2), '2');
      registry.point('toy', 'champion', '1');
      const seen: string[] = [];
      const { notes } = await mover().move((rest) => {
        seen.push(rest.champion);
        return Promise.resolve(intent('3'));
      });
      expect(seen, 'judged with the move finished').to.deep.equal(['2']);
      expect(chain().slice(1)).to.deep.equal(['promote 1 -> 2', 'promote 2 -> 3']);
      expect(moves().every(({ doneAt }) => doneAt !== undefined)).to.equal(true);
      expect(notes).to.have.length(1);
      expect(notes[0]).to.match(/^finished what ci-2 had begun at .*: 1 -> 2$/);
    });

    it('between alias and mark: marks it', async () => {
      await dieBefore(doneKey(2), '2');
      expect(await champion()).to.equal('2');
      const { notes } = await move('3');
      expect(chain().slice(1)).to.deep.equal(['promote 1 -> 2', 'promote 2 -> 3']);
      expect(notes).to.deep.equal([]);
    });

    it('with a version that is there no more: gives it up, in the history too', async () => {
      await dieBefore(doneKey(2), '2');
      registry.point('toy', 'champion', '1');
      registry.remove('toy', '2');
      const { notes } = await move('3');
      expect(chain().slice(1)).to.deep.equal(['promote 1 -> 2', 'observed 2 -> 1', 'promote 1 -> 3']);
      expect(notes[0]).to.include("the move to 2 can't be finished");
      expect(await champion()).to.equal('3');
    });
  });

  it('writes down that somebody moved the alias without it, then judges', async () => {
    await move('1');
    registry.point('toy', 'champion', '7');
    const { notes } = await move('2');
    expect(chain()).to.deep.equal(['promote none -> 1', 'observed 1 -> 7', 'promote 7 -> 2']);
    expect(notes).to.deep.equal([
      'champion was 7 where the history said 1: the alias was moved without this command',
    ]);
  });

  it('writes down the champion that there was before the history', async () => {
    registry.point('toy', 'champion', '4');
    await move('5');
    expect(chain()).to.deep.equal(['observed none -> 4', 'promote 4 -> 5']);
  });

  it('writes down that the alias was taken away', async () => {
    await move('1');
    registry.removeAlias('toy', 'champion');
    await move('2');
    expect(chain().slice(1)).to.deep.equal(['observed 1 -> none', 'promote none -> 2']);
  });

  it('leaves the alias with the last line when it was slow to set its own', async () => {
    await move('1');
    let held: (() => void) | undefined;
    const isHeld = new Promise<void>((reached) => {
      const set = registry.setRegisteredModelAlias.bind(registry);
      registry.setRegisteredModelAlias = async (name, alias, version) => {
        if (version === '2' && held === undefined) {
          await new Promise<void>((resolve) => {
            held = resolve;
            reached();
          });
        }
        await set(name, alias, version);
      };
    });
    const slow = move('2');
    await isHeld;
    // Somebody else finishes that move, and makes another.
    await move('3');
    expect(await champion()).to.equal('3');
    held!();
    await slow;
    expect(await champion()).to.equal('3');
    expect(chain()).to.deep.equal(['promote none -> 1', 'promote 1 -> 2', 'promote 2 -> 3']);
  });

  describe('does not take the move of another for one without the command, when it comes', () => {
    /** Another makes a whole move after the first answer of this method was computed, before it arrives. */
    function interrupt<K extends string>(
      target: Record<K, (...args: never[]) => Promise<unknown>>,
      method: K,
    ): void {
      const original = target[method].bind(target);
      let interrupted = false;
      target[method] = async (...args: never[]) => {
        const answer = await original(...args);
        if (!interrupted) {
          interrupted = true;
          await move('2');
        }
        return answer;
      };
    }

    beforeEach(() => move('1'));

    afterEach(async () => {
      await move('3');
      expect(chain().slice(1)).to.deep.equal(['promote 1 -> 2', 'promote 2 -> 3']);
      expect(await champion()).to.equal('3');
    });

    it('while the history is read', () => {
      interrupt(records, 'readAll');
    });

    it('while the alias is read', () => {
      interrupt(registry, 'getRegisteredModel');
    });
  });

  it('marks a version that is promoted without a blessing, also when the move is finished by another', async () => {
    await move('1');
    await dieBefore(doneKey(2), '2', { forced: true, reason: 'incident 7' });
    registry.tagsOf('toy', '2').delete('promoted_without_blessing');
    await move('3');
    const mark = JSON.parse(registry.tagsOf('toy', '2').get('promoted_without_blessing')!) as object;
    expect(mark).to.include({ reason: 'incident 7', by: 'ci-2' });
    expect(registry.tagsOf('toy', '3').has('promoted_without_blessing')).to.equal(false);
  });

  it('decides nothing on a history that it can not read', async () => {
    await move('1');
    records.written.set(moveKey(2), 'scribble');
    await rejection(move('2'), Error);
    expect(await champion()).to.equal('1');
  });

  it('says who knows that every replica served the version, once', async () => {
    const { move: made } = await move('1');
    await mover().markServed(made!, 3);
    await mover().markServed(made!, 2);
    expect(moves()[0]!.served).to.include({ replicas: 3 });
  });
});
