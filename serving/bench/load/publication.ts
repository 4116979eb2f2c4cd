import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { writePlot, writeSection } from '../report/document.js';
import { describeMachine, thisMachine } from '../report/machine.js';
import { renderPlot } from '../report/plot.js';
import { RESULTS, writeResults } from '../report/raw-results.js';
import { describeVerdict, type Verdict } from './verdict.js';

/** Others that want this much of a core are seen in every latency. */
const BUSY_LOAD = 0.5;

/**
 * Where the figures of a benchmark go: its section of the page and the plots beside it, or, from a run too short
 * to be quoted, `.reports/bench`.
 */
export class Publication {
  readonly #name: string;
  readonly #isDraft: boolean;

  constructor(name: string, isDraft: boolean) {
    this.#name = name;
    this.#isDraft = isDraft;
    const [lastMinute = 0] = loadavg();
    if (lastMinute > BUSY_LOAD) {
      process.stdout.write(
        `This machine is busy (load ${lastMinute.toFixed(1)} in the last minute): latencies will say so.\n`,
      );
    }
  }

  /** @returns the Markdown that shows the plot */
  async plot(name: string, spec: TopLevelSpec, alternative: string): Promise<string> {
    const svg = await renderPlot(spec);
    if (!this.#isDraft) return writePlot(name, svg, alternative);
    await mkdir(RESULTS, { recursive: true });
    await writeFile(join(RESULTS, `${name}.svg`), svg);
    return `![${alternative}](${name}.svg)`;
  }

  /** @param parts Markdown, a paragraph, table or plot each */
  async write(parts: readonly string[], verdicts: readonly Verdict[], raw: object): Promise<void> {
    const machine = thisMachine();
    await writeResults(this.#name, { machine, draft: this.#isDraft, verdicts, ...raw });
    const lines = verdicts.map((verdict) => `- ${describeVerdict(verdict)}`);
    const text = [...parts, lines.join('\n'), describeMachine(machine)].filter(Boolean).join('\n\n');
    if (this.#isDraft) await writeFile(join(RESULTS, `${this.#name}.md`), `${text}\n`);
    else await writeSection(this.#name, text);
    process.stdout.write(`\n${text}\n\n${this.#isDraft ? `Too short to be quoted: in ${RESULTS}` : ''}\n`);
  }
}
