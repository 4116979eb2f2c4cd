import { expect } from 'chai';
import { isPortFree } from '../../local/ports.js';
import { platform } from './platform.js';

describe('`make down`', () => {
  it('leaves no process behind, not even those of a leader that was killed', async () => {
    const { settings, parts } = platform;
    process.kill(parts.processes.running('airflow')!.pid, 'SIGKILL');
    expect(parts.processes.findAll()).to.not.have.length(0);

    const output = await platform.make('down');

    expect(output).to.include('no process of the platform is left');
    expect(parts.processes.findAll()).to.deep.equal([]);
    for (const port of Object.values(settings.ports)) {
      expect(await isPortFree(port), `port ${port}`).to.equal(true);
    }
  });

  it('is harmless when nothing runs', async () => {
    expect(await platform.make('down')).to.include('no process of the platform is left');
  });
});
