import type { KeyObject } from 'node:crypto';
import { COMPARED_AGAINST_TAG } from '../promotion/compared-against.js';
import { judge, NEEDS_APPROVAL_TAG } from '../promotion/guard.js';
import { NO_CHAMPION } from '../promotion/move.js';
import { registeredVersion } from '../promotion/registered-version.js';
import { DIGEST_TAG, type ModelRegistry } from '../registry/model-registry.js';
import { championIn } from '../rollout/effects.js';
import { markdownTable, textTable } from './table.js';

/** What there is to know of a version before it is promoted, without loading it. */
export interface Description {
  readonly model: string;
  readonly version: string;
  readonly digest: string | null;
  /** Now. */
  readonly champion: string;
  /** The champion that the pipeline has compared it with; null: it has not said. */
  readonly compared_against: string | null;
  /** Why it may not become champion, whoever approves it; null: it may. */
  readonly objection: string | null;
  /** Why a human has to agree; null: nobody has to. */
  readonly needs_approval: string | null;
  readonly git_commit: string | null;
  readonly dag_run: string | null;
  readonly dossier_url: string | null;
  /** The dossier's summary, in Markdown; null: there is none. */
  readonly summary: string | null;
}

/**
 * @throws {PromotionError} not-registered
 * @throws {RegistryError}
 */
export async function describeVersion(
  registry: ModelRegistry,
  model: string,
  version: string,
  publicKeys: readonly KeyObject[] | undefined,
): Promise<Description> {
  const registered = await registeredVersion(registry, model, version);
  const { aliases, tags: modelTags } = await registry.getRegisteredModel(model);
  const tag = (name: string): string | null => {
    const value = registered.tags.get(name) ?? '';
    return value === '' ? null : value;
  };
  // Whether somebody approves is asked later: here, as if somebody did.
  const verdict = judge(registered, { force: false, approvedBy: 'somebody', publicKeys }, modelTags);
  return {
    ...{ model, version, digest: tag(DIGEST_TAG), champion: championIn(aliases) ?? NO_CHAMPION },
    compared_against: tag(COMPARED_AGAINST_TAG),
    objection: verdict.allowed ? null : verdict.objection,
    needs_approval: tag(NEEDS_APPROVAL_TAG),
    ...{ git_commit: tag('git_commit'), dag_run: tag('dag_run_id'), dossier_url: tag('dossier_url') },
    summary: registered.description ?? null,
  };
}

const HEADINGS = ['what', 'is'];

export function descriptionText(description: Description): string {
  const { model, version, summary } = description;
  const rows = textTable(HEADINGS, rowsOf(description)).slice(1);
  return [`${model} version ${version}`, ...rows, ...(summary === null ? [] : ['', summary])].join('\n');
}

/** For the summary of a CI job. */
export function descriptionPage(description: Description): string {
  const { model, version, summary } = description;
  return [
    ...[`### ${model} version ${version}`, ''],
    ...markdownTable(HEADINGS, rowsOf(description)),
    // The pipeline has written it in Markdown.
    ...(summary === null ? [] : ['', summary]),
  ].join('\n');
}

function rowsOf(description: Description): readonly (readonly string[])[] {
  const { champion, compared_against: compared, objection, needs_approval: approval } = description;
  const known = (label: string, value: string | null): string[][] => (value === null ? [] : [[label, value]]);
  return [
    ['champion now', champion],
    ['compared with champion', compared ?? 'unknown'],
    ['may be promoted', objection === null ? 'yes' : `no: ${objection}`],
    ...known('needs approval', approval),
    ...known('digest', description.digest),
    ...known('git commit', description.git_commit),
    ...known('DAG run', description.dag_run),
    ...known('dossier', description.dossier_url),
  ];
}
