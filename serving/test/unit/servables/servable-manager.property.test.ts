import { expect } from 'chai';
import fc from 'fast-check';
import { LoadError, RequestError, type LoadErrorCode } from '../../../src/errors.js';
import type { ModelPackage } from '../../../src/model-package/manifest.js';
import { ServableManager } from '../../../src/servables/servable-manager.js';
import type { ServableHandle, ServableId } from '../../../src/servables/servable.js';
import { sameServable } from '../../../src/servables/version-policy.js';
import { SessionCounter } from '../../fakes/session-counter.js';
import { eventually } from '../../support/eventually.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { editPackage } from '../../support/package-folders.js';
import { servableId } from '../../support/servable-ids.js';

/** How a download ends: with the package, with one whose golden rows do not match, or with an error. */
type Outcome = 'good' | 'golden rows that do not match' | LoadErrorCode;

interface Download {
  readonly id: ServableId;
  readonly end: (outcome: Outcome) => void;
}

/** What holds whatever happened, and what there is to do it with. */
class World {
  readonly manager: ServableManager;
  readonly downloads: Download[] = [];
  readonly handles: ServableHandle[] = [];
  readonly #packages: ReadonlyMap<string, ModelPackage>;
  readonly #broken: ModelPackage;
  nowMs = 0;
  aspired: ServableId | undefined;
  wasAvailable = false;

  constructor(packages: ReadonlyMap<string, ModelPackage>, broken: ModelPackage) {
    this.#packages = packages;
    this.#broken = broken;
    this.manager = new ServableManager(
      { fetch: (id) => this.#fetch(id) },
      { intraOpThreads: 1, unknownFeatures: 'refuse', inlineModelBytes: Infinity },
      { loaded: () => (this.wasAvailable = true), loadFailed: ignore, retired: ignore, releaseFailed: fail },
      () => new Date(this.nowMs),
    );
  }

  #fetch(id: ServableId): Promise<ModelPackage> {
    return new Promise((resolve, reject) => {
      const end = (outcome: Outcome): void => {
        this.downloads.splice(this.downloads.indexOf(download), 1);
        if (outcome === 'good') resolve(this.#packages.get(id.digest)!);
        else if (outcome === 'golden rows that do not match') resolve(this.#broken);
        else reject(new LoadError(outcome, `${outcome} of version ${id.version}`));
      };
      const download = { id, end };
      this.downloads.push(download);
    });
  }

  aspire(id: ServableId): void {
    this.aspired = id;
    void this.manager.aspire(id);
  }

  /** Holds between any two steps, be they in one turn of the event loop. */
  expectService(): void {
    const { champion } = this.manager;
    if (this.wasAvailable) expect(champion?.state, 'state of the champion').to.equal('available');
    for (const { servable } of this.handles) {
      expect(servable.state, `state of version ${servable.id.version}, which is held`).to.be.oneOf([
        'available',
        'quiescing',
      ]);
    }
  }

  /** Holds once everything that was begun has gone as far as it can without a download, a release or a new wish. */
  async settle(): Promise<void> {
    await eventually(() => {
      const states = this.manager.servables.map(({ state }) => state);
      const count = (wanted: string): number => states.filter((state) => state === wanted).length;
      expect(count('loading'), 'loading').to.equal(this.downloads.length).and.to.be.at.most(1);
      expect(count('available'), 'available').to.equal(this.wasAvailable ? 1 : 0);
      for (const { id, state, inFlight } of this.manager.servables) {
        if (state === 'quiescing') expect(inFlight, `requests that hold ${id.version}`).to.be.above(0);
      }
    });
    this.expectService();
    for (const { servable } of this.handles) await servable.run(servable.encoder.encode([[1, 1, 1]]));
  }

  /** Whatever happened, the version that is wished for last comes to answer, and in the end nothing is left. */
  async end(last: ServableId): Promise<void> {
    await this.settle();
    this.nowMs += 10 * 3_600_000;
    this.aspire(last);
    await eventually(() => {
      for (const { end } of [...this.downloads]) end('good');
      expect(this.manager.champion?.id).to.satisfy(
        (id: ServableId | undefined) => id && sameServable(id, last),
      );
    });
    await this.settle();
    let isClosed = false;
    const closed = this.manager.close().then(() => {
      isClosed = true;
    });
    for (const handle of this.handles.splice(0)) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(isClosed, 'closed while a request holds a servable').to.equal(false);
      handle.release();
    }
    await closed;
    expect(() => this.manager.acquire()).to.throw(RequestError);
    expect(
      this.manager.servables.map(({ state }) => state).filter((state) => state !== 'unloaded'),
    ).to.deep.equal([]);
  }
}

function ignore(): void {
  // The world looks for itself.
}

function fail(id: ServableId, message: string): void {
  throw new Error(`version ${id.version} was not freed: ${message}`);
}

/** One thing that happens; its name is what a counterexample is made of. */
interface Step {
  readonly name: string;
  readonly run: (world: World) => void | Promise<void>;
}

function step(name: string, run: Step['run']): Step {
  return { name, run };
}

describe('ServableManager, whatever the order of events', function () {
  this.timeout(120_000);
  let ids: readonly ServableId[];
  let packages: Map<string, ModelPackage>;
  let broken: ModelPackage;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA, tensorB } = await realPackages();
    packages = new Map([
      [tensorA.digest, tensorA],
      [tensorB.digest, tensorB],
    ]);
    broken = editPackage(tensorA, { manifest: (draft) => (draft.golden.outputs['score']![0] = 0.999) });
    // Two versions with the same bytes, and one version with others.
    ids = [
      servableId(tensorA, '1'),
      servableId(tensorB, '2'),
      servableId(tensorA, '3'),
      servableId(tensorB, '1'),
    ];
  });

  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Outcome>('good') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Outcome>(
        'DOWNLOAD_FAILED',
        'DIGEST_MISMATCH',
        'golden rows that do not match',
      ),
    },
  );

  const steps: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.nat(3).map((i) =>
        step(`aspire to #${i}`, (world) => {
          world.aspire(ids[i]!);
        }),
      ),
    },
    {
      weight: 4,
      arbitrary: outcomes.map((outcome) =>
        step(`download ends: ${outcome}`, (world) => world.downloads[0]?.end(outcome)),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.constant(
        step('acquire', (world) => {
          if (world.wasAvailable || world.manager.champion !== undefined)
            world.handles.push(world.manager.acquire());
          else expect(() => world.manager.acquire()).to.throw(RequestError);
        }),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.nat(9).map((i) =>
        step(`release handle ${i}`, (world) => {
          const [handle] = world.handles.splice(world.handles.length === 0 ? 0 : i % world.handles.length, 1);
          handle?.release();
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 1, max: 8 }).map((turns) =>
        step(`${turns} microtasks`, async () => {
          for (let i = 0; i < turns; i += 1) await Promise.resolve();
        }),
      ),
    },
    { weight: 3, arbitrary: fc.constant(step('settle', (world) => world.settle())) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(1_000, 60_000, 3_600_000).map((ms) =>
        step(`${ms / 1_000} s pass`, (world) => {
          world.nowMs += ms;
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constant(
        step('forget failures', (world) => {
          world.manager.forgetFailures();
        }),
      ),
    },
  );

  it('keeps a good servable available once one was, and every servable for as long as it is held', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { maxLength: 40, size: 'max' }).map((list) => ({
          list,
          toString: () => `\n  ${list.map(({ name }) => name).join('\n  ')}\n`,
        })),
        fc.nat(3),
        async ({ list }, last) => {
          const sessions = new SessionCounter();
          try {
            const world = new World(packages, broken);
            for (const { run } of list) {
              await run(world);
              world.expectService();
            }
            await world.end(ids[last]!);
            expect(sessions.released, 'sessions that were released').to.equal(sessions.created);
          } finally {
            sessions.restore();
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
