import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CommandError, EXIT } from '../../../src/cli/exit-codes.js';
import { writeSigningKey } from '../../../src/cli/signing-key.js';
import {
  isSignedBy,
  keyIdOf,
  readPublicKeys,
  readSigningKey,
  signPackage,
} from '../../../src/model-package/package-signature.js';
import { rejection } from '../../support/rejection.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('signing-key new', () => {
  it('writes a pair that belongs together, the private one for its owner alone', async () => {
    const folder = temporaryDirectory();
    const [secret, open] = [join(folder, 'a.key'), join(folder, 'a.pem')];
    const keyId = await writeSigningKey(secret, open);
    expect(statSync(secret).mode & 0o777).to.equal(0o600);
    const keys = readPublicKeys(readFileSync(open, 'utf8'));
    expect(keys.map(keyIdOf)).to.deep.equal([keyId]);
    const signed = { modelName: 'toy', version: '1', digest: 'sha256:1' };
    const signature = signPackage(signed, readSigningKey(readFileSync(secret, 'utf8')));
    expect(isSignedBy(keys, signed, signature)).to.equal(true);
  });

  it('never overwrites a key', async () => {
    const folder = temporaryDirectory();
    const secret = join(folder, 'a.key');
    writeFileSync(secret, 'the only copy');
    const error = await rejection(writeSigningKey(secret, join(folder, 'a.pem')), CommandError);
    expect(error.exitCode).to.equal(EXIT.usage);
    expect(readFileSync(secret, 'utf8')).to.equal('the only copy');
  });
});
