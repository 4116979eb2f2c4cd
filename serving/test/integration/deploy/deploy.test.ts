import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startNode, type CommandResult } from '../../support/command.js';
import { StandIns } from '../../support/stand-ins.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { outputsFile } from '../../support/terraform-outputs.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

const TIMEOUT_MS = 120_000;
/** What nothing but a program's standard input may see. */
const TOKEN = 't1.a-token-of-the-cloud';
const KEY = '{"private_key": "a-private-key"}';
const FILLED =
  '{"current_version": {"payload_entry_keys": ["api-keys.yaml", "api-key", "gitSshKey", "known_hosts", "ca.crt"]}}';
const SERVES = '{"items": [{"status": {"readyReplicas": 2}}]}';
const NOTHING = '{"items": []}';

/** kubectl of a cluster that has Gateways, and a tier or none. */
function kubectl(tiers: string): string {
  return `case "$*" in
    *'get deployments'*) echo '${tiers}' ;;
    *'get gatewayclasses'*) echo '{"items": [{"metadata": {"name": "envoy"}}]}' ;;
    *'get pods'*) echo '${NOTHING}' ;;
    *api-versions*) echo gateway.networking.k8s.io/v1 ;;
    *'get secret lockbox-reader'*) [[ -e "$0.reader" ]] && echo '{"metadata": {"name": "lockbox-reader"}}' ;;
    *'create secret generic lockbox-reader'*) cat "\${!##--from-file=authorized-key.json=}" >"$0.reader" ;;
  esac
  exit 0`;
}

describe('a deployment', function () {
  this.timeout(TIMEOUT_MS);
  let programs: StandIns;
  let state: string;
  let apiKeyFile: string;

  beforeEach(() => {
    programs = new StandIns();
    state = temporaryDirectory();
    apiKeyFile = join(state, 'key');
    writeFileSync(apiKeyFile, 'a-key');
    programs.add('terraform', `cat '${outputsFile('staging')}'`);
    programs.add(
      'yc',
      `case "$*" in
        *create-token*) echo '${TOKEN}' ;;
        *'lockbox secret get'*) echo '${FILLED}' ;;
        *'iam key create'*) printf '%s' '${KEY}' >"\${!#}" ;;
      esac`,
    );
    programs.add('skopeo', `[[ "$*" != *login* ]] || cat >"$0.stdin"`);
    programs.add('kubectl', kubectl(SERVES));
    programs.add('helm', `case "$*" in *version*) echo v4.3.0 ;; *list*) echo "$(<"$0.releases")" ;; esac`);
    writeFileSync(
      join(programs.path, 'helm.releases'),
      '[{"name": "platform", "status": "deployed", "revision": "7", "chart": "platform-0.1.0"}]',
    );
    programs.add('make');
    // Scripts of this project that reach for charts of others: what they call, the tests of charts say.
    programs.add('bash');
  });

  function deploy(env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    const own = {
      PATH: `${programs.path}:${process.env['PATH']}`,
      PLATFORM_STATE_DIR: state,
      ENV: 'staging',
      DEPLOY_TAG: '1.4.0',
      DEPLOY_API_KEY_FILE: apiKeyFile,
      ...env,
    };
    // As it stands in the sources, whatever was compiled last.
    return startNode(SERVING_ROOT, ['--import', 'tsx', 'local/main.ts', 'deploy'], own).result;
  }

  it('goes from outputs to acceptance, prints where everything is, and no secret', async () => {
    const { exitCode, stdout, stderr } = await deploy();
    expect(exitCode, stdout + stderr).to.equal(0);
    const wanted = [
      /^terraform -chdir=.*environments\/staging output -json$/,
      /^yc iam create-token$/,
      /^skopeo login --username iam --password-stdin registry\.yandexcloud\.net$/,
      /^skopeo inspect --raw docker:\/\/.*\/serving:1\.4\.0$/,
      /^kubectl apply --server-side -f .*namespace\.yaml$/,
      /^yc lockbox secret get --name staging-postgres-ca /,
      /^yc iam key create /,
      /^kubectl -n retraining create secret generic lockbox-reader /,
      /^bash .*upstream\/fetch\.sh$/,
      /^bash .*upstream\/install\.sh staging gateway-helm external-secrets kube-prometheus-stack$/,
      /^helm -n retraining upgrade --install platform .* --wait --timeout 15m --rollback-on-failure/,
      /^bash .*upstream\/install\.sh staging airflow -- -f .*airflow\.yaml --rollback-on-failure$/,
      /^make -C .* acceptance TARGET=https:\/\/.* API_KEY_FILE=.*key READY_WITHIN_SECONDS=300$/,
    ];
    const found = wanted.map((pattern) => programs.calls.findIndex((call) => pattern.test(call)));
    expect(found, programs.calls.join('\n')).to.deep.equal([...found].sort((a, b) => a - b));
    expect(found).to.not.include(-1);
    for (const what of ['predictions', 'MLflow', 'Airflow', 'Grafana', 'logs', 'a release back']) {
      expect(stdout).to.include(what);
    }
    // No secret is shown, and none stays.
    expect(readFileSync(join(programs.path, 'skopeo.stdin'), 'utf8').trim()).to.equal(TOKEN);
    expect(readFileSync(join(programs.path, 'kubectl.reader'), 'utf8')).to.equal(KEY);
    const everything = [stdout, stderr, ...programs.calls].join('\n');
    expect(everything).to.not.include(TOKEN).and.not.include('a-private-key');
    const folder = join(state, 'deploy', 'staging');
    expect(existsSync(join(folder, 'authorized-key.json'))).to.equal(false);
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, 'kubeconfig')).mode & 0o777).to.equal(0o600);
    // Once is enough.
    programs.forget();
    expect((await deploy()).exitCode).to.equal(0);
    expect(programs.calls.filter((call) => call.includes('key create'))).to.deep.equal([]);
  });

  it('leaves no key behind where the cluster does not take it', async () => {
    programs.add(
      'kubectl',
      `[[ "$*" != *'create secret'* ]] || { echo 'secrets is forbidden' >&2; exit 1; }\n${kubectl(SERVES)}`,
    );
    const { exitCode, stderr } = await deploy();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('secrets is forbidden').and.include('keyAdmin');
    expect(existsSync(join(state, 'deploy', 'staging', 'authorized-key.json'))).to.equal(false);
  });

  it('ends with a failure where the tier is not accepted', async () => {
    programs.add('make', 'echo "3 failing"; exit 2');
    const { exitCode, stdout, stderr } = await deploy();
    expect(exitCode).to.equal(1);
    expect(stdout).to.include('3 failing');
    expect(stderr).to.match(/Step \d+\/\d+ failed: accepting the tier by its public address/);
    expect(stderr).to.include('the same command again');
    expect(stdout).to.not.include('staging serves');
  });

  it('says that a release was taken back, and goes no further', async () => {
    programs.add(
      'helm',
      `case "$*" in
        *version*) echo v3.19.0 ;;
        *list*) echo "$(<"$0.releases")" ;;
        *upgrade*) echo 'Error: UPGRADE FAILED: release platform failed, and has been rolled back' >&2; exit 1 ;;
      esac`,
    );
    const { exitCode, stderr } = await deploy();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('Helm went back').and.include('revision 7');
    expect(programs.calls.some((call) => call.includes('--atomic'))).to.equal(true);
    expect(programs.calls.some((call) => call.startsWith('make'))).to.equal(false);
  });

  it('names the secret that nobody has filled, before anything is installed', async () => {
    programs.add(
      'yc',
      `case "$*" in *lockbox*) echo '{"id": "e6q"}' ;; *create-token*) echo '${TOKEN}' ;; esac`,
    );
    const { exitCode, stderr } = await deploy();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('yc lockbox secret add-version --name staging-');
    expect(programs.calls.some((call) => /upgrade|install\.sh/.test(call))).to.equal(false);
  });

  it('does not begin while another one is under way', async () => {
    writeFileSync(
      join(programs.path, 'helm.releases'),
      '[{"name": "platform", "status": "pending-upgrade", "revision": "8", "chart": "platform-0.1.0"}]',
    );
    const { exitCode, stderr } = await deploy();
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('pending-upgrade').and.include('helm -n retraining rollback platform');
  });

  it('of a first platform asks Airflow for a model, and waits for it', async () => {
    programs.add('kubectl', kubectl(NOTHING));
    writeFileSync(join(programs.path, 'helm.releases'), '[]');
    const { exitCode, stdout, stderr } = await deploy();
    expect(exitCode, stdout + stderr).to.equal(0);
    const { calls } = programs;
    const install = calls.find((call) => call.includes('upgrade --install platform'));
    expect(install).to.not.match(/--wait|--rollback/);
    const trigger = calls.findIndex((call) =>
      call.includes('airflow dags trigger credit_scoring_retraining'),
    );
    const waited = calls.findIndex((call) => call.includes('wait deployment'));
    expect(trigger).to.be.above(calls.indexOf(install!));
    expect(waited).to.be.above(trigger);
  });

  it('that is dry shows every command, and executes none that changes anything; it asks for no key', async () => {
    const { exitCode, stdout, stderr } = await deploy({ DRY_RUN: '1', DEPLOY_API_KEY_FILE: '' });
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.include("'API_KEY_FILE=<file with a key>'");
    expect(stdout).to.include('helm -n retraining upgrade --install platform');
    expect(stdout).to.include('make -C');
    const changing = programs.calls.filter((call) => /apply|login|install|create|^make/.test(call));
    expect(changing).to.deep.equal([]);
  });
});
