import type { ModelRegistry } from '../registry/model-registry.js';
import { PromotionError } from './promotion-error.js';
import { registeredVersion } from './registered-version.js';

/** The champion, or `none`, that the gates have compared a version with. The training side writes it when it registers. */
export const COMPARED_AGAINST_TAG = 'compared_against';

/**
 * For whoever promotes without having compared.
 *
 * @throws {PromotionError} not-registered; refused: nobody has written it down
 * @throws {RegistryError}
 */
export async function comparedAgainst(
  registry: ModelRegistry,
  model: string,
  version: string,
): Promise<string> {
  const { tags } = await registeredVersion(registry, model, version);
  const champion = tags.get(COMPARED_AGAINST_TAG) ?? '';
  if (champion !== '') return champion;
  throw new PromotionError(
    'refused',
    `Model ${model} version ${version} is not promoted: it has no tag ${COMPARED_AGAINST_TAG}; ` +
      'name the champion that it was compared with by --expect-champion',
  );
}
