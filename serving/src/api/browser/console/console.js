/**
 * The console: asks the management port every few seconds and shows what it says. It changes nothing there. What
 * it shows is put together here; what is computed is computed by the server.
 */
import { showDrift } from './drift-view.js';
import { age, badge, element, show, tick } from './elements.js';
import { showModels } from './models-view.js';
import { showTraffic } from './traffic-view.js';
import { showWorkers } from './workers-view.js';

const POLL_MS = 3_000;
const TIMEOUT_MS = 5_000;

/** @typedef {import('../wire.js').Status} Status */
/** @typedef {import('../wire.js').Traffic} Traffic */
/** @typedef {import('../wire.js').Drift} Drift */

/**
 * @template T
 * @param {string} path relative to this page, so that the page works behind a path of a proxy
 * @returns {Promise<T>}
 */
async function ask(path) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  /** @type {unknown} */
  const body = await answer.json();
  return /** @type {T} */ (body);
}

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no part ${id}`);
  return found;
}

/** @type {string | undefined} */
let answeredAt;

async function refresh() {
  try {
    const [status, traffic, drift] = await Promise.all([
      /** @type {Promise<Status>} */ (ask('status')),
      /** @type {Promise<Traffic>} */ (ask('console/traffic')),
      /** @type {Promise<Drift>} */ (ask('drift')),
    ]);
    answeredAt = new Date().toISOString();
    showAll(status, traffic, drift);
    showTrouble(undefined);
  } catch (error) {
    showTrouble(error);
  }
}

/**
 * @param {Status} status
 * @param {Traffic} traffic
 * @param {Drift} drift
 */
function showAll(status, traffic, drift) {
  const names = [...new Set(status.models.map(({ model_name }) => model_name))].join(', ');
  document.title = `${status.ready ? '' : 'Not ready: '}${names}`;
  show(part('state'), [status.ready], () => [
    status.ready ? badge('good', 'ready') : badge('bad', 'not ready'),
  ]);
  show(part('updated'), [answeredAt], () => ['updated ', age(answeredAt ?? '')]);
  showModels(part('models'), status.models);
  const swaps = status.models.flatMap(({ history }) =>
    history.flatMap(({ kind, at }) => (kind === 'loaded' ? [Date.parse(at)] : [])),
  );
  showTraffic(part('traffic'), traffic, swaps);
  showDrift(part('drift'), drift);
  part('workers-section').hidden = status.workers.length < 2 && status.workers_wanted < 2;
  showWorkers(part('workers'), status);
}

/** @param {unknown} error */
function showTrouble(error) {
  const trouble = part('trouble');
  const message = error instanceof Error ? error.message : undefined;
  document.body.classList.toggle('stale', message !== undefined);
  show(trouble, [message, message && answeredAt], () =>
    message === undefined
      ? []
      : [
          element(
            'div',
            { class: 'alert bad' },
            element('strong', {}, 'The replica does not answer'),
            ` (${message}). `,
            answeredAt === undefined ? '' : 'Below is what it said last, ',
            answeredAt === undefined ? '' : age(answeredAt),
          ),
        ],
  );
}

async function run() {
  await refresh();
  setTimeout(() => void run(), POLL_MS);
}

setInterval(tick, 1_000);
// A page in the background is not looked at, and browsers slow its timers down: it catches up when it is shown.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void refresh();
});
void run();
