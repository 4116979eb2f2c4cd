import { badge, show, table } from './elements.js';

/** @typedef {import('../wire.js').Status} Status */

/**
 * The processes behind the address.
 *
 * @param {Element} container
 * @param {Status['workers']} workers
 */
export function showWorkers(container, workers) {
  show(container, workers, () => [
    table(
      'Worker processes',
      [{ title: 'Worker' }, { title: 'Process' }, { title: 'State' }, { title: 'Versions' }],
      workers.map(({ id, pid, ready, serving, models }) => [
        String(id),
        String(pid),
        badge(
          ready && serving ? 'good' : 'warning',
          ready ? (serving ? 'ready' : 'takes no requests yet') : 'not ready',
        ),
        models
          .map(({ model_name, alias, available }) => `${model_name}@${alias} ${available?.version ?? 'none'}`)
          .join(', '),
      ]),
      'No worker answers.',
    ),
  ]);
}
