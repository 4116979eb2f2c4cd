import { expect } from 'chai';
import type { Move } from '../../../src/promotion/move.js';
import { movesIn } from '../../../src/promotion/move.js';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { promote, type PromoteResult } from '../../../src/promotion/promote.js';
import { MlflowPromotionRecords } from '../../../src/registry/mlflow-promotion-records.js';
import { MlflowRegistry } from '../../../src/registry/mlflow-registry.js';
import { useRealRegistry } from '../../support/real-registry.js';

const AT_ONCE = 20;
/** Every one that loses begins again, so that the work grows with the square. */
const CHAINED = 5;
/** One server with one worker answers them all. */
const CALL_TIMEOUT_MS = 60_000;

describe('many promotions at once, with a real MLflow', function () {
  this.timeout(120_000);
  const real = useRealRegistry();

  const MODEL = 'raced';
  let versions: readonly string[];

  before(async () => {
    const registered: string[] = [];
    for (let i = 0; i < AT_ONCE; i += 1) {
      const { version, digest } = await real.register(MODEL);
      await real.registry.setModelVersionTag(MODEL, version, 'blessing_digest', digest);
      await real.registry.setModelVersionTag(MODEL, version, 'blessing', 'blessed');
      registered.push(version);
    }
    versions = registered;
  });

  /** As from a process of its own: nothing is shared but the server. */
  function promoteAlone(version: string, expectChampion: string): Promise<PromoteResult> {
    const connection = { trackingUri: real.trackingUri, timeoutMs: CALL_TIMEOUT_MS };
    return promote(new MlflowRegistry(connection), new MlflowPromotionRecords(connection), {
      ...{ model: MODEL, version, expectChampion },
      ...{ by: `ci-${version}`, reason: 'race', approvedBy: undefined, force: false, publicKeys: undefined },
      ...{ replicas: [], timeoutMs: 0 },
    });
  }

  async function history(): Promise<readonly Move[]> {
    const records = new MlflowPromotionRecords({ trackingUri: real.trackingUri, timeoutMs: 30_000 });
    return movesIn(await records.readAll(MODEL));
  }

  async function champion(): Promise<string | undefined> {
    return (await real.registry.getRegisteredModel(MODEL)).aliases.get('champion');
  }

  function experimentsOf(model: string): Promise<readonly string[]> {
    return real
      .post('/experiments/search', { max_results: 1_000, filter: `name LIKE 'promotions/${model}%'` })
      .then(({ text }) => (JSON.parse(text) as { experiments: { name: string }[] }).experiments)
      .then((experiments) => experiments.map(({ name }) => name));
  }

  it('lets one of twenty win on a registry that has no history yet; the others hear that champion moved', async () => {
    const outcomes = await Promise.allSettled(versions.map((version) => promoteAlone(version, 'none')));
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(won, String(lost[0])).to.have.length(1);
    for (const error of lost) {
      expect(error).to.be.instanceOf(PromotionError);
      expect((error as PromotionError).kind).to.equal('conflict');
      expect((error as PromotionError).message).to.include(
        `compared against champion none, but champion is now ${won[0]!.version}`,
      );
    }
    const moves = await history();
    expect(moves.map(({ from, to }) => [from, to])).to.deep.equal([['none', won[0]!.version]]);
    expect(moves[0]!.doneAt).to.be.a('string');
    expect(await champion()).to.equal(won[0]!.version);
    expect(await experimentsOf(MODEL), 'what the others had begun is gone').to.deep.equal([
      'promotions/raced',
    ]);
  });

  it('loses none of those that compare again after a conflict, and each line begins where the last one ended', async () => {
    const insist = async (version: string): Promise<void> => {
      for (;;) {
        const expected = (await champion()) ?? 'none';
        try {
          await promoteAlone(version, expected);
          return;
        } catch (error) {
          if (!(error instanceof PromotionError) || error.kind !== 'conflict') throw error;
        }
      }
    };
    const won = await champion();
    await Promise.all(
      versions
        .filter((version) => version !== won)
        .slice(0, CHAINED)
        .map(insist),
    );
    const moves = await history();
    expect(new Set(moves.map(({ to }) => to)).size).to.equal(CHAINED + 1);
    moves.forEach(({ from, action }, i) => {
      expect([action, from], `line ${i + 1}`).to.deep.equal(['promote', moves[i - 1]?.to ?? 'none']);
    });
    expect(await champion()).to.equal(moves.at(-1)!.to);
  });

  it('keeps a line as it was written, whoever tries to change it', async () => {
    const records = new MlflowPromotionRecords({ trackingUri: real.trackingUri, timeoutMs: 30_000 });
    expect(await records.writeOnce('kept', 'move-000001', 'first')).to.equal(true);
    expect(await records.writeOnce('kept', 'move-000001', 'first'), 'a repeated call').to.equal(true);
    expect(await records.writeOnce('kept', 'move-000001', 'second')).to.equal(false);
    expect([...(await records.readAll('kept'))]).to.deep.equal([['move-000001', 'first']]);
    expect([...(await records.readAll('never-promoted'))]).to.deep.equal([]);
  });

  it('says that a history was deleted, rather than begin another', async () => {
    const connection = { trackingUri: real.trackingUri, timeoutMs: 30_000 };
    await new MlflowPromotionRecords(connection).writeOnce('deleted', 'move-000001', 'first');
    const found = await real.post('/experiments/search', {
      max_results: 1,
      filter: "name = 'promotions/deleted'",
    });
    const { experiments } = JSON.parse(found.text) as { experiments: { experiment_id: string }[] };
    await real.post('/experiments/delete', { experiment_id: experiments[0]!.experiment_id });
    const error = await new MlflowPromotionRecords(connection).readAll('deleted').then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).to.include('was deleted from MLflow: restore experiment promotions/deleted');
  });
});
