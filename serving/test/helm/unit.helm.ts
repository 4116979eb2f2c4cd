import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { CHARTS, chartFolder, HELM_UNITTEST } from './charts.js';

interface ChartTests {
  readonly cases: readonly { readonly suite: string; readonly name: string; readonly isPassed: boolean }[];
  /** All that was printed, where something failed. */
  readonly printed: string;
}

function unescape(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function attribute(tag: string, name: string): string {
  return unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** Runs a chart's own tests, `tests/*_test.yaml`. */
async function runTests(chart: string): Promise<ChartTests> {
  const folder = await mkdtemp(join(tmpdir(), 'unittest-'));
  try {
    const report = join(folder, 'report.xml');
    const options = ['--strict', '--with-subchart=false', '--output-type', 'JUnit', '--output-file', report];
    const args = [...options, chartFolder(chart)];
    const printed = await runCommand(HELM_UNITTEST, args, { timeoutMs: 120_000 }).catch((error: unknown) => {
      if (error instanceof CommandFailure) return error.stdout + error.stderr;
      throw error;
    });
    // It writes none when it could not read a chart.
    const xml = existsSync(report) ? await readFile(report, 'utf8') : '';
    const cases = [...xml.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)].map(
      ([, tag = '', , body = '']) => ({
        suite: attribute(tag, 'classname'),
        name: attribute(tag, 'name'),
        isPassed: !/<(failure|error)\b/.test(body),
      }),
    );
    return { cases, printed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const chart of CHARTS) {
  const { cases, printed } = await runTests(chart);

  describe(`tests of the chart ${chart}`, () => {
    it('were run, all of them', async () => {
      const folder = join(chartFolder(chart), 'tests');
      const files = existsSync(folder) ? await readdir(folder) : [];
      const suites = files.filter((file) => file.endsWith('_test.yaml'));
      expect(suites, 'no tests').not.to.deep.equal([]);
      expect(cases.length, printed).to.be.at.least(suites.length);
    });

    for (const { suite, name, isPassed } of cases) {
      it(`${suite}: ${name}`, () => {
        expect(isPassed, printed).to.equal(true);
      });
    }
  });
}
