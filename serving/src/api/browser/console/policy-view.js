import { age, badge, description, element, show, table } from './elements.js';
import { number } from './format.js';

/** @typedef {import('../wire.js').ModelStatus} ModelStatus */
/** @typedef {ModelStatus['traffic']} TrafficStatus */

/**
 * Who answers beside the champion, who looks on, and what may not answer.
 *
 * @param {Element} container
 * @param {ModelStatus} model
 */
export function showPolicy(container, { available, traffic }) {
  show(container, [available?.version, traffic], () => {
    const { canary, shadow, standby, quarantined } = traffic;
    const roles = [
      canary !== null && role('canary', canary, percent(canary.percent)),
      shadow !== null && role('shadow', shadow, `sees ${percent(shadow.percent)}`),
      standby !== null && role('standby', standby, 'where others fail'),
    ].filter((row) => row !== false);
    return [
      roles.length === 0
        ? description([['Traffic', 'all of it is answered by the champion']])
        : table(
            'Traffic policy',
            [
              { title: 'Role' },
              { title: 'Version' },
              { title: 'Traffic', numeric: true },
              { title: 'State' },
            ],
            [championRow(available?.version, canary), ...roles],
            '',
          ),
      quarantined.length > 0 && quarantineTable(quarantined),
    ];
  });
}

/**
 * @param {string | undefined} version
 * @param {TrafficStatus['canary']} canary
 */
function championRow(version, canary) {
  const others = canary?.available === true ? canary.percent : 0;
  return [
    'champion',
    version ?? '–',
    percent(100 - others),
    version === undefined ? badge('bad', 'not available') : badge('good', 'available'),
  ];
}

/**
 * @param {string} name
 * @param {{ readonly version: string, readonly available: boolean }} wanted
 * @param {string} traffic what it gets where it is available
 */
function role(name, { version, available }, traffic) {
  return [
    name,
    version,
    available ? traffic : '–',
    available ? badge('good', 'available') : badge('warning', 'not available'),
  ];
}

/** @param {TrafficStatus['quarantined']} quarantined the newest first */
function quarantineTable(quarantined) {
  return table(
    'Quarantine',
    [{ title: 'Version' }, { title: 'Cause' }, { title: 'Since' }, { title: 'By' }, { title: 'Reason' }],
    quarantined.map(({ version, digest, cause, at, by, reason }) => [
      element('span', { title: digest }, version),
      badge('bad', cause.replaceAll('_', ' ')),
      age(at),
      by,
      element('span', { class: 'wrapping' }, reason),
    ]),
    '',
  );
}

/** @param {number} value of a hundred, with two decimals at most */
function percent(value) {
  return `${number(Math.round(value * 100) / 100)} %`;
}
