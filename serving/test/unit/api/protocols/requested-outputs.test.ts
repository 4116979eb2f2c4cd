import { expect } from 'chai';
import { requestedOutputs } from '../../../../src/api/protocols/requested-outputs.js';
import { RequestError } from '../../../../src/errors.js';
import { fakeOutputs } from '../../../fakes/fake-servable.js';
import { thrown } from '../../../support/rejection.js';

describe('requestedOutputs', () => {
  const columns = fakeOutputs([1]);

  function namesOf(...requested: string[]): string[] {
    const found = requestedOutputs(
      requested.map((name) => ({ name })),
      columns,
    );
    return found.map(({ name }) => name);
  }

  it('are all of them where none is named', () => {
    expect(requestedOutputs(undefined, columns)).to.equal(columns);
    expect(requestedOutputs([], columns)).to.equal(columns);
  });

  it('are those that are named, in the order of the request', () => {
    expect(namesOf('count', 'double')).to.deep.equal(['count', 'double']);
  });

  it('are refused where there is no such output, with the names of those that there are', () => {
    const { code, errors } = thrown(() => namesOf('double', 'rating'), RequestError);
    expect(code).to.equal('INVALID_REQUEST');
    expect(errors).to.deep.equal([
      {
        path: '/outputs/1/name',
        expected: 'one of the outputs double, pair, words, count',
        found: 'a string',
      },
    ]);
  });

  it('can be asked for once each, so that an answer is never larger than that of all of them', () => {
    const { code, errors } = thrown(() => namesOf('double', 'count', 'double'), RequestError);
    expect(code).to.equal('INVALID_REQUEST');
    expect(errors[0]).to.deep.include({ path: '/outputs/2/name', expected: 'each output once' });
  });
});
