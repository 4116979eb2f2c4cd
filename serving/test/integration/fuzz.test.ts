import { expect } from 'chai';
import type { Manifest } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { CallSender } from '../fuzz/call-sender.js';
import { CaseSource } from '../fuzz/case-source.js';
import { fuzzedSettings } from '../fuzz/fuzzed-settings.js';
import { fuzz, send, type FuzzedTier } from '../fuzz/fuzzer.js';
import { CANARY } from '../fuzz/json-mutations.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { TierUnderTest } from '../support/tier-under-test.js';

const SEED = 20_260_101;
const CASES = 1_500;
const FUZZING_MS = 15_000;

describe('input of every kind, damaged', () => {
  let running: TierUnderTest;
  let tier: FuzzedTier;
  let manifests: readonly Manifest[];

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA, columnsStrings } = await realPackages();
    manifests = [tensorA.manifest, columnsStrings.manifest];
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    registry.promote(columnsStrings);
    running = await TierUnderTest.startReady(registry, fuzzedSettings(manifests));
    const { tier: ports, log } = running;
    tier = {
      port: ports.port,
      grpcPort: ports.grpcPort,
      managementPort: ports.managementPort,
      isAlive: () => true,
      complaints: () => {
        const lines = log.lines.splice(0);
        return lines
          .filter((line) => line.level >= 50 || JSON.stringify(line).includes(CANARY))
          .map((line) => `logged: ${JSON.stringify(line)}`);
      },
    };
  });

  after(() => running.stop());

  it('starts from exchanges that are answered as asked', async () => {
    const calls = new CallSender(tier.grpcPort);
    for (const valid of new CaseSource(SEED, manifests).valid()) {
      const { problems, answer } = await send(valid, tier, calls);
      expect(problems, valid.what).to.deep.equal([]);
      expect(answer, valid.what).to.be.oneOf(['200', '202', 'gRPC 0']);
    }
    calls.close();
  });

  it('is refused with a documented code, and leaves the tier as it was', async function () {
    this.timeout(6 * FUZZING_MS);
    const report = await fuzz(tier, new CaseSource(SEED, manifests), {
      from: 0,
      to: CASES,
      connections: 32,
      until: performance.now() + FUZZING_MS,
      manifests,
    });
    const found = report.findings.map(({ cases, problems }) => ({
      problems,
      cases: cases.map(({ number, what }) => `${number} ${what}`),
    }));
    expect(found, `seed ${SEED}; make fuzz SEED=${SEED} finds it again`).to.deep.equal([]);
    expect(report.answers.get('200'), 'damage that leaves a request whole').to.be.greaterThan(0);
    expect(report.answers.get('422')).to.be.greaterThan(0);
  });
});
