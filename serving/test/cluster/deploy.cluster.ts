import { expect } from 'chai';
import { startNode } from '../support/command.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { outputsFile } from '../support/terraform-outputs.js';
import { SERVING_ROOT } from '../support/training-environment.js';

const NAMESPACE = 'deploy-dry-run';

describe('`make deploy`, run dry, in a real cluster', () => {
  for (const [name, environment] of [
    ['dev', 'dev'],
    ['staging', 'staging'],
    ['prod', 'production'],
  ] as const) {
    it(`has the API server judge what it would send to ${name}`, async () => {
      const { exitCode, stdout, stderr } = await startNode(
        SERVING_ROOT,
        ['--import', 'tsx', 'local/main.ts', 'deploy'],
        {
          KUBECONFIG: process.env['KUBECONFIG']!,
          HOME: process.env['HOME']!,
          PLATFORM_STATE_DIR: temporaryDirectory(),
          CLUSTER_NAMESPACE: NAMESPACE,
          ENV: name,
          OUTPUTS: outputsFile(environment),
          DEPLOY_TAG: '1.4.0',
          DRY_RUN: '1',
        },
      ).result;
      expect(exitCode, stdout + stderr).to.equal(0);
      expect(stdout).to.include(`helm -n ${NAMESPACE} upgrade --install platform`);
      // Operators that a cluster of tests has not got are no fault of the values.
      expect(stdout).to.match(/would take it|knows no .* yet: the operators above bring them/);
    });
  }
});
