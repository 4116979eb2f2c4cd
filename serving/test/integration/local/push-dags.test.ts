import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { DagRepository } from '../../../local/dag-repository.js';
import { PlatformFailure } from '../../../local/failure.js';
import { pushDags } from '../../../local/push-dags.js';
import { readSettings, type Settings } from '../../../local/settings.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('pushing DAGs', () => {
  let projectDir: string;
  let dags: DagRepository;

  beforeEach(() => {
    projectDir = temporaryDirectory();
    dags = new DagRepository(path.join(temporaryDirectory(), 'dags.git'));
    mkdirSync(path.join(projectDir, 'dags', 'retraining'), { recursive: true });
    write('retraining.py', 'answer = 1\n');
  });

  function write(name: string, source: string): void {
    writeFileSync(path.join(projectDir, 'dags', name), source);
  }

  function settings(env: Readonly<Record<string, string>> = {}): Settings {
    return { ...readSettings(env), projectDir };
  }

  it('keeps what Airflow has when a file can not be read by Python, and names file, line and reason', () => {
    const { commit } = pushDags({ settings: settings(), dags });
    write('retraining/train.py', 'def train(:\n    pass\n');
    write('drift.py', 'x = 1\nreturn x\n');
    expect(() => pushDags({ settings: settings(), dags }))
      .to.throw(PlatformFailure, 'what Airflow has goes on')
      .with.property('message')
      .that.includes("dags/drift.py:2: 'return' outside function")
      .and.includes('dags/retraining/train.py:1: ');
    expect(dags.tip()).to.equal(commit);
    write('retraining/train.py', 'def train():\n    pass\n');
    write('drift.py', 'x = 1\n');
    expect(pushDags({ settings: settings(), dags }).changed).to.equal(true);
  });

  it('runs nothing of what it pushes', () => {
    write('retraining.py', 'raise SystemExit("executed")\n');
    expect(pushDags({ settings: settings(), dags }).changed).to.equal(true);
  });

  it('pushes it nevertheless where it is told to', () => {
    write('drift.py', 'def broken(:\n');
    expect(pushDags({ settings: settings({ FORCE: '1' }), dags }).commit).to.equal(dags.tip());
  });
});
