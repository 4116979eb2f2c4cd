import { expect } from 'chai';
import { fleetAddresses, type Resolve } from '../../../src/promotion/fleet-addresses.js';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'serving-management': ['10.0.0.1', '10.0.0.2'],
  six: ['fd00::1'],
  empty: [],
};

const resolve: Resolve = (name) => {
  const all = NAMES[name];
  return all === undefined
    ? Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    : Promise.resolve(all);
};

describe('fleetAddresses', () => {
  it('leaves the address of a replica as it is', async () => {
    const urls = ['http://10.0.0.9:8082', 'https://replica.example.com/'];
    expect(await fleetAddresses(urls, resolve)).to.deep.equal({ urls, unresolved: [] });
  });

  it('has one of each replica in the place of a name', async () => {
    const { urls, unresolved } = await fleetAddresses(
      ['http://10.0.0.9:8082', 'dns+http://serving-management:8082', 'dns+http://six:8082'],
      resolve,
    );
    expect(urls).to.deep.equal([
      'http://10.0.0.9:8082',
      'http://10.0.0.1:8082',
      'http://10.0.0.2:8082',
      'http://[fd00::1]:8082',
    ]);
    expect(unresolved).to.deep.equal([]);
  });

  it('names no replica twice', async () => {
    const { urls } = await fleetAddresses(
      ['http://10.0.0.1:8082', 'dns+http://serving-management:8082'],
      resolve,
    );
    expect(urls).to.deep.equal(['http://10.0.0.1:8082', 'http://10.0.0.2:8082']);
  });

  it('says which name has no replica, and why', async () => {
    const { urls, unresolved } = await fleetAddresses(
      ['dns+http://gone:8082', 'dns+http://empty:8082'],
      resolve,
    );
    expect(urls).to.deep.equal([]);
    expect(unresolved).to.deep.equal([
      'dns+http://gone:8082 has no replica (ENOTFOUND)',
      'dns+http://empty:8082 has no replica (none)',
    ]);
  });

  it("asks this machine's resolver where nothing else is given", async () => {
    expect((await fleetAddresses(['dns+http://127.0.0.1:8082'])).urls).to.deep.equal([
      'http://127.0.0.1:8082',
    ]);
  });
});
