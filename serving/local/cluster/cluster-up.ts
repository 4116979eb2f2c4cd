import { z } from 'zod';
import type { Champion } from '../champion.js';
import { bold, dim, print } from '../console.js';
import type { Platform } from '../platform.js';
import { showPrediction } from '../predict.js';
import type { Settings } from '../settings.js';
import { ensureAddons } from './cluster-addons.js';
import { ClusterConnections } from './cluster-connections.js';
import { untilPodsServe } from './cluster-fleet.js';
import { ensureChampion } from './cluster-retrain.js';
import { gatewayAddress, type GatewayAddress } from './gateway-address.js';
import { Helm } from './helm.js';
import { Kubernetes } from './kubernetes.js';
import { untilPipelineIsReady } from './pipeline-readiness.js';
import { imagesIn, loadImages } from './platform-images.js';
import { install, installationOf } from './platform-installation.js';
import { contextOf } from './playground.js';
import { servedRow } from './served-row.js';

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

  const serves = await servesAlready(kubernetes);
  if (!serves && (await helm.find(installation.release)) !== undefined) {
    // Of an installation that came to nothing, what is there changes before anybody looks whether it is ready.
    await helm.upgradeInstall({ ...installation, wait: false });
  }
  const connections = new ClusterConnections(kubernetes);
  try {
    const champion = serves
      ? await install(kubernetes, helm, installation, loaded).then(() =>
          ensureChampion(connections, settings),
        )
      : await installWithModel(kubernetes, connections, settings, (signal) =>
          install(kubernetes, helm, { ...installation, signal }, loaded),
        );
    await untilPodsServe(kubernetes, connections, settings, champion);
    const gateway = await gatewayAddress(kubernetes, 'serving');
    try {
      printAddresses(gateway, settings);
      await showPrediction(gateway.url, await servedRow(kubernetes, champion.digest), gateway.host);
    } finally {
      gateway.close();
    }
  } finally {
    await connections.close();
  }
}

const deploymentSchema = z.object({ status: z.object({ readyReplicas: z.number().default(0) }) });

async function servesAlready(kubernetes: Kubernetes): Promise<boolean> {
  const tier = await kubernetes.find(deploymentSchema, 'deployment', 'serving');
  return tier !== undefined && tier.status.readyReplicas > 0;
}

/**
 * The tier is ready when it has a model, and not before. So that helm, which waits until everything is ready, does not
 * wait for ever, the first model is trained meanwhile, as soon as all that takes part in that is there.
 */
async function installWithModel(
  kubernetes: Kubernetes,
  connections: ClusterConnections,
  settings: Settings,
  installed: (signal: AbortSignal) => Promise<void>,
): Promise<Champion> {
  const over = new AbortController();
  const trained = untilPipelineIsReady(kubernetes, settings, over.signal).then(() =>
    ensureChampion(connections, settings),
  );
  const both = [trained, installed(over.signal)] as const;
  try {
    const [champion] = await Promise.all(both);
    return champion;
  } catch (error) {
    over.abort();
    await connections.close();
    await Promise.allSettled(both);
    throw error;
  }
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
