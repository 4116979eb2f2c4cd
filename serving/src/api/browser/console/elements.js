/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Creates an element. Text is text and never markup, whatever it holds.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...Child} children what is null, undefined or false is left out
 */
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...present(children));
  return created;
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...Node} children
 */
export function svg(tag, attributes = {}, ...children) {
  const created = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

/**
 * @param {readonly Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false || child === '' ? [] : [child],
  );
}

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * Fills a container, unless it shows the same already: what a reader has selected stays selected.
 *
 * @param {Element} container
 * @param {unknown} data all that the content depends on
 * @param {() => readonly Child[]} build
 */
export function show(container, data, build) {
  const key = JSON.stringify(data);
  if (shown.get(container) === key) return;
  shown.set(container, key);
  container.replaceChildren(...present(build()));
}

/**
 * A table, or what is said in place of an empty one.
 *
 * @param {string} caption
 * @param {readonly { readonly title: string, readonly numeric?: boolean }[]} columns
 * @param {readonly (readonly Child[])[]} rows
 * @param {string} whenEmpty
 */
export function table(caption, columns, rows, whenEmpty) {
  if (rows.length === 0) return element('p', { class: 'empty' }, whenEmpty);
  const kind = (/** @type {number} */ i) => ({ class: columns[i]?.numeric === true ? 'number' : 'text' });
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...columns.map(({ title }, i) => element('th', { scope: 'col', ...kind(i) }, title)),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows.map((cells) => element('tr', {}, ...cells.map((cell, i) => element('td', kind(i), cell)))),
      ),
    ),
  );
}

/**
 * Terms and what is said of them; terms of which nothing is said are left out.
 *
 * @param {readonly (readonly [string, Child | readonly Child[]])[]} entries
 */
export function description(entries) {
  return element(
    'dl',
    {},
    ...entries.flatMap(([term, detail]) => {
      const details = present([detail].flat());
      return details.length === 0 ? [] : [element('dt', {}, term), element('dd', {}, ...details)];
    }),
  );
}

/**
 * @param {'good' | 'warning' | 'bad' | 'plain'} tone
 * @param {string} text
 */
export function badge(tone, text) {
  return element('span', { class: `badge ${tone}` }, text);
}

/**
 * How long ago something was. The text follows the clock; see `tick`.
 *
 * @param {string} moment ISO 8601
 */
export function age(moment) {
  return element('time', { datetime: moment, title: moment, 'data-age': '' }, ageText(moment, Date.now()));
}

/** Brings all ages up to date. */
export function tick() {
  for (const shownAge of document.querySelectorAll('time[data-age]')) {
    shownAge.textContent = ageText(shownAge.getAttribute('datetime') ?? '', Date.now());
  }
}

/**
 * @param {string} moment
 * @param {number} nowMs
 */
function ageText(moment, nowMs) {
  const seconds = Math.round((nowMs - Date.parse(moment)) / 1_000);
  const text = spanText(Math.abs(seconds));
  if (seconds < 0) return `in ${text}`;
  return seconds === 0 ? 'now' : `${text} ago`;
}

/** @param {number} seconds */
function spanText(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
