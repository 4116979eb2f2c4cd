import { expect } from 'chai';
import { RequestError } from '../../../src/errors.js';
import { ModelDirectory, type ServedModel } from '../../../src/servables/model-directory.js';
import type { Servable } from '../../../src/servables/servable.js';
import type { ServableManager } from '../../../src/servables/servable-manager.js';
import type { ServedRole } from '../../../src/servables/served-roles.js';
import { thrown } from '../../support/rejection.js';

/** A model of which this version is available; undefined: none yet. */
function served(
  name: string,
  alias: string,
  version?: string,
  roles: Partial<Record<ServedRole, string>> = {},
): ServedModel {
  const champion = version === undefined ? undefined : { id: { modelName: name, version, digest: '' } };
  const manager = {
    champion,
    acquire: () => {
      if (champion === undefined) throw new RequestError('MODEL_NOT_READY', 'none yet');
      return { servable: champion, release: () => undefined };
    },
  };
  return {
    name,
    alias,
    manager: manager as unknown as ServableManager,
    roles: {
      split: undefined,
      servable: (role) =>
        roles[role] === undefined
          ? undefined
          : ({ id: { modelName: name, version: roles[role], digest: '' } } as unknown as Servable),
    },
  };
}

describe('ModelDirectory', () => {
  const directory = new ModelDirectory([
    served('churn', 'champion', '7', { canary: '8', standby: '6' }),
    served('churn', 'challenger', '9'),
    served('fraud', 'champion', '7'),
    served('limits', 'champion'),
    served('scores', 'live', '3'),
  ]);

  const found: readonly (readonly [
    model: string | undefined,
    version: string | undefined,
    alias: string | undefined,
    expected: string,
  ])[] = [
    [undefined, '9', undefined, 'churn 9 challenger'],
    ['churn', '9', undefined, 'churn 9 challenger'],
    ['churn', '7', undefined, 'churn 7 champion'],
    ['fraud', '7', undefined, 'fraud 7 champion'],
    ['churn', undefined, 'challenger', 'churn 9 challenger'],
    ['churn', '9', 'challenger', 'churn 9 challenger'],
    [undefined, undefined, 'champion', 'churn 7 champion'],
    // What a policy has beside the champion.
    ['churn', undefined, 'canary', 'churn 8 canary'],
    ['churn', '8', undefined, 'churn 8 canary'],
    ['churn', '8', 'canary', 'churn 8 canary'],
    ['churn', undefined, 'standby', 'churn 6 standby'],
    ['churn', '6', undefined, 'churn 6 standby'],
    // Whatever the alias is called here.
    ['scores', undefined, 'champion', 'scores 3 live'],
    ['scores', undefined, 'live', 'scores 3 live'],
  ];
  for (const [name, version, alias, expected] of found) {
    it(`finds ${expected} for who asks for ${[name ?? 'any model', version, alias].filter(Boolean).join(', ')}`, () => {
      const { servable, alias: under } = directory.named(name, version, alias);
      expect(`${servable.id.modelName} ${servable.id.version} ${under}`).to.equal(expected);
      if (alias === undefined) expect(directory.look(name, version)?.id).to.deep.equal(servable.id);
    });
  }

  it('gives a model of which nobody says more to its first alias', () => {
    expect([directory.model().alias, directory.model('churn').alias]).to.deep.equal(['champion', 'champion']);
    expect(directory.look('churn')?.id.version).to.equal('7');
  });

  it('knows no other model, and says which there are', () => {
    for (const ask of [
      () => directory.model('constructor'),
      () => directory.named('constructor', '1'),
      () => directory.named('constructor', undefined, 'canary'),
    ]) {
      const error = thrown(ask, RequestError);
      expect([error.code, error.status]).to.deep.equal(['MODEL_NOT_FOUND', 404]);
      expect(error.message).to.include('churn, fraud, limits');
    }
  });

  it('has no version that is not loaded, and says which are', () => {
    const error = thrown(() => directory.named('churn', '5'), RequestError);
    expect([error.code, error.status]).to.deep.equal(['VERSION_NOT_AVAILABLE', 404]);
    expect(error.message).to.include('7, 9, 8, 6');
    expect(thrown(() => directory.named('limits', '1'), RequestError).message).to.include('none');
  });

  it('has nothing in a role that no version has', () => {
    for (const [name, alias] of [
      ['churn', 'shadow'],
      ['fraud', 'canary'],
      ['limits', 'champion'],
    ] as const) {
      const error = thrown(() => directory.named(name, undefined, alias), RequestError);
      expect([error.code, error.message]).to.deep.equal([
        'VERSION_NOT_AVAILABLE',
        `Nothing is loaded here as ${alias} of ${name}`,
      ]);
    }
  });

  it('knows no alias that is not served, and says which are', () => {
    const error = thrown(() => directory.named('churn', undefined, 'latest'), RequestError);
    expect(error.code).to.equal('INVALID_REQUEST');
    expect(error.message).to.equal('Expected an alias out of: champion, challenger, canary, shadow, standby');
  });

  it('refuses an alias and a version that are two things', () => {
    for (const [version, alias] of [
      ['7', 'canary'],
      ['8', 'champion'],
      ['5', 'standby'],
    ] as const) {
      const error = thrown(() => directory.named('churn', version, alias), RequestError);
      expect(error.code).to.equal('INVALID_REQUEST');
    }
  });

  it('is not ready for a model of which nothing is loaded yet', () => {
    expect(directory.look('limits')).to.equal(undefined);
  });

  it('lists the versions of a model that are available', () => {
    expect(directory.versions('churn')).to.deep.equal(['7', '9', '8', '6']);
    expect(directory.versions('limits')).to.deep.equal([]);
  });
});
