import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { hurriedMonitoring } from '../../../../local/drift-demo/demo-settings.js';
import { readSettings } from '../../../../local/settings.js';

type Sections = Record<string, Record<string, unknown>>;

describe('the monitoring of the play', () => {
  const { projectDir } = readSettings({});
  const file = path.join(projectDir, 'dags', 'retraining', 'monitoring', 'monitoring.yaml');
  const shipped = readFileSync(file, 'utf8');
  const [before, after] = [shipped, hurriedMonitoring(shipped)].map((text) => parse(text) as Sections);

  it('knows the same keys as the one that is shipped', () => {
    const keys = (sections: Sections | undefined): unknown =>
      Object.entries(sections!).map(([name, section]) => [name, Object.keys(section).sort()]);
    expect(keys(after)).to.have.deep.members(keys(before) as unknown[]);
  });

  it('is only quicker: what it calls drift and a loss of quality is the same', () => {
    const limits = ({ drift, request }: Sections): unknown => [
      drift!['max_psi'],
      drift!['max_jensen_shannon'],
      request!['max_auc_loss'],
    ];
    expect(limits(after!)).to.deep.equal(limits(before!));
  });
});
