import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../local/cluster/child-command.js';
import { useStateStore } from './state-store.js';
import { complaintOf, TERRAFORM_ROOT } from './terraform-command.js';

// With the backend that the environments have.
describe('the lock of a state', () => {
  const store = useStateStore();

  function stateLock(backend: string): Promise<string> {
    return runCommand(join(TERRAFORM_ROOT, 'tools/state-lock.sh'), [backend], {
      timeoutMs: 110_000,
      env: store.keys,
    });
  }

  it('refuses a second Terraform, outlives a killed one, and is taken away by a person', async () => {
    const said = await stateLock(await store.writeBackend(store.folder));

    expect(said.match(/pass$/gm)).to.have.length(4);
  });

  it('is missed where a bucket keeps none', async () => {
    const unlocked = join(store.folder, 'unlocked.hcl');
    await writeFile(unlocked, `${store.backend}use_lockfile = false\n`);

    expect(await complaintOf(stateLock(unlocked))).to.contain('This bucket keeps no locks');
  });
});
