import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOAD_ERRORS, REQUEST_ERRORS } from '../../src/errors.js';
import { SERVING_ROOT } from '../support/training-environment.js';

/** Rows of the page's tables: the code in the first column, then the other cells. */
function documentedCodes(): Map<string, string[]> {
  const page = readFileSync(join(SERVING_ROOT, 'docs/errors.md'), 'utf8');
  const rows = page.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const code = /^`([A-Z_]+)`$/.exec(cells[1] ?? '')?.[1];
    return code === undefined ? [] : [[code, cells.slice(2, -1)] as const];
  });
  const codes = rows.map(([code]) => code);
  expect(new Set(codes).size, 'no code has two rows').to.equal(codes.length);
  return new Map(rows);
}

describe('docs/errors.md', () => {
  const documented = documentedCodes();

  for (const [code, { status, grpc }] of Object.entries(REQUEST_ERRORS)) {
    it(`explains ${code} and its status, ${status} or ${grpc}`, () => {
      expect(documented.get(code)?.slice(0, 2)).to.deep.equal([String(status), grpc]);
    });
  }

  for (const [code, { transient }] of Object.entries(LOAD_ERRORS)) {
    it(`explains ${code} and that it is ${transient ? 'retried soon' : 'known to be bad'}`, () => {
      expect(documented.get(code)?.[0]).to.equal(transient ? 'soon' : 'known bad');
    });
  }

  for (const [code, cells] of documented) {
    it(`explains with ${code} a code that there is, and says what to do`, () => {
      expect({ ...REQUEST_ERRORS, ...LOAD_ERRORS }).to.have.property(code);
      expect(cells).to.have.length(code in REQUEST_ERRORS ? 4 : 3);
      expect(cells).not.to.include('');
    });
  }
});

describe('docs/lifecycle.md', () => {
  const page = readFileSync(join(SERVING_ROOT, 'docs/lifecycle.md'), 'utf8');
  const named = [...page.matchAll(/\b(\d{3}) ((?:[A-Z]{2,}_?)+(?:, (?:[A-Z]{2,}_?)+)*)/g)];

  it('names codes beside their status', () => {
    expect(named).not.to.be.empty;
    for (const [, status, codes] of named) {
      for (const code of codes!.split(', ')) {
        expect(REQUEST_ERRORS, code).to.have.property(code);
        expect(REQUEST_ERRORS[code as keyof typeof REQUEST_ERRORS].status, code).to.equal(Number(status));
      }
    }
  });
});
