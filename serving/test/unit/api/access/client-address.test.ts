import { expect } from 'chai';
import { ClientAddresses } from '../../../../src/api/access/client-address.js';

describe('the address of a client', () => {
  const alone = new ClientAddresses([]);
  const behind = new ClientAddresses(['10.0.0.0/8', 'fd00::/8']);

  it('is that of the connection where no proxy is trusted, whatever a header says', () => {
    expect(alone.clientOf('192.0.2.1', '198.51.100.1')).to.equal('192.0.2.1');
  });

  it('is that of the connection where it is not a trusted proxy that says otherwise', () => {
    expect(behind.clientOf('192.0.2.1', '198.51.100.1')).to.equal('192.0.2.1');
  });

  const forwarded: readonly (readonly [header: string, client: string, why: string])[] = [
    ['198.51.100.1', '198.51.100.1', 'the one that the proxy saw'],
    ['203.0.113.9, 198.51.100.1', '198.51.100.1', 'what is further left is an invention of the client'],
    ['198.51.100.1, 10.1.1.1, 10.2.2.2', '198.51.100.1', 'through several trusted proxies'],
    ['10.7.7.7, 10.1.1.1', '10.7.7.7', 'all are trusted: the first'],
    ['198.51.100.1:4711', '198.51.100.1', 'with a port'],
    ['[2001:db8:1:2:3:4:5:6]:4711', '2001:db8:1:2::/64', 'of IPv6 with a port'],
    [' 198.51.100.1 ', '198.51.100.1', 'with spaces'],
    ['::ffff:198.51.100.1', '198.51.100.1', 'in the form of IPv6'],
    ['198.51.100.1, unknown', '10.9.9.9', 'what is no address ends the search at the proxy that wrote it'],
    ['198.51.100.1, unknown, 10.1.1.1', '10.1.1.1', 'the same behind another proxy'],
    ['', '10.9.9.9', 'nothing'],
    [',', '10.9.9.9', 'less than nothing'],
    ['198.51.100.1,', '10.9.9.9', 'an empty end'],
    [', 10.1.1.1', '10.1.1.1', 'an empty beginning'],
    ['<script>', '10.9.9.9', 'no address at all'],
  ];
  for (const [header, client, why] of forwarded) {
    it(`is ${client} for ${JSON.stringify(header)} from a trusted proxy: ${why}`, () => {
      expect(behind.clientOf('10.9.9.9', header)).to.equal(client);
      expect(behind.clientOf('::ffff:10.9.9.9', header)).to.equal(client);
    });
  }

  const networks: readonly (readonly [address: string, client: string])[] = [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::2', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '::1'],
  ];
  for (const [address, client] of networks) {
    it(`counts ${address} as ${client}: whoever has one address of a network has all`, () => {
      expect(alone.clientOf(address, undefined)).to.equal(client);
    });
  }

  it('is something also when the connection is gone already', () => {
    expect(behind.clientOf(undefined, '198.51.100.1')).to.equal('unknown');
  });

  it('is found at once in a header as long as headers can be', () => {
    // Of the processor, not on the wall: what others do on this machine says nothing of it.
    const started = process.cpuUsage();
    behind.clientOf('10.9.9.9', `${'10.1.1.1,'.repeat(7_000)}10.1.1.1`);
    behind.clientOf('10.9.9.9', '1'.repeat(65_000));
    behind.clientOf('10.9.9.9', `[${':'.repeat(65_000)}`);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1_000).to.be.below(300);
  });
});
