import { age, badge, description, element, show, table } from './elements.js';
import { count, day, duration, number } from './format.js';
import { showPolicy } from './policy-view.js';

/** @typedef {import('../wire.js').ModelStatus} ModelStatus */

const EVENTS = /** @type {const} */ ({
  loaded: ['good', 'loaded'],
  load_failed: ['bad', 'failed'],
  unloaded: ['plain', 'unloaded'],
  fell_back: ['warning', 'fell back'],
});

const SOURCES = { registry: 'registry', last_known_good: 'last known good version', nothing: 'nothing' };

/**
 * One card a model and alias: the same card as long as the model is there.
 *
 * @param {Element} container
 * @param {readonly ModelStatus[]} models
 */
export function showModels(container, models) {
  const keys = models.map(({ model_name, alias }) => `${model_name}@${alias}`);
  show(container, keys, () => keys.map(emptyCard));
  models.forEach((model, i) => {
    const [head, warnings, policy, facts, registry, more] = container.children[i]?.children ?? [];
    if (!head || !warnings || !policy || !facts || !registry || !more) return;
    showHead(head, model);
    showWarnings(warnings, model);
    showPolicy(policy, model);
    showFacts(facts, model);
    showRegistry(registry, model);
    showMore(more, model);
  });
}

/** @param {string} key */
function emptyCard(key) {
  return element(
    'article',
    { class: 'card model', 'aria-label': key },
    element('header', {}),
    element('div', { class: 'warnings', role: 'status' }),
    element('div', {}),
    element('div', {}),
    element('div', {}),
    element('div', {}),
  );
}

/**
 * @param {Element} container
 * @param {ModelStatus} model
 */
function showHead(container, { model_name: name, alias, available, trained }) {
  show(container, [available, trained?.synthetic], () => [
    element('h3', {}, name, element('span', { class: 'alias' }, `@${alias}`)),
    element(
      'p',
      { class: 'version' },
      available === null
        ? element('strong', { class: 'none' }, 'no version')
        : element('strong', {}, `version ${available.version}`),
      available === null ? badge('bad', 'not available') : badge('good', 'available'),
      trained?.synthetic === true && badge('warning', 'synthetic data'),
    ),
    available !== null && element('p', { class: 'quiet' }, 'answers since ', age(available.since)),
  ]);
}

/**
 * @param {Element} container
 * @param {ModelStatus} model
 */
function showWarnings(container, model) {
  const { available, registry, last_failure: failure, serving_from: from, traffic } = model;
  const { reachable, aliased_version: aliased, error } = registry;
  const elsewhere = aliased !== null && available !== null && aliased !== available.version ? aliased : null;
  show(container, [failure, reachable, error, elsewhere, from, traffic.problem], () => [
    failure !== null &&
      element(
        'div',
        { class: 'alert bad' },
        element(
          'p',
          {},
          element('strong', {}, `Version ${failure.version} could not be loaded`),
          ' ',
          age(failure.at),
        ),
        element('p', {}, element('code', {}, failure.code), ' ', failure.message),
        element('p', {}, `Tried ${count(failure.failures)}×; again `, age(failure.retry_at), '.'),
      ),
    elsewhere !== null &&
      failure?.version !== elsewhere &&
      element(
        'div',
        { class: 'alert warning' },
        `The alias points at version ${elsewhere}, which does not answer yet.`,
      ),
    (!reachable || error !== null) &&
      element(
        'div',
        { class: 'alert warning' },
        element(
          'p',
          {},
          element('strong', {}, reachable ? 'No such alias in the registry' : 'The registry does not answer'),
        ),
        element('p', {}, error ?? 'It was not asked yet.'),
      ),
    from === 'last_known_good' &&
      element('div', { class: 'alert warning' }, 'Serving the last known good version from disk.'),
    traffic.problem !== null &&
      element(
        'div',
        { class: 'alert warning' },
        element('p', {}, element('strong', {}, 'Not all of the traffic policy is in force')),
        element('p', {}, traffic.problem),
      ),
  ]);
}

/**
 * @param {Element} container
 * @param {ModelStatus} model
 */
function showFacts(container, { available, trained }) {
  show(container, [available?.digest, trained], () => {
    if (available === null || trained === null) return [];
    const { start, end } = trained.window;
    return [
      description([
        ['Digest', element('code', { class: 'digest', title: available.digest }, available.digest)],
        ['Trained', [day(trained.created_at), ', ', age(trained.created_at)]],
        ['Data', `${count(trained.rows)} rows${trained.synthetic ? ', synthetic' : ''}`],
        ['Window', start === null && end === null ? null : `${day(start ?? '…')} to ${day(end ?? '…')}`],
        ['Commit', trained.git_commit && element('code', {}, trained.git_commit.slice(0, 12))],
        ['DAG run', trained.dag_run_id && element('code', {}, trained.dag_run_id)],
      ]),
      metricsList(trained.metrics),
    ];
  });
}

/** @param {Readonly<Record<string, number>>} metrics */
function metricsList(metrics) {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return null;
  return element(
    'details',
    {},
    element('summary', {}, `Metrics of its training (${count(entries.length)})`),
    description(entries.map(([name, value]) => [name, number(value)])),
  );
}

/**
 * @param {Element} container
 * @param {ModelStatus} model
 */
function showRegistry(container, { registry, serving_from: from }) {
  show(container, [registry, from], () => [
    description([
      ['Serving from', SOURCES[from]],
      [
        'Registry',
        [
          registry.reachable ? 'answers' : 'does not answer',
          registry.aliased_version !== null && `, the alias points at version ${registry.aliased_version}`,
          registry.checked_at !== null && '; looked ',
          registry.checked_at !== null && age(registry.checked_at),
        ],
      ],
    ]),
  ]);
}

/**
 * @param {Element} container
 * @param {ModelStatus} model
 */
function showMore(container, { servables, history }) {
  const others =
    servables.length > 1 || servables.some(({ state }) => state !== 'available') ? servables : [];
  show(container, [others, history], () => [
    others.length > 0 &&
      table(
        'Versions in memory',
        [{ title: 'Version' }, { title: 'State' }, { title: 'Since' }, { title: 'In flight', numeric: true }],
        others.map(({ version, state, since, in_flight: inFlight }) => [
          version,
          badge(state === 'available' ? 'good' : 'plain', state),
          age(since),
          count(inFlight),
        ]),
        '',
      ),
    element('h4', {}, 'What happened lately'),
    history.length === 0
      ? element('p', { class: 'empty' }, 'Nothing since the start.')
      : element('ol', { class: 'events' }, ...history.map(eventItem)),
  ]);
}

/** @param {ModelStatus['history'][number]} event */
function eventItem({ at, kind, version, code, message, seconds }) {
  const [tone, word] = EVENTS[kind];
  return element(
    'li',
    {},
    age(at),
    badge(tone, word),
    element(
      'span',
      {},
      `version ${version}`,
      seconds !== undefined && ` in ${duration(seconds)}`,
      code !== undefined && ': ',
      code !== undefined && element('code', {}, code),
      message !== undefined && ` ${message}`,
    ),
  );
}
