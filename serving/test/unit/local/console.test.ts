import { expect } from 'chai';
import { pin, print } from '../../../local/console.js';

describe('lines at the foot of a terminal', () => {
  const { stdout } = process;
  const original = Object.getOwnPropertyDescriptor(stdout, 'write');
  let written: string;

  beforeEach(() => {
    written = '';
    stdout.write = (text: string | Uint8Array) => {
      written += String(text);
      return true;
    };
  });

  afterEach(() => {
    pin([]);
    // mocha's own reporter writes next.
    if (original) Object.defineProperty(stdout, 'write', original);
    else delete (stdout as Partial<typeof stdout>).write;
  });

  it('stay below what is said later', () => {
    pin(['one', 'two']);
    print('said');
    expect(written).to.equal('one\ntwo\n\u001B[2A\r\u001B[Jsaid\none\ntwo\n');
  });

  it('are gone when others, or none, are given', () => {
    pin(['one', 'two']);
    pin(['three']);
    pin([]);
    print('said');
    expect(written).to.equal('one\ntwo\n\u001B[2A\r\u001B[Jthree\n\u001B[1A\r\u001B[Jsaid\n');
  });
});
