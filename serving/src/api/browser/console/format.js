const whole = new Intl.NumberFormat('en');
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** @param {number} value */
export function count(value) {
  return whole.format(value);
}

/** @param {number} value */
export function number(value) {
  return fine.format(value);
}

/**
 * Requests per second. Three digits, and whole ones from a hundred on.
 *
 * @param {number} perSecond
 */
export function rate(perSecond) {
  return `${perSecond >= 100 ? whole.format(Math.round(perSecond)) : fine.format(perSecond)}/s`;
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 0.001) return `${fine.format(seconds * 1e6)} µs`;
  if (seconds < 1) return `${fine.format(seconds * 1e3)} ms`;
  return `${fine.format(seconds)} s`;
}

/** @param {number | null} share */
export function percent(share) {
  return share === null ? '–' : `${fine.format(share * 100)} %`;
}

/**
 * The day of a moment, without its time.
 *
 * @param {string} moment ISO 8601
 */
export function day(moment) {
  return moment.slice(0, 10);
}
