import { expect } from 'chai';
import { describeVersion, descriptionPage, descriptionText } from '../../../src/cli/description.js';
import { comparedAgainst } from '../../../src/promotion/compared-against.js';
import { PromotionError } from '../../../src/promotion/promotion-error.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';
import { rejection } from '../../support/rejection.js';

describe('what the registry says of a version', () => {
  const modelPackage = writePackage();
  const blessing = { blessing: 'blessed', blessing_digest: modelPackage.digest };
  let registry: FakeRegistry;

  beforeEach(() => {
    registry = new FakeRegistry();
    registry.promote(modelPackage);
  });

  function describe(version: string) {
    return describeVersion(registry, 'toy', version, undefined);
  }

  it('is what the pipeline wrote, and whether it may become champion', async () => {
    const version = registry.register(modelPackage, {
      ...blessing,
      ...{ compared_against: '1', needs_approval: 'it is of other columns', git_commit: 'c0ffee' },
      dossier_url: 'https://mlflow/dossier',
    });
    registry.describe('toy', version, '**better**, AUC +0.01');
    const found = await describe(version);
    expect(found).to.deep.include({
      ...{ champion: '1', compared_against: '1', objection: null, needs_approval: 'it is of other columns' },
      ...{ dag_run: null, summary: '**better**, AUC +0.01' },
    });
    const page = descriptionPage(found);
    expect(page).to.match(/^### toy version 2\n/);
    expect(page).to.include('| may be promoted | yes |').and.include('| dossier | https://mlflow/dossier |');
    expect(page.split('\n').at(-1), 'Markdown of the pipeline').to.equal('**better**, AUC +0.01');
    expect(page).not.to.include('DAG run');
    expect(descriptionText(found)).to.match(/git commit +c0ffee/);
  });

  it('says why one may not', async () => {
    const page = descriptionPage(await describe(registry.register(modelPackage)));
    expect(page).to.include('| may be promoted | no: it has no blessing; run bless first |');
    expect(page).to.include('| compared with champion | unknown |');
  });

  it('names the champion that it was compared with, or has to be told', async () => {
    const version = registry.register(modelPackage, { ...blessing, compared_against: 'none' });
    expect(await comparedAgainst(registry, 'toy', version)).to.equal('none');
    const error = await rejection(comparedAgainst(registry, 'toy', '1'), PromotionError);
    expect(error.kind).to.equal('refused');
    expect(error.message).to.include('no tag compared_against');
  });
});
