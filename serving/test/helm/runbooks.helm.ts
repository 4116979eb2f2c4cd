import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES, HELM_ROOT, renderedManifests, type Manifest } from './charts.js';
import { podsOf } from './pods.js';

const RUNBOOKS = join(HELM_ROOT, '..', 'monitoring', 'runbooks');
/** As `kubectl` may be told of them. */
const KINDS: Readonly<Record<string, string>> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  hpa: 'HorizontalPodAutoscaler',
};
/** Of charts that are not ours (helm/upstream). */
const UPSTREAM = new Set(['Deployment/airflow-scheduler', 'Deployment/cert-manager']);

const pages = readdirSync(RUNBOOKS).map((file) => readFileSync(join(RUNBOOKS, file), 'utf8'));

/** What `kubectl` commands of the runbooks are about, such as `Deployment/serving`. */
function namedObjects(): string[] {
  const named = pages.flatMap((text) =>
    [...text.matchAll(/kubectl [^`\n;|]*?\b(deploy|deployment|statefulset|hpa)[/ ](<?[\w-]+>?)/g)]
      .filter(([, , name]) => !name!.startsWith('-'))
      .map(([, kind, name]) => `${KINDS[kind!]!}/${name!}`),
  );
  return [...new Set(named)].sort();
}

describe('kubectl commands of the runbooks', () => {
  let objects: Set<string>;
  let pods: Manifest['metadata']['labels'][];

  before(async () => {
    const platforms = CASES.filter(({ chart }) => chart === 'platform');
    const manifests = (await Promise.all(platforms.map(renderedManifests))).flat();
    objects = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    pods = podsOf(manifests).map(({ labels }) => labels);
  });

  it('name objects that the platform’s chart has', () => {
    const named = namedObjects().filter((name) => !UPSTREAM.has(name));
    expect(named).to.include.members(['Deployment/serving', 'HorizontalPodAutoscaler/serving']);
    expect(named.filter((name) => !objects.has(name))).to.deep.equal([]);
  });

  it('choose pods by a label that some have', () => {
    const overview = readFileSync(join(RUNBOOKS, 'incident-response.md'), 'utf8');
    const [, key = '', value = ''] = /SERVING=([\w./-]+)=([\w-]+)/.exec(overview) ?? [];
    expect(pods.filter((labels) => labels[key] === value)).to.not.be.empty;
  });

  it('read all lines of pods that a label chooses, and not the last ten of each', () => {
    const cut = pages.flatMap((text) =>
      [...text.matchAll(/kubectl [^`\n;|]*logs -l [^`\n;|]*/g)].filter(
        ([command]) => !command.includes('--tail'),
      ),
    );
    expect(cut.map(([command]) => command)).to.deep.equal([]);
  });
});
