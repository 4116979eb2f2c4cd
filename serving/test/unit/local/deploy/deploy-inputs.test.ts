import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  contextIn,
  digestsIn,
  environmentValues,
  terraformOutputs,
} from '../../../../local/deploy/deploy-inputs.js';
import { PlatformFailure } from '../../../../local/failure.js';
import { environmentOf } from '../../../../local/deploy/environment.js';
import { rejection } from '../../../support/rejection.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';
import { outputsFile, outputsOf } from '../../../support/terraform-outputs.js';
import { SERVING_ROOT } from '../../../support/training-environment.js';

const PROJECT = join(SERVING_ROOT, '..');

describe('what a deployment is told', () => {
  it('is refused with outputs of another environment', async () => {
    const asked = terraformOutputs(environmentOf('prod'), PROJECT, outputsFile('dev'));
    expect((await rejection(asked, PlatformFailure)).message).to.equal(
      'These outputs are those of dev, and ENV=prod was asked for.',
    );
  });

  it('is refused with outputs that are not there', async () => {
    const asked = terraformOutputs(environmentOf('dev'), PROJECT, '/nowhere.json');
    expect((await rejection(asked, PlatformFailure)).message).to.equal(
      "OUTPUTS: /nowhere.json can't be read.",
    );
  });

  it('is whether the tier asks for keys, and which file has the data', () => {
    expect(environmentValues(environmentOf('dev'), PROJECT)).to.deep.equal({
      asksForKeys: false,
      dataset: undefined,
    });
    const { asksForKeys, dataset } = environmentValues(environmentOf('prod'), PROJECT);
    expect(asksForKeys).to.equal(true);
    expect(dataset).to.match(/^[\w-]+\.csv$/);
  });

  it('is the digests of images, where a file has them', () => {
    const file = join(temporaryDirectory(), 'digests.json');
    const digests = { serving: `sha256:${'0'.repeat(64)}` };
    writeFileSync(file, JSON.stringify(digests));
    expect(digestsIn(file)).to.deep.equal(digests);
    expect(digestsIn(undefined)).to.deep.equal({});
    writeFileSync(file, '{"serving": "latest"}');
    expect(() => digestsIn(file)).to.throw('must be sha256:<64 digits>');
  });

  it('is the context of the kubeconfig', () => {
    const { kubeconfig, cluster } = outputsOf('staging');
    expect(contextIn(kubeconfig)).to.equal(cluster.name);
  });
});
