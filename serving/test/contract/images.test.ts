import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { SERVING_ROOT } from '../support/training-environment.js';

const ROOT = join(SERVING_ROOT, '..');
const DOCKERFILES = [
  'serving/Dockerfile',
  'dags/Dockerfile',
  'mlflow/Dockerfile',
  ...readdirSync(join(ROOT, 'helm/dev-images')).map((name) => `helm/dev-images/${name}/Dockerfile`),
];
const LABELS = ['title', 'description', 'licenses', 'version', 'revision', 'created', 'base.name'];

/** Instructions, each on one line, without comments. */
function instructions(file: string): string[] {
  return readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** The versions that a lock pins, by package; several where they depend on the version of Python. */
function pins(lock: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const text = readFileSync(join(ROOT, lock), 'utf8');
  for (const [, name = '', version = ''] of text.matchAll(/^([\w.-]+)==([^\s;\\]+)/gm)) {
    found.set(name, (found.get(name) ?? new Set()).add(version));
  }
  return found;
}

describe('the images of the platform', () => {
  for (const file of DOCKERFILES) {
    describe(file, () => {
      const lines = instructions(file);

      it('is built from public images of a pinned version, whose digest can be given', () => {
        const bases = lines.filter((line) => /^ARG \w+_IMAGE=docker\.io\//.test(line));
        expect(bases).not.to.be.empty;
        for (const base of bases) expect(base).to.match(/:\d+[\w.]*-\w+|:bookworm-slim$/);
        const stages = lines.flatMap((line) => /^FROM \S+ AS (\S+)$/.exec(line)?.[1] ?? []);
        const from = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
        const others = from.filter((image) => image !== 'scratch' && !stages.includes(image));
        expect(others).not.to.be.empty;
        for (const image of others) expect(image).to.match(/^\$\{\w+_IMAGE\}$/);
      });

      it('runs as a user that is not root, named by number as Kubernetes wants to know it', () => {
        const [, uid] =
          /^USER (\d+):\d+$/.exec(lines.findLast((line) => line.startsWith('USER')) ?? '') ?? [];
        expect(Number(uid)).to.be.greaterThan(0);
      });

      it('says what it is, of which version, from which commit and on which base', () => {
        const labels = lines.filter((line) => line.startsWith('LABEL')).join(' ');
        for (const label of LABELS) expect(labels).to.include(`org.opencontainers.image.${label}=`);
      });

      it('installs packages from locks with hashes only', () => {
        const installing = lines
          .flatMap((line) => line.split('&&'))
          .filter((part) => /\b(pip (install|sync)|npm (ci|i|install))\b/.test(part));
        for (const command of installing) expect(command).to.match(/--require-hashes.*\.lock|npm ci /);
      });
    });
  }

  for (const [lock, base] of [
    ['mlflow/requirements/mlflow.lock', 'dags/requirements/training.lock'],
    ['dags/requirements/airflow-cluster.lock', 'dags/requirements/airflow.lock'],
  ] as const) {
    it(`${lock} pins nothing otherwise than ${base} does`, () => {
      const known = pins(base);
      const shared = [...pins(lock)].filter(([name]) => known.has(name));
      expect(shared.length).to.be.greaterThan(20);
      for (const [name, versions] of shared) {
        expect([...known.get(name)!], name).to.include.members([...versions]);
      }
    });
  }
});
