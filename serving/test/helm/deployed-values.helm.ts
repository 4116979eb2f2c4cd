import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { environmentValues } from '../../local/deploy/deploy-inputs.js';
import { platformValues } from '../../local/deploy/deploy-values.js';
import { environmentOf } from '../../local/deploy/environment.js';
import type { TerraformOutputs } from '../../local/deploy/terraform-outputs.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { outputsOf } from '../support/terraform-outputs.js';
import { SERVING_ROOT } from '../support/training-environment.js';
import { ENVIRONMENTS, HELM_ROOT, renderedText } from './charts.js';
import { conformance } from './conformance.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
/** What stands in helm/values for what nobody knows before Terraform has made it. */
const MADE_UP = /\b\w{3}0{17}\b|\bscoring\.(staging\.)?example\.com/;

/** The same with identifiers and names that occur in no file of helm/values. */
function elsewhere(outputs: TerraformOutputs): TerraformOutputs {
  const text = JSON.stringify(outputs)
    .replaceAll('0'.repeat(17), '7'.repeat(17))
    .replaceAll('scoring.', 'decisions.');
  return JSON.parse(text) as TerraformOutputs;
}

describe('the platform with values of Terraform', () => {
  for (const environment of ENVIRONMENTS) {
    it(`of ${environment} is what the charts and Kubernetes take`, async () => {
      const outputs = elsewhere(outputsOf(environment));
      const { dataset } = environmentValues(environmentOf(environment), join(SERVING_ROOT, '..'));
      const made = join(temporaryDirectory(), 'made.yaml');
      const digests = { serving: DIGEST, mlflow: DIGEST, training: DIGEST, postgres: DIGEST, s3: DIGEST };
      writeFileSync(made, stringify(platformValues(outputs, { tag: '1.4.0', digests }, dataset)));
      const text = await renderedText({
        chart: 'platform',
        name: `platform, deployed to ${environment}`,
        values: [join(HELM_ROOT, 'values', environment, 'platform.yaml'), made],
      });
      const { resources, summary } = await conformance(text);
      expect(resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)).to.deep.equal([]);
      expect(summary.valid).to.be.greaterThan(40);

      const { image_registry: registry } = outputs.registry;
      const images = [...text.matchAll(/^\s+(?:- )?image: "?([^\s"]+)/gm)].map(([, image]) => image!);
      expect(
        images.filter((image) => !image.startsWith(`${registry}/`) || !image.endsWith(`@${DIGEST}`)),
      ).to.deep.equal([]);
      const foreign = text.split('\n').filter((line) => MADE_UP.test(line));
      expect(foreign).to.deep.equal([]);
    });
  }
});
