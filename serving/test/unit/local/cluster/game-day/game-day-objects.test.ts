import { expect } from 'chai';
import { clusterGameDaySettings } from '../../../../../local/cluster/game-day/cluster-game-day-settings.js';
import { gameDayKeys } from '../../../../../local/cluster/game-day/game-day-objects.js';
import { ownAddressTowards } from '../../../../../local/cluster/game-day/own-address.js';
import { ApiKeys } from '../../../../../src/api/access/api-keys.js';

describe('what a game day in a cluster brings along', () => {
  it('keys that the tier reads: one for the clients, another for the stream', () => {
    const secret = gameDayKeys(Date.now());
    const keys = ApiKeys.parse(secret['api-keys.yaml']!);
    expect(keys.find(secret['client-api-key']!)?.caller.id).to.equal('clients');
    expect(keys.find(secret['stream-api-key']!)?.caller.id).to.equal('stream');
    expect(keys.size).to.equal(2);
  });

  it('the settings of a day, unless somebody says otherwise; what Make passes empty is not said', () => {
    expect(clusterGameDaySettings({ MAX_RATE: '', START_RATE: '7' }).attack.ramp).to.include({
      startRate: 7,
      maxSeconds: 720,
    });
    expect(clusterGameDaySettings({}).alertFor).to.equal(undefined);
  });

  it('the address that others reach this machine by', async () => {
    expect(await ownAddressTowards('127.0.0.1')).to.equal('127.0.0.1');
  });
});
