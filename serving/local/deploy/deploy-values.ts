import { isOnNodes } from './registry-tool.js';
import type { TerraformOutputs } from './terraform-outputs.js';

/** Images of the platform by name, such as `serving`, with what their bytes are. */
export type Digests = Readonly<Record<string, string>>;

export interface Release {
  /** Of all images. */
  readonly tag: string;
  /** Images that are named by their bytes, too; the others by the tag alone. */
  readonly digests: Digests;
}

/** Values as they stand in a file. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * What Terraform knows, and the release, over helm/values of an environment: terraform/README.md has the table.
 *
 * @param dataset name of the file with the data, as helm/values has it; undefined: it comes from elsewhere
 */
export function platformValues(outputs: TerraformOutputs, release: Release, dataset?: string): Values {
  const { registry, network, database, storage, secrets, edge } = outputs;
  const subnets = [{ ipBlock: { cidr: network.subnets_cidr } }];
  const digest = (image: string): Values => pinned(release.digests[image]);
  return merged(
    {
      global: { image: { registry: registry.image_registry, tag: release.tag } },
      serving: digest('serving'),
      mlflow: digest('mlflow'),
      retrainingRequests: digest('serving'),
    },
    edge !== null && {
      serving: {
        gateway: {
          host: edge.host,
          loadBalancer: { address: edge.gateway_address },
          infrastructureAnnotations: { 'yandex.cloud/subnet-id': edge.gateway_subnet_id },
          trustedProxies: edge.client_cidrs,
        },
        config: { TRUSTED_PROXIES: [network.pods_cidr, ...edge.client_cidrs].join() },
      },
    },
    database !== null && {
      mlflow: {
        database: { host: database.host, port: database.port, name: database.mlflow_database },
        networkPolicy: { database: subnets },
      },
      airflow: { official: { database: { peers: subnets, port: database.port } } },
    },
    storage !== null && {
      mlflow: {
        artifacts: {
          destination: `s3://${storage.buckets.mlflow}/artifacts`,
          endpoint: storage.endpoint,
          region: storage.region,
        },
      },
      pipeline: {
        AWS_ENDPOINT_URL: storage.endpoint,
        AWS_DEFAULT_REGION: storage.region,
        RETRAINING_WORKSPACE_URI: `s3://${storage.buckets.pipeline}/workspace`,
        ...(dataset !== undefined && { DATASET_URI: `s3://${storage.buckets.pipeline}/data/${dataset}` }),
      },
    },
    secrets !== null && {
      externalSecrets: {
        lockbox: { folderId: secrets.folder_id, prefix: secrets.prefix },
        secrets: secrets.secret_keys,
      },
    },
    outputs.environment === 'dev' && devValues(outputs, digest),
  );
}

/** Over helm/values/airflow of an environment. */
export function airflowValues({ registry, storage }: TerraformOutputs, { tag, digests }: Release): Values {
  const training = `${registry.image_registry}/training`;
  return merged(
    {
      defaultAirflowRepository: `${registry.image_registry}/airflow`,
      defaultAirflowTag: tag,
      ...(digests['airflow'] !== undefined && { defaultAirflowDigest: digests['airflow'] }),
      // Pods of tasks are named by the tag alone: their image knows no digest.
      images: { pod_template: { repository: training, tag } },
      config: { kubernetes_executor: { worker_container_repository: training, worker_container_tag: tag } },
    },
    storage !== null && {
      config: { logging: { remote_base_log_folder: `s3://${storage.buckets.pipeline}/logs/airflow` } },
    },
  );
}

/** Of what a dev cluster has instead of managed services, and of a Gateway that the internet does not see. */
function devValues({ edge, network, registry }: TerraformOutputs, digest: (image: string) => Values): Values {
  const [subnet] = Object.values(network.subnets);
  // A release replaces these pods: what they keep must outlive them. A cluster on one's own machine may have no disks.
  const kept = isOnNodes(registry.image_registry) ? {} : { persistence: { enabled: true } };
  return merged(
    {
      airflow: { dev: digest('training') },
      dev: {
        postgres: { ...digest('postgres'), ...kept },
        s3: { ...digest('s3'), ...kept },
        git: { ...digest('training'), ...kept },
        kafka: digest('kafka'),
      },
    },
    edge === null &&
      subnet !== undefined && {
        serving: {
          gateway: {
            infrastructureAnnotations: {
              'yandex.cloud/load-balancer-type': 'internal',
              'yandex.cloud/subnet-id': subnet.id,
            },
          },
        },
      },
  );
}

function pinned(digest: string | undefined): Values {
  return digest === undefined ? {} : { image: { digest } };
}

/** Maps key by key; of everything else, the last. Without maps that have nothing in them. */
function merged(...all: readonly (Values | false)[]): Values {
  const result: Record<string, unknown> = {};
  for (const values of all) {
    for (const [key, value] of Object.entries(values === false ? {} : values)) {
      const before = result[key];
      const next = isMap(value) ? merged(isMap(before) ? before : {}, value) : value;
      if (!isMap(next) || Object.keys(next).length > 0) result[key] = next;
    }
  }
  return result;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
