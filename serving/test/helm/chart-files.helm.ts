import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVING_ROOT } from '../support/training-environment.js';
import { HELM_ROOT } from './charts.js';

const MONITORING = join(SERVING_ROOT, '../monitoring');
/** What stands in for kube-state-metrics and cAdvisor on one machine. */
const NOT_IN_A_CLUSTER = ['rules/replicas-local.yaml'];

/** Files by name, with their content, of a folder that charts have too. */
function filesIn(folder: string, name: string): [name: string, content: string][] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => [`${name}/${file.name}`, readFileSync(join(folder, file.name), 'utf8')]);
}

function copiesOf(name: string): [name: string, content: string][] {
  // A chart may have none of a kind, and then Git has no folder of it.
  const folders = ['serving', 'platform'].map((chart) => join(HELM_ROOT, chart, 'files', name));
  return folders.filter(existsSync).flatMap((folder) => filesIn(folder, name));
}

describe('what the charts bring of other folders (make chart-files)', () => {
  const sources: [name: string, folder: string][] = [
    ['rules', 'rules'],
    ['alerts', 'alerts'],
    ['dashboards', 'dashboards/generated'],
  ];
  for (const [name, folder] of sources) {
    it(`is every file of monitoring/${folder}, once, as it is there`, () => {
      const expected = filesIn(join(MONITORING, folder), name).filter(
        ([file]) => !NOT_IN_A_CLUSTER.includes(file),
      );
      expect(expected).not.to.deep.equal([]);
      expect(copiesOf(name)).to.have.deep.members(expected);
    });
  }

  it("is Alertmanager's configuration, as it is there", () => {
    const folder = join(HELM_ROOT, 'platform/files/alertmanager');
    const configuration = filesIn(join(MONITORING, 'alertmanager'), 'x').filter(
      ([file]) => file === 'x/alertmanager.yaml',
    );
    const templates = filesIn(join(MONITORING, 'alertmanager/templates'), 'x');
    expect(filesIn(folder, 'x')).to.have.deep.members([...configuration, ...templates]);
  });

  it('is the name of every setting', () => {
    const page = readFileSync(join(SERVING_ROOT, 'docs/settings.md'), 'utf8');
    const names = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map(([, name]) => name);
    const copied = readFileSync(join(HELM_ROOT, 'serving/files/settings.txt'), 'utf8');
    expect(copied.trim().split('\n')).to.deep.equal(names);
  });
});
