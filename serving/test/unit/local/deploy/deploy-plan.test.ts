import { expect } from 'chai';
import { environmentOf } from '../../../../local/deploy/environment.js';
import { deployPlan, type Deployment } from '../../../../local/deploy/deploy-plan.js';
import { planText, shellCommand } from '../../../../local/deploy/plan-text.js';
import { outputsOf } from '../../../support/terraform-outputs.js';

const NEW = {
  rollBack: '--rollback-on-failure',
  serves: false,
  hasLockboxReader: false,
  hasGateway: false,
  status: undefined,
} as const;
const OLD = { ...NEW, serves: true, hasLockboxReader: true, hasGateway: true, status: 'deployed' } as const;

function deployment(name: 'dev' | 'staging' | 'prod', change: Partial<Deployment> = {}): Deployment {
  const environment = environmentOf(name);
  return {
    environment,
    outputs: outputsOf(environment.values),
    facts: NEW,
    files: {
      kubeconfig: '/state/kubeconfig',
      namespace: '/state/namespace.yaml',
      platformValues: '/state/platform.yaml',
      airflowValues: '/state/airflow.yaml',
      lockboxKey: '/state/authorized-key.json',
    },
    projectDir: '/project',
    namespace: 'retraining',
    release: 'platform',
    context: 'a-context',
    tag: '1.4.0',
    timeoutMinutes: 15,
    registryTool: 'docker',
    apiKeyFile: name === 'dev' ? undefined : '/keys/acceptance',
    ...change,
  };
}

function linesOf(plan: Deployment): readonly string[] {
  return deployPlan(plan).flatMap(({ commands }) => commands.map(shellCommand));
}

function whatOf(plan: Deployment): readonly string[] {
  return deployPlan(plan).map(({ what }) => what);
}

describe('the plan of a deployment', () => {
  it('of a first production has operators before the platform, Airflow and a model after it, acceptance last', () => {
    expect(whatOf(deployment('prod'))).to.deep.equal([
      'logging in to registry.yandexcloud.net',
      'looking for the images of 1.4.0',
      `asking the cluster ${outputsOf('production').cluster.name}`,
      'making the namespace retraining',
      'looking whether the secrets that people fill are filled',
      'giving the cluster the key with which it reads Lockbox',
      'fetching the charts of others',
      'installing gateway-helm, external-secrets, kube-prometheus-stack',
      'installing the platform',
      'installing airflow',
      'installing opentelemetry-collector',
      'asking Airflow for the first model (credit_scoring_retraining)',
      'waiting for the first model to answer',
      'accepting the tier by its public address',
    ]);
  });

  it('of a platform that serves waits for the release, takes it back where it fails, and makes no key and no model', () => {
    const lines = linesOf(deployment('staging', { facts: { ...OLD, rollBack: '--atomic' } }));
    const helm = lines.filter((line) => line.includes('upgrade --install'));
    expect(helm).to.deep.equal([
      'helm -n retraining upgrade --install platform /project/helm/platform --create-namespace ' +
        '-f /project/helm/values/staging/platform.yaml -f /state/platform.yaml --wait --timeout 15m --atomic --hide-notes',
    ]);
    const upgrade = deployPlan(deployment('staging', { facts: OLD }))
      .flatMap(({ commands }) => commands)
      .find(({ args }) => args.includes('--install'));
    expect(upgrade?.timeoutMinutes, 'for the upgrade and for going back').to.equal(31);
    expect(lines.filter((line) => /key create|dags trigger|wait deployment/.test(line))).to.deep.equal([]);
    expect(lines).to.include(
      '/project/helm/upstream/install.sh staging airflow -- -f /state/airflow.yaml --atomic',
    );
  });

  it('of a platform that was set up before needs no more of the cloud than tokens', () => {
    for (const name of ['staging', 'prod'] as const) {
      const asked = linesOf(deployment(name, { facts: OLD })).filter((line) => /\byc\b/.test(line));
      expect(asked.filter((line) => !line.startsWith('yc iam create-token |'))).to.deep.equal([]);
    }
  });

  it('of a first platform does not wait for what is ready only with a model', () => {
    const [helm] = linesOf(deployment('staging')).filter((line) => line.includes('upgrade --install'));
    expect(helm).not.to.match(/--wait|--rollback-on-failure/);
  });

  it('of dev needs no Lockbox and no Airflow of its own, and brings a Gateway where there is none', () => {
    expect(whatOf(deployment('dev', { facts: OLD }))).to.deep.equal([
      'logging in to registry.yandexcloud.net',
      'looking for the images of 1.4.0',
      `asking the cluster ${outputsOf('dev').cluster.name}`,
      'making the namespace retraining',
      'upgrading the platform',
      'accepting the tier by its Gateway',
    ]);
    expect(whatOf(deployment('dev'))).to.include('installing gateway-helm');
  });

  it('asks no registry for images that are on the nodes', () => {
    const dev = deployment('dev', { facts: OLD });
    const outputs = { ...dev.outputs, registry: { image_registry: 'localhost/retraining' } };
    expect(whatOf({ ...dev, outputs })[0]).to.match(/^asking the cluster/);
  });

  it('hands secrets from one program to the next, and lets none lie', () => {
    const steps = deployPlan(deployment('prod'));
    const text = planText(steps, '/state/kubeconfig');
    expect(text).to.match(/^export KUBECONFIG=\/state\/kubeconfig\n/);
    expect(text).to.include(
      'yc iam create-token | docker login --username iam --password-stdin registry.yandexcloud.net',
    );
    expect(text).to.match(
      /iam key create .* --output \/state\/authorized-key.json\nkubectl .*\nrm -f \/state\/authorized-key.json/,
    );
  });

  it('accepts by the address that clients have, with the key that was given', () => {
    const { edge } = outputsOf('production');
    expect(linesOf(deployment('prod')).at(-1)).to.equal(
      `make -C /project acceptance TARGET=${edge!.url} API_KEY_FILE=/keys/acceptance READY_WITHIN_SECONDS=300`,
    );
  });

  it('says of every step what to do where it fails', () => {
    for (const { what, remedy } of [...deployPlan(deployment('prod')), ...deployPlan(deployment('dev'))]) {
      expect(remedy, what).to.match(/\S.{10,}/);
    }
  });
});

describe('a command as text', () => {
  it('is what a shell takes', () => {
    const input = { file: 'yc', args: ['iam', 'create-token'] };
    const command = { file: 'docker', args: ['login', "it's here", ''], input, env: { A: 'b c' } };
    expect(shellCommand(command)).to.equal(`yc iam create-token | A='b c' docker login 'it'\\''s here' ''`);
  });
});

describe('the name of an environment', () => {
  it('is that of its folder, or the long one', () => {
    expect(environmentOf('production')).to.equal(environmentOf('prod'));
    expect(() => environmentOf('')).to.throw('Which environment?');
    expect(() => environmentOf('test')).to.throw('There is no environment test');
  });
});
