import { expect } from 'chai';
import { lockboxLookUps, missingKeys } from '../../../../local/deploy/lockbox-secrets.js';
import { outputsOf } from '../../../support/terraform-outputs.js';

function printed(keys: readonly string[]): string {
  return JSON.stringify({ id: 'e6q', name: 'a', current_version: { id: 'e6r', payload_entry_keys: keys } });
}

describe('secrets that people fill', () => {
  for (const [what, text, missing] of [
    ['are filled where every key is there', printed(['ca.crt', 'other']), []],
    ['are not where a key is missing', printed(['other']), ['ca.crt']],
    ['are not where there is no version', '{"id": "e6q", "name": "a"}', ['ca.crt']],
  ] as const) {
    it(what, () => {
      expect(missingKeys(text, ['ca.crt'])).to.deep.equal(missing);
    });
  }

  it('are looked for by name, one by one, and said with the command that fills them', () => {
    const { secrets } = outputsOf('production');
    const lookUps = lockboxLookUps(secrets!);
    expect(lookUps).to.have.length(Object.keys(secrets!.from_elsewhere).length);
    const signing = lookUps.find(({ args }) => args.includes('production-blessing-signing-key'));
    expect(signing!.check!(printed(['signing-key.pem']))).to.equal(undefined);
    expect(signing!.check!(printed([]))).to.match(
      /production-blessing-signing-key has no signing-key\.pem\. Fill it: yc lockbox secret add-version --name production-blessing-signing-key/,
    );
  });
});
