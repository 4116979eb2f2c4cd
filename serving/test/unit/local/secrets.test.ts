import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PlatformFailure } from '../../../local/failure.js';
import { loadSecrets } from '../../../local/secrets.js';

describe('secrets of this machine', () => {
  let stateDir: string;

  beforeEach(() => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  });

  afterEach(() => {
    rmSync(stateDir, { recursive: true });
  });

  it('are generated once and kept', () => {
    expect(loadSecrets(stateDir)).to.deep.equal(loadSecrets(stateDir));
  });

  it('differ between machines and from one another', () => {
    const values = Object.values(loadSecrets(stateDir));
    const others = Object.values(loadSecrets(path.join(stateDir, 'other')));
    expect(new Set([...values, ...others]).size).to.equal(values.length * 2);
  });

  it('can be read by their owner alone', () => {
    loadSecrets(stateDir);
    expect(statSync(path.join(stateDir, 'secrets.json')).mode & 0o777).to.equal(0o600);
  });

  it('are Fernet keys where Airflow and MLflow want them', () => {
    const { airflowFernetKey, mlflowWebhookEncryptionKey } = loadSecrets(stateDir);
    for (const key of [airflowFernetKey, mlflowWebhookEncryptionKey]) {
      expect(key).to.match(/^[\w-]{43}=$/);
      expect(Buffer.from(key, 'base64url')).to.have.length(32);
    }
  });

  it('that came later are made up once for a platform that has the others', () => {
    const file = path.join(stateDir, 'secrets.json');
    const before = loadSecrets(stateDir);
    const older: Partial<typeof before> = { ...before };
    delete older.retrainingRequestToken;
    writeFileSync(file, JSON.stringify(older));
    const completed = loadSecrets(stateDir);
    expect(completed).to.include(older);
    expect(completed.retrainingRequestToken).to.have.length(32);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(completed);
    expect(loadSecrets(stateDir)).to.deep.equal(completed);
  });

  it('of another shape are not overwritten', () => {
    writeFileSync(path.join(stateDir, 'secrets.json'), '{}');
    expect(() => loadSecrets(stateDir)).to.throw(PlatformFailure, /not a set of secrets/);
  });
});
