import { z } from 'zod';
import { readRegistryConfig } from '../../config.js';
import { disagreement, readFleet, type Replica } from '../../promotion/fleet.js';
import { MlflowRegistry } from '../../registry/mlflow-registry.js';
import { flag, FLAG, parseOptions, print, replicaAddresses, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { marksOf, servedVersions, type VersionMarks } from '../version-marks.js';

const options = z.strictObject({ replicas: replicaAddresses, json: flag });

/** Agreement means that all replicas serve, model by model, the bytes that the first one serves. */
export async function runStatus(args: string[]): Promise<ExitCode> {
  const wanted = parseOptions(args, { replicas: TEXT, json: FLAG }, options);
  const { replicas, unresolved } = await readFleet(wanted.replicas);
  const marks = await marksOf(new MlflowRegistry(readRegistryConfig()), servedVersions(replicas));
  const models = replicas[0]?.status?.models ?? [];
  const agree =
    unresolved.length === 0 &&
    models.length > 0 &&
    models.every(
      ({ model_name: model, alias, available }) =>
        available !== null &&
        replicas.every((replica) => disagreement(replica, { model, alias, ...available }) === undefined),
    );
  const lines = [...unresolved, ...replicas.flatMap((replica) => linesOf(replica, marks))];
  print(wanted.json, { agree, replicas, unresolved, versions: marks }, lines.join('\n'));
  return agree ? EXIT.ok : EXIT.fleetDisagrees;
}

function linesOf({ url, status, error }: Replica, marks: readonly VersionMarks[]): string[] {
  if (status === undefined) return [`${url} ${error ?? ''}`];
  return status.models.map(({ model_name: model, alias, available, serving_from: from }) => {
    if (available === null) return `${url} serves nothing for ${model}@${alias}`;
    const { version, digest } = available;
    const known = marks.find((one) => one.model === model && one.version === version);
    const remark =
      known === undefined
        ? ''
        : (known.signed_by === null ? ', unsigned' : `, signed with ${known.signed_by}`) +
          (known.promoted_without_blessing === null ? '' : ', PROMOTED WITHOUT A BLESSING');
    return `${url} serves ${model}@${alias} version ${version} ${digest} from ${from}${remark}`;
  });
}
