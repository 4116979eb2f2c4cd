import { expect } from 'chai';

/** That of golden rows. */
const TOLERANCE = 1e-5;

/** Equal, but for floats within the tolerance. */
export function expectAlike(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected === 'number' && !Number.isInteger(expected)) {
    expect(actual, where).to.be.a('number').closeTo(expected, TOLERANCE);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(actual, where).to.be.an(Array.isArray(expected) ? 'array' : 'object');
    const found = actual as Readonly<Record<string, unknown>>;
    expect(Object.keys(found), where).to.deep.equal(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) expectAlike(found[key], value, `${where}/${key}`);
  } else {
    expect(actual, where).to.equal(expected);
  }
}
