import type { EnvironmentFolder } from './environment-plan.js';

/**
 * Every role that Terraform gives in an environment with all that may be chosen, as `resource: role`: to give another is to
 * change this table. Whom it is given to, modules test; why, the description of each account says.
 */
const EVERYWHERE = [
  // Of images: who pulls, who pushes.
  'registry.yandex_cloudregistry_registry_iam_binding.this["ci"]: cloud-registry.artifacts.pusher',
  'registry.yandex_cloudregistry_registry_iam_binding.this["nodes"]: cloud-registry.artifacts.puller',
  // The one account with roles in the folder, of which Managed Kubernetes takes none on less.
  'kubernetes.yandex_resourcemanager_folder_iam_member.cluster["k8s.clusters.agent"]: k8s.clusters.agent',
  'kubernetes.yandex_resourcemanager_folder_iam_member.cluster["logging.writer"]: logging.writer',
  'kubernetes.yandex_resourcemanager_folder_iam_member.cluster["vpc.publicAdmin"]: vpc.publicAdmin',
  'kubernetes.yandex_kms_symmetric_key_iam_member.cluster: kms.keys.encrypterDecrypter',
  // Jobs on GitHub, in this cluster.
  'kubernetes.yandex_kubernetes_cluster_iam_member.api["ci"]: k8s.cluster-api.cluster-admin',
];

const OF_SECRETS = [
  'airflow',
  'airflow-api',
  'airflow-database',
  'dags-deploy-key',
  'mlflow-admin',
  'mlflow-artifacts',
  'mlflow-database',
  'mlflow-editor',
  'mlflow-reader',
  'mlflow-server',
  'pipeline-storage',
  'postgres-ca',
  'retraining-requests',
  'serving',
  'serving-api-keys',
  'stream-api-key',
];

function readerOf(secrets: readonly string[]): string[] {
  return secrets.map(
    (name) => `secrets[0].yandex_lockbox_secret_iam_member.reader["${name}"]: lockbox.payloadViewer`,
  );
}

const WHERE_DATA_IS = [
  ...EVERYWHERE,
  // External Secrets reads the platform's secrets, one by one.
  ...readerOf(OF_SECRETS),
  'secrets[0].yandex_kms_symmetric_key_iam_member.reader: kms.keys.decrypter',
  // MLflow and the pipeline, each in its bucket.
  'storage[0].yandex_storage_bucket_iam_binding.this["mlflow storage.uploader"]: storage.uploader',
  'storage[0].yandex_storage_bucket_iam_binding.this["pipeline storage.uploader"]: storage.uploader',
  'storage[0].yandex_kms_symmetric_key_iam_member.this["mlflow"]: kms.keys.encrypterDecrypter',
  'storage[0].yandex_kms_symmetric_key_iam_member.this["pipeline"]: kms.keys.encrypterDecrypter',
  // Prometheus writes to a workspace, which has no roles of its own.
  'monitoring.yandex_resourcemanager_folder_iam_member.this["remote-write"]: monitoring.editor',
];

export const ROLES: Readonly<Record<EnvironmentFolder, readonly string[]>> = {
  dev: EVERYWHERE,
  staging: WHERE_DATA_IS,
  prod: [...WHERE_DATA_IS, ...readerOf(['blessing-signing-key', 'serving-signature-keys'])],
};
