import { bold, dim, print } from '../console.js';
import type { Champion } from '../champion.js';
import { PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { showPrediction } from '../predict.js';
import { rowIn } from '../sample-row.js';
import type { Settings } from '../settings.js';
import { ensureAddons } from './cluster-addons.js';
import { ClusterConnections } from './cluster-connections.js';
import { untilPodsServe } from './cluster-fleet.js';
import { ensureChampion } from './cluster-retrain.js';
import { gatewayAddress, type GatewayAddress } from './gateway-address.js';
import { Helm } from './helm.js';
import { Kubernetes } from './kubernetes.js';
import { imagesIn, loadImages } from './platform-images.js';
import { install, installationOf } from './platform-installation.js';
import { contextOf } from './playground.js';

const CACHE = '/var/cache/model-serving/packages';

/** From images to a prediction through the Gateway. A second time, it upgrades what has changed. */
export async function clusterUp({ settings }: Platform): Promise<void> {
  const { cluster } = settings;
  const kubernetes = new Kubernetes(cluster.namespace);
  const context = await contextOf(cluster);
  const helm = new Helm(cluster.namespace);
  const installation = installationOf(settings);
  await helm.buildDependencies(installation.chart);
  const manifests = await helm.template(installation);
  await ensureAddons(kubernetes, cluster, manifests);
  const own = imagesIn(manifests).filter((image) => image.startsWith(`${cluster.imageRegistry}/`));
  const loaded = await loadImages(kubernetes, cluster, context, own);
  await install(kubernetes, helm, installation, loaded);

  const connections = new ClusterConnections(kubernetes);
  try {
    const champion = await ensureChampion(connections, settings);
    await untilPodsServe(kubernetes, connections, settings, champion);
    const gateway = await gatewayAddress(kubernetes, 'serving');
    try {
      printAddresses(gateway, settings);
      await predictThrough(gateway, kubernetes, champion);
    } finally {
      gateway.close();
    }
  } finally {
    await connections.close();
  }
}

async function predictThrough(
  gateway: GatewayAddress,
  kubernetes: Kubernetes,
  { digest }: Champion,
): Promise<void> {
  const file = `${CACHE}/${digest.replace(/^sha256:/, '')}/manifest.json`;
  const read = `process.stdout.write(require("node:fs").readFileSync("${file}"))`;
  const command = ['/usr/local/bin/node', '-e', read];
  const { exitCode, output } = await kubernetes.exec('deployment/serving', command, { container: 'serving' });
  if (exitCode !== 0) throw new PlatformFailure(`No sample row: ${output.trim()}`);
  await showPrediction(gateway.url, rowIn(output), gateway.host);
}

function printAddresses({ url }: GatewayAddress, { cluster }: Settings): void {
  const kubectl = `kubectl -n ${cluster.namespace}`;
  const password = (secret: string): string =>
    dim(`password: ${kubectl} get secret ${secret} -o jsonpath='{.data.password}' | base64 -d`);
  print();
  print(`  ${bold('predictions')}  ${url}/predict`);
  print(`  ${bold('Airflow')}      ${kubectl} port-forward service/airflow 8088:8080`);
  print(`               ${password('airflow-api')}`);
  print(`  ${bold('MLflow')}       ${kubectl} port-forward service/mlflow 5000`);
  print(`               ${password('mlflow-admin')}`);
  print();
}
