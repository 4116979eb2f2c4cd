import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from './workflow-files.js';

const configurationSchema = z.object({
  updates: z.array(
    z.looseObject({
      'package-ecosystem': z.string(),
      directory: z.string().optional(),
      directories: z.array(z.string()).optional(),
    }),
  ),
});

const { updates } = configurationSchema.parse(
  parse(readFileSync(join(PROJECT_ROOT, '.github/dependabot.yml'), 'utf8')),
);

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: PROJECT_ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => existsSync(join(PROJECT_ROOT, file)));

/** Files that name what others publish, by the ecosystem that they are of. */
const MANIFESTS: Readonly<Record<string, RegExp>> = {
  npm: /(^|\/)package-lock\.json$/,
  pip: /\.lock$/,
  gomod: /(^|\/)go\.mod$/,
  docker: /(^|\/)Dockerfile$/,
  terraform: /^terraform\/(bootstrap|environments\/[^/]+|modules\/[^/]+)\/versions\.tf$/,
  maven: /(^|\/)pom\.xml$/,
  'github-actions': /^\.github\/actions\/.*action\.ya?ml$/,
};

/** A module that lets another one build without parts of it: nothing of it is published. */
const LEFT_OUT = [/^monitoring\/logging\/collector-build\/without-profiles\//];

/** As Dependabot reads it: a star is one folder. */
const fits = (folder: string, pattern: string): boolean =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`).test(folder);

const foldersOf = (ecosystem: string): string[] =>
  updates
    .filter((update) => update['package-ecosystem'] === ecosystem)
    .flatMap(({ directory, directories = [] }) => [
      ...directories,
      ...(directory === undefined ? [] : [directory]),
    ]);

describe('dependabot', () => {
  for (const [ecosystem, manifest] of Object.entries(MANIFESTS)) {
    it(`looks into every folder of ${ecosystem}`, () => {
      const wanted = files
        // Helm's lock is of another kind.
        .filter((file) => manifest.test(file) && !file.endsWith('Chart.lock'))
        .filter((file) => !LEFT_OUT.some((left) => left.test(file)))
        .map((file) => `/${dirname(file)}`);
      expect(wanted).not.to.have.length(0);
      for (const folder of new Set(wanted)) {
        const found = foldersOf(ecosystem).some((pattern) => fits(folder, pattern));
        expect(found, `${ecosystem}: ${folder}`).to.equal(true);
      }
    });

    it(`looks into no folder without ${ecosystem}`, () => {
      const folders = files.filter((file) => manifest.test(file)).map((file) => `/${dirname(file)}`);
      // Workflows are looked for by themselves.
      for (const pattern of foldersOf(ecosystem).filter((folder) => folder !== '/')) {
        expect(
          folders.some((folder) => fits(folder, pattern)),
          `${ecosystem}: ${pattern}`,
        ).to.equal(true);
      }
    });
  }
});

describe('CODEOWNERS', () => {
  it('names what is there', () => {
    const lines = readFileSync(join(PROJECT_ROOT, '.github/CODEOWNERS'), 'utf8').split('\n');
    const owned = lines.filter((line) => /^[^#\s]/.test(line)).map((line) => line.split(/\s+/));
    expect(owned.length).to.be.greaterThan(5);
    for (const [path, ...owners] of owned) {
      expect(owners, path).not.to.have.length(0);
      if (path !== '*') expect(existsSync(join(PROJECT_ROOT, path!)), path).to.equal(true);
    }
  });
});
