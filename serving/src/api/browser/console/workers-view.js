import { badge, element, show, table } from './elements.js';

/** @typedef {import('../wire.js').Status} Status */

/**
 * The processes behind the address, and how many there are to be while that is another number.
 *
 * @param {Element} container
 * @param {Pick<Status, 'workers' | 'workers_wanted'>} status
 */
export function showWorkers(container, { workers, workers_wanted: wanted }) {
  show(container, [workers, wanted], () => [
    workers.length !== wanted && element('p', {}, `There are to be ${wanted}.`),
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
