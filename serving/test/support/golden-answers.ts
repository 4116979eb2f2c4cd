import { expect } from 'chai';
import type { Manifest } from '../../src/model-package/manifest.js';

/** Holds predictions against the golden rows of a package, all of them in their order. */
export function expectGolden(
  predictions: readonly Readonly<Record<string, unknown>>[],
  { golden, outputs }: Manifest,
): void {
  expect(predictions).to.have.length(golden.rows.length);
  predictions.forEach((prediction, row) => {
    expect(Object.keys(prediction), 'one key an output').to.deep.equal(outputs.map(({ name }) => name));
    for (const { name } of outputs) {
      expectClose(prediction[name], golden.outputs[name]![row], `row ${row}: ${name}`);
    }
  });
}

function expectClose(actual: unknown, expected: unknown, what: string): void {
  if (Array.isArray(expected)) {
    expect(actual, what).to.be.an('array').with.length(expected.length);
    expected.forEach((item, i) => {
      expectClose((actual as unknown[])[i], item, `${what}[${i}]`);
    });
  } else if (typeof expected === 'number' && !Number.isInteger(expected)) {
    expect(actual, what).to.be.a('number').closeTo(expected, 1e-5);
  } else {
    expect(actual, what).to.equal(expected);
  }
}
