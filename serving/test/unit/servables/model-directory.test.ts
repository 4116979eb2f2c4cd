import { expect } from 'chai';
import { RequestError } from '../../../src/errors.js';
import { ModelDirectory, type ServedModel } from '../../../src/servables/model-directory.js';
import type { ServableManager } from '../../../src/servables/servable-manager.js';
import { thrown } from '../../support/rejection.js';

/** A model of which this version is available; undefined: none yet. */
function served(name: string, alias: string, version?: string): ServedModel {
  const champion = version === undefined ? undefined : { id: { modelName: name, version, digest: '' } };
  const manager = {
    champion,
    acquire: () => {
      if (champion === undefined) throw new RequestError('MODEL_NOT_READY', 'none yet');
      return { servable: champion, release: () => undefined };
    },
  };
  return { name, alias, manager: manager as unknown as ServableManager };
}

describe('ModelDirectory', () => {
  const directory = new ModelDirectory([
    served('churn', 'champion', '7'),
    served('churn', 'challenger', '9'),
    served('fraud', 'champion', '7'),
    served('limits', 'champion'),
  ]);

  const found: readonly (readonly [string | undefined, string | undefined, string])[] = [
    [undefined, undefined, 'churn 7 champion'],
    [undefined, '9', 'churn 9 challenger'],
    ['churn', undefined, 'churn 7 champion'],
    ['churn', '9', 'churn 9 challenger'],
    ['churn', '7', 'churn 7 champion'],
    ['fraud', undefined, 'fraud 7 champion'],
  ];
  for (const [name, version, expected] of found) {
    it(`lends ${expected} to who asks for ${name ?? 'any model'}${version === undefined ? '' : ` version ${version}`}`, () => {
      const { handle, alias } = directory.acquire(name, version);
      const { id } = handle.servable;
      expect(`${id.modelName} ${id.version} ${alias}`).to.equal(expected);
      expect(directory.look(name, version)?.id).to.equal(id);
    });
  }

  it('knows no other model, and says which there are', () => {
    const error = thrown(() => directory.acquire('constructor'), RequestError);
    expect([error.code, error.status]).to.deep.equal(['MODEL_NOT_FOUND', 404]);
    expect(error.message).to.include('churn, fraud, limits');
  });

  it('has no version that is not loaded, and says which are', () => {
    const error = thrown(() => directory.acquire('churn', '8'), RequestError);
    expect([error.code, error.status]).to.deep.equal(['VERSION_NOT_AVAILABLE', 404]);
    expect(error.message).to.include('7, 9');
    expect(thrown(() => directory.acquire('limits', '1'), RequestError).message).to.include('none');
  });

  it('is not ready for a model of which nothing is loaded yet', () => {
    expect(thrown(() => directory.acquire('limits'), RequestError).code).to.equal('MODEL_NOT_READY');
    expect(directory.look('limits')).to.equal(undefined);
  });

  it('lists the versions of a model that are available', () => {
    expect(directory.versions('churn')).to.deep.equal(['7', '9']);
    expect(directory.versions('limits')).to.deep.equal([]);
  });
});
