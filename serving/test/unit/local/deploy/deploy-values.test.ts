import { expect } from 'chai';
import { airflowValues, platformValues, type Values } from '../../../../local/deploy/deploy-values.js';
import { outputsOf } from '../../../support/terraform-outputs.js';

const RELEASE = { tag: '1.4.0', digests: {} };
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Paths of values with what is there. */
function flat(values: Values, before = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flat(value as Values, `${before}${key}/`))
        : [[`${before}${key}`, value]],
    ),
  );
}

describe('values of Helm from outputs of Terraform', () => {
  const outputs = outputsOf('production');
  const { database, storage, secrets, edge, network, registry } = outputs;
  const peers = [{ ipBlock: { cidr: network.subnets_cidr } }];

  it('are those of terraform/README.md, and no others, for the platform', () => {
    const keys = Object.entries(secrets!.secret_keys).map(([name, list]) => [
      `externalSecrets/secrets/${name}`,
      list,
    ]);
    expect(flat(platformValues(outputs, RELEASE, 'data.csv'))).to.deep.equal({
      'global/image/registry': registry.image_registry,
      'global/image/tag': '1.4.0',
      'serving/gateway/host': edge!.host,
      'serving/gateway/loadBalancer/address': edge!.gateway_address,
      'serving/gateway/infrastructureAnnotations/yandex.cloud/subnet-id': edge!.gateway_subnet_id,
      'serving/gateway/trustedProxies': edge!.client_cidrs,
      'serving/config/TRUSTED_PROXIES': [network.pods_cidr, ...edge!.client_cidrs].join(','),
      'mlflow/database/host': database!.host,
      'mlflow/database/port': database!.port,
      'mlflow/database/name': database!.mlflow_database,
      'mlflow/networkPolicy/database': peers,
      'mlflow/artifacts/destination': `s3://${storage!.buckets.mlflow}/artifacts`,
      'mlflow/artifacts/endpoint': storage!.endpoint,
      'mlflow/artifacts/region': storage!.region,
      'airflow/official/database/peers': peers,
      'airflow/official/database/port': database!.port,
      'pipeline/AWS_ENDPOINT_URL': storage!.endpoint,
      'pipeline/AWS_DEFAULT_REGION': storage!.region,
      'pipeline/RETRAINING_WORKSPACE_URI': `s3://${storage!.buckets.pipeline}/workspace`,
      'pipeline/DATASET_URI': `s3://${storage!.buckets.pipeline}/data/data.csv`,
      'externalSecrets/lockbox/folderId': secrets!.folder_id,
      'externalSecrets/lockbox/prefix': secrets!.prefix,
      ...Object.fromEntries(keys),
    });
  });

  it('are those of terraform/README.md, and no others, for Airflow', () => {
    const training = `${registry.image_registry}/training`;
    expect(flat(airflowValues(outputs, RELEASE))).to.deep.equal({
      defaultAirflowRepository: `${registry.image_registry}/airflow`,
      defaultAirflowTag: '1.4.0',
      'images/pod_template/repository': training,
      'images/pod_template/tag': '1.4.0',
      'config/kubernetes_executor/worker_container_repository': training,
      'config/kubernetes_executor/worker_container_tag': '1.4.0',
      'config/logging/remote_base_log_folder': `s3://${storage!.buckets.pipeline}/logs/airflow`,
    });
  });

  it('leave a data set where it is that is in no bucket of ours, and an edge that there is not', () => {
    const values = flat(platformValues({ ...outputs, edge: null }, RELEASE));
    expect(Object.keys(values).filter((key) => /gateway|TRUSTED|DATASET/.test(key))).to.deep.equal([]);
  });

  it('name images by their bytes where those are known', () => {
    const digests = { serving: DIGEST, airflow: DIGEST };
    const values = flat(platformValues(outputs, { ...RELEASE, digests }));
    expect(Object.keys(values).filter((key) => key.endsWith('digest'))).to.deep.equal([
      'serving/image/digest',
      'retrainingRequests/image/digest',
    ]);
    expect(airflowValues(outputs, { ...RELEASE, digests })).to.include({ defaultAirflowDigest: DIGEST });
  });

  it('of a dev cluster keep its Gateway from the internet and its data on disks, and name nothing that is managed', () => {
    const dev = outputsOf('dev');
    const values = flat(platformValues(dev, { tag: 'dev', digests: { postgres: DIGEST } }));
    expect(values).to.deep.equal({
      'global/image/registry': dev.registry.image_registry,
      'global/image/tag': 'dev',
      'dev/postgres/image/digest': DIGEST,
      'dev/postgres/persistence/enabled': true,
      'dev/s3/persistence/enabled': true,
      'dev/git/persistence/enabled': true,
      'serving/gateway/infrastructureAnnotations/yandex.cloud/load-balancer-type': 'internal',
      'serving/gateway/infrastructureAnnotations/yandex.cloud/subnet-id': Object.values(
        dev.network.subnets,
      )[0]!.id,
    });
  });

  it('ask for no disks on a machine whose images are in no registry', () => {
    const dev = outputsOf('dev');
    const registry = { image_registry: 'localhost/retraining' };
    const values = flat(platformValues({ ...dev, registry }, { tag: 'dev', digests: {} }));
    expect(Object.keys(values).filter((key) => key.includes('persistence'))).to.deep.equal([]);
  });
});
