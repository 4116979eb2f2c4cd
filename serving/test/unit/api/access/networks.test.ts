import { expect } from 'chai';
import { isNetwork, Networks, plainAddress } from '../../../../src/api/access/networks.js';

describe('isNetwork', () => {
  for (const network of ['10.0.0.0/8', '127.0.0.1', '0.0.0.0/0', 'fd00::/8', '::1', '::/0', '1.2.3.4/32']) {
    it(`takes ${network}`, () => {
      expect(isNetwork(network)).to.equal(true);
    });
  }

  for (const text of [
    '',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '1.2.3.4/0x8',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(isNetwork(text)).to.equal(false);
      if (text !== '') expect(() => new Networks([text])).to.throw();
    });
  }
});

describe('networks', () => {
  const networks = new Networks(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);

  for (const address of [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '::FFFF:10.1.2.3',
    'fd12::1',
    'fd12::1%eth0',
    '192.0.2.7',
  ]) {
    it(`have ${address}`, () => {
      expect(networks.has(address)).to.equal(true);
    });
  }

  for (const address of ['11.0.0.1', '192.0.2.8', 'fe80::1', '::1', '', 'unknown', '10.1.2']) {
    it(`do not have ${JSON.stringify(address)}`, () => {
      expect(networks.has(address)).to.equal(false);
    });
  }

  it('know an IPv4 address in the form of IPv6', () => {
    expect(plainAddress('::ffff:127.0.0.1')).to.equal('127.0.0.1');
    expect(plainAddress('fe80::1%eth0')).to.equal('fe80::1');
  });
});
