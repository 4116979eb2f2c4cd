import { expect } from 'chai';
import {
  evaluate,
  interpolate,
  interpolateValue,
  PURE_FUNCTIONS,
  type Scope,
  type Value,
} from '../../workflows/runner/expression.js';

describe('expressions of workflows', () => {
  const scope: Scope = {
    contexts: {
      github: { event_name: 'push', event: { client_payload: { model: 'm' } }, ref: 'refs/heads/main' },
      inputs: { model: '', force: false, percent: 5 },
      needs: { a: { result: 'success' }, b: { result: 'failure' } },
      steps: { first: { outputs: { 'with-dash': 'x' } } },
    },
    functions: { ...PURE_FUNCTIONS, failure: () => true },
  };

  const values: readonly (readonly [string, Value])[] = [
    ["'it''s'", "it's"],
    ['12.5', 12.5],
    ['github.event_name', 'push'],
    ["github['event_name']", 'push'],
    ['github.event.nowhere.further', null],
    ['steps.first.outputs.with-dash', 'x'],
    ['steps.skipped.outputs.any', null],
    ['inputs.model || github.event.client_payload.model', 'm'],
    ["inputs.force && 'yes' || 'no'", 'no'],
    ["github.event_name == 'PUSH'", true],
    ["github.event_name != 'push' || inputs.percent >= 5", true],
    ["inputs.percent == '5'", true],
    ["null == ''", true],
    ['!inputs.model', true],
    ["!(github.ref == 'refs/heads/main' && true)", false],
    ["contains(github.ref, 'HEADS')", true],
    ["startsWith(github.ref, 'refs/')", true],
    ["endsWith(github.ref, 'other')", false],
    ["format('{0}-{1}', 'a', inputs.percent)", 'a-5'],
    ["join(needs.*.result, ' ')", 'success failure'],
    ["contains(needs.*.result, 'failure')", true],
    ['fromJSON(\'["a"]\')[0]', 'a'],
    ['Failure()', true],
  ];
  for (const [text, value] of values) {
    it(`${text} is ${JSON.stringify(value)}`, () => {
      expect(evaluate(text, scope)).to.deep.equal(value);
    });
  }

  const wrong: readonly (readonly [string, string])[] = [
    ['secret.TOKEN', 'secret, which is not known'],
    ['hashfile()', 'calls hashfile(), which is not known'],
    ['github.', 'lacks a name'],
    ['(true', 'lacks )'],
    ['true false', 'something after its end'],
    ['"double"', "can't be read"],
  ];
  for (const [text, said] of wrong) {
    it(`${text} is a mistake`, () => {
      expect(() => evaluate(text, scope)).to.throw(said);
    });
  }

  it('stand in text, and keep their type where they stand alone', () => {
    expect(interpolate('a ${{ inputs.percent }} b ${{ inputs.force }}', scope)).to.equal('a 5 b false');
    expect(interpolateValue(' ${{ inputs.force }} ', scope)).to.equal(false);
    expect(interpolateValue('${{ inputs.percent }}${{ inputs.percent }}', scope)).to.equal('55');
    expect(interpolateValue(7, scope)).to.equal(7);
  });
});
