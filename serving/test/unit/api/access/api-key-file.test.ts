import { createHash } from 'node:crypto';
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { ApiKeyFile } from '../../../../src/api/access/api-key-file.js';
import { AccessMetrics } from '../../../../src/metrics/access.js';
import { CapturedLog } from '../../../fakes/captured-log.js';
import { eventually } from '../../../support/eventually.js';
import { sampleOf } from '../../../support/metric-samples.js';
import { rejection } from '../../../support/rejection.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

function entry(key: string) {
  return { name: `name-of-${key}`, sha256: createHash('sha256').update(key).digest('hex') };
}

function entries(...keys: string[]): string {
  return JSON.stringify({ keys: keys.map(entry) });
}

describe('the file of API keys', () => {
  let path: string;
  let log: CapturedLog;
  let registry: Registry;
  let file: ApiKeyFile | undefined;

  beforeEach(() => {
    path = join(temporaryDirectory(), 'keys.json');
    log = new CapturedLog();
    registry = new Registry();
  });

  afterEach(() => {
    file?.close();
    file = undefined;
  });

  async function open(): Promise<ApiKeyFile> {
    file = await ApiKeyFile.open(path, log.logger, new AccessMetrics(registry), { intervalMs: 5 });
    return file;
  }

  async function sample(name: string, labels?: Record<string, string>): Promise<number | undefined> {
    return sampleOf(await registry.metrics(), name, labels);
  }

  it('is read again when it changes', async () => {
    writeFileSync(path, entries('one'));
    const keys = await open();
    expect(keys.find('one')?.caller.id).to.equal('name-of-one');
    writeFileSync(path, entries('two', 'three'));
    await eventually(() => {
      expect(keys.find('two')).not.to.equal(undefined);
    });
    expect(keys.find('one'), 'a key that was taken out').to.equal(undefined);
    expect(await sample('serving_api_keys')).to.equal(2);
    expect(await sample('serving_credential_reloads_total', { outcome: 'ok' })).to.equal(1);
  });

  it('is read again when it is put in place as a mounted secret is', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'v1'), entries('one'));
    writeFileSync(join(folder, 'v2'), entries('two'));
    symlinkSync(join(folder, 'v1'), path);
    const keys = await open();
    symlinkSync(join(folder, 'v2'), `${path}.new`);
    renameSync(`${path}.new`, path);
    await eventually(() => {
      expect(keys.find('two')).not.to.equal(undefined);
    });
  });

  it('leaves the keys as they were while it can not be used, and says so once', async () => {
    writeFileSync(path, entries('one'));
    const keys = await open();
    writeFileSync(path, '{"keys": [');
    await eventually(() => {
      expect(log.errors).to.have.length(1);
    });
    expect(keys.find('one')).not.to.equal(undefined);
    expect(await sample('serving_credential_reloads_total', { outcome: 'failed' })).to.equal(1);
    writeFileSync(path, entries('one', 'two'));
    await eventually(() => {
      expect(keys.find('two')).not.to.equal(undefined);
    });
    expect(log.errors).to.have.length(1);
  });

  it('leaves the keys as they were when it goes away', async () => {
    writeFileSync(path, entries('one'));
    const keys = await open();
    rmSync(path);
    await eventually(() => {
      expect(log.errors).to.have.length(1);
    });
    expect(keys.find('one')).not.to.equal(undefined);
    writeFileSync(path, entries('two'));
    await eventually(() => {
      expect(keys.find('one')).to.equal(undefined);
    });
  });

  it('is tried again until it can be used, even where nothing of it seems to have changed', async () => {
    const changedAt = new Date('2026-01-01T00:00:00Z');
    writeFileSync(path, entries('one'));
    const keys = await open();
    const good = entries('two');
    writeFileSync(path, ' '.repeat(good.length));
    utimesSync(path, changedAt, changedAt);
    await eventually(() => {
      expect(log.errors).to.have.length(1);
    });
    writeFileSync(path, good);
    utimesSync(path, changedAt, changedAt);
    await eventually(() => {
      expect(keys.find('two')).not.to.equal(undefined);
    });
  });

  it('tells when the first key expires that has an end, also when that is over, and nothing where none has', async () => {
    const until = (key: string, expiresAt: string) => ({ ...entry(key), expires_at: expiresAt });
    writeFileSync(
      path,
      JSON.stringify({
        keys: [
          entry('one'),
          until('two', '2099-01-01T00:00:00Z'),
          until('three', '2001-09-09T03:46:40.500+02:00'),
        ],
      }),
    );
    await open();
    expect(await sample('serving_api_key_expiry_timestamp_seconds')).to.equal(1_000_000_000.5);
    writeFileSync(path, entries('one'));
    await eventually(async () => {
      expect(await sample('serving_api_keys')).to.equal(1);
    });
    expect(await sample('serving_api_key_expiry_timestamp_seconds')).to.equal(undefined);
  });

  it('must be usable at the start', async () => {
    expect((await rejection(open(), Error)).message).to.match(
      /^API_KEYS_FILE .*keys\.json can't be used: ENOENT/,
    );
    writeFileSync(path, '{}');
    registry = new Registry();
    expect((await rejection(open(), Error)).message).to.match(/^API_KEYS_FILE .*: keys: /);
  });

  it('logs no key and no hash', async () => {
    writeFileSync(path, entries('one'));
    await open();
    writeFileSync(path, entries('two').replace('name-of', 'not a name'));
    await eventually(() => {
      expect(log.errors).to.have.length(1);
    });
    expect(log.text).not.to.match(/[0-9a-f]{64}/);
  });
});
