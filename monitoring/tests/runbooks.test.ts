import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const RUNBOOKS = path.join(import.meta.dirname, '..', 'runbooks');
const MAKEFILE = path.join(import.meta.dirname, '..', '..', 'Makefile');
const USAGE = path.join(import.meta.dirname, '..', '..', 'serving', 'src', 'cli', 'usage.ts');
const SECTIONS = ['Symptom', 'Impact', 'Quick checks', 'Decision', 'Fix and rollback', 'Afterwards'];

const pages = readdirSync(RUNBOOKS)
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: readFileSync(path.join(RUNBOOKS, file), 'utf8') }));
const runbooks = pages.filter(({ file }) => file !== 'incident-response.md');

/** As GitHub makes the anchor of a heading. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('runbooks', () => {
  for (const { file, text } of runbooks) {
    it(`${file} has its sections in their order, a command to check with, and a decision`, () => {
      expect(text.split('\n')[0]).to.equal(`# ${file.replace('.md', '')}`);
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).to.deep.equal(SECTIONS);
      for (const section of text.split(/^## /m).slice(1)) {
        expect(section.split('\n').slice(1).join('').trim(), section.split('\n')[0]).to.not.equal('');
      }
      expect(text).to.match(/^## Quick checks\n\n```sh\n[^]+?\n```\n$/m);
      expect(text).to.match(/^\| if \| then \|\n\| --- \| --- \|\n(?:\| .+ \| .+ \|\n){2,}/m);
    });
  }

  it('name only targets of make that exist', () => {
    const targets = new Set(readFileSync(MAKEFILE, 'utf8').match(/^[a-z0-9-]+(?=:)/gm));
    const named = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:`|^|; )make ([a-z][a-z0-9-]*)/gm)].map(([, target]) => ({
        file,
        target: target!,
      })),
    );
    expect(named).to.not.be.empty;
    expect(named.filter(({ target }) => !targets.has(target))).to.deep.equal([]);
  });

  it('use only commands and options of the command line that it has', () => {
    const usage = readFileSync(USAGE, 'utf8');
    const commands = new Set(usage.match(/(?<=^ {2})[a-z-]+(?= )/gm));
    const options = new Set(usage.match(/--[a-z-]+/g));
    const used = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/\$cli ([a-z-]+)([^`#;|\n]*)/g)].map(([, command, rest]) => ({
        file,
        command: command!,
        unknown: [...rest!.matchAll(/--[a-z-]+/g)].map(([name]) => name).filter((name) => !options.has(name)),
      })),
    );
    expect(used).to.not.be.empty;
    expect(used.filter(({ command, unknown }) => !commands.has(command) || unknown.length > 0)).to.deep.equal(
      [],
    );
  });

  it('lead to pages and headings that exist', () => {
    const broken = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link!)
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => {
          const [target, anchor] = link.split('#');
          const page = path.join(RUNBOOKS, target === '' ? file : target!);
          if (!existsSync(page)) return true;
          return anchor !== undefined && !anchorsOf(readFileSync(page, 'utf8')).includes(anchor);
        })
        .map((link) => `${file}: ${link}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('are all to be found from incident-response.md', () => {
    const overview = pages.find(({ file }) => file === 'incident-response.md')!.text;
    expect(
      runbooks.filter(({ file }) => !overview.includes(`](${file})`)).map(({ file }) => file),
    ).to.deep.equal([]);
  });
});
