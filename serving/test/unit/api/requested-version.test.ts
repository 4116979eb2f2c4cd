import { expect } from 'chai';
import { requestedVersion } from '../../../src/api/requested-version.js';
import { RequestError } from '../../../src/errors.js';
import { thrown } from '../../support/rejection.js';

describe('requestedVersion', () => {
  const cases: [named: string | undefined, header: unknown, version: string | undefined][] = [
    [undefined, undefined, undefined],
    ['2', undefined, '2'],
    [undefined, '2', '2'],
    ['2', '2', '2'],
    ['2', ['1', '3'], '2'],
    [undefined, Buffer.from('2'), undefined],
  ];
  for (const [named, header, version] of cases) {
    it(`is ${version} where the request says ${named} and the header ${JSON.stringify(header)}`, () => {
      expect(requestedVersion(named, header)).to.equal(version);
    });
  }

  it('is refused where the two differ, since either could be meant', () => {
    const error = thrown(() => requestedVersion('2', '1'), RequestError);
    expect(error.code).to.equal('INVALID_REQUEST');
    expect(error.message).to.include('x-model-version');
  });
});
