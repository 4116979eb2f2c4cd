import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { SERVER } from '../../../src/api/model-metadata.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { PROJECT_ROOT } from './workflow-files.js';

const SCRIPT = '.github/tools/version.sh';

/** What it looks into, as it says itself. */
const places = [...readFileSync(join(PROJECT_ROOT, SCRIPT), 'utf8').matchAll(/^ {2}['"](\S+\/\S+) /gm)].map(
  ([, file]) => file!,
);

const version = (
  JSON.parse(readFileSync(join(PROJECT_ROOT, 'serving/package.json'), 'utf8')) as { version: string }
).version;

/** A copy of all that has a version, to be changed. */
function copyOfPlaces(): string {
  const root = temporaryDirectory();
  for (const file of [SCRIPT, 'serving/package.json', ...places]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(PROJECT_ROOT, file), join(root, file));
  }
  return root;
}

function check(root: string, ...tag: string[]): { readonly exitCode: number | null; readonly said: string } {
  const { status, stderr } = spawnSync(join(root, SCRIPT), ['check', ...tag], { encoding: 'utf8' });
  return { exitCode: status, said: stderr };
}

describe('the version', () => {
  it('is one for the package, the charts, the tags of images in values and what the tier says of itself', () => {
    expect(check(PROJECT_ROOT, `v${version}`)).to.deep.equal({ exitCode: 0, said: '' });
    expect(SERVER.version).to.equal(version);
    for (const chart of ['serving', 'mlflow', 'platform']) {
      const text = readFileSync(join(PROJECT_ROOT, 'helm', chart, 'Chart.yaml'), 'utf8');
      expect(parse(text), chart).to.include({ version, appVersion: version });
    }
  });

  for (const file of places) {
    it(`must be changed in ${file} too`, () => {
      const root = copyOfPlaces();
      const path = join(root, file);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(version, '77.0.1'));
      const { exitCode, said } = check(root);
      expect(exitCode).to.equal(1);
      expect(said).to.include(file).and.to.include('77.0.1');
    });
  }

  it('must be that of the tag that releases it', () => {
    const { exitCode, said } = check(PROJECT_ROOT, 'v77.0.1');
    expect(exitCode).to.equal(1);
    expect(said).to.include('make set-version VERSION=77.0.1');
  });

  it('is the label of images', () => {
    const build = readFileSync(join(PROJECT_ROOT, 'helm/images/labelled-build.sh'), 'utf8');
    const [, program] = /VERSION=\$\(node -p '([^']+)'\)/.exec(build) ?? [];
    expect(execFileSync('node', ['-p', program!], { cwd: PROJECT_ROOT, encoding: 'utf8' }).trim()).to.equal(
      version,
    );
  });
});
