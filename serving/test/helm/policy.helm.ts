import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../local/cluster/child-command.js';
import { CASES, CHECKOV, HELM, HELM_ROOT, templateArguments, type ChartCase } from './charts.js';

/** Checks that are skipped, each with its reason. */
const CONFIGURATION = join(HELM_ROOT, 'checkov.yaml');

const reportSchema = z.object({
  results: z.object({
    passed_checks: z.array(z.object({ check_id: z.string() })),
    failed_checks: z.array(
      z.object({
        check_id: z.string(),
        check_name: z.string(),
        file_path: z.string(),
        resource: z.string(),
      }),
    ),
    parsing_errors: z.array(z.string()),
  }),
});

/** Without the pods of `helm test`: they run once, so that there is nothing to probe or to reach. */
function rendered(chartCase: ChartCase): Promise<string> {
  return runCommand(HELM, [...templateArguments(chartCase), '--skip-tests']);
}

describe('policies', function () {
  this.timeout(240_000);

  let folder: string;
  let results: z.infer<typeof reportSchema>['results'];

  const fileOf = (index: number): string => `${String(index)}.yaml`;

  // All cases at once: to start it takes longer than to check.
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policies-'));
    for (const [index, chartCase] of CASES.entries()) {
      // One that can't be rendered fails below, by itself.
      await writeFile(join(folder, fileOf(index)), await rendered(chartCase).catch(() => ''));
    }
    const flags = ['--framework', 'kubernetes', '--soft-fail', '--compact', '--output', 'json'];
    const args = ['--config-file', CONFIGURATION, '--directory', folder, ...flags];
    const report = await runCommand(CHECKOV, args, { timeoutMs: 200_000 });
    ({ results } = reportSchema.parse(JSON.parse(report)));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  // Offline, checkov knows no severities: every finding counts.
  for (const [index, chartCase] of CASES.entries()) {
    it(`find nothing in ${chartCase.name}`, async () => {
      await rendered(chartCase);
      const found = results.failed_checks
        .filter(({ file_path: path }) => basename(path) === fileOf(index))
        .map(({ check_id: id, check_name: name, resource }) => `${id} ${resource}: ${name}`);
      expect(found).to.deep.equal([]);
    });
  }

  it('were applied to everything that was rendered', () => {
    expect(results.parsing_errors).to.deep.equal([]);
    expect(results.passed_checks.length).to.be.greaterThan(CASES.length * 10);
  });

  it('are skipped for a reason that is told', async () => {
    const lines = (await readFile(CONFIGURATION, 'utf8')).split('\n');
    const unexplained = lines.filter((line, index) => {
      const before = lines[index - 1]?.trim() ?? '';
      return /^\s*- CKV/.test(line) && !before.startsWith('#');
    });
    expect(unexplained).to.deep.equal([]);
  });
});
