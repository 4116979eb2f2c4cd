import { expect } from 'chai';
import { silenceOf } from '../../../../local/monitoring/silence.js';

describe('make silence', () => {
  const now = new Date('2026-11-21T10:00:00.000Z');
  const wanted = { alert: 'KafkaDown', duration: '2h', comment: 'the broker is being moved' };

  for (const [duration, endsAt] of [
    ['30m', '2026-11-21T10:30:00.000Z'],
    ['2h', '2026-11-21T12:00:00.000Z'],
    ['1d', '2026-11-22T10:00:00.000Z'],
  ] as const) {
    it(`takes one alert, for ${duration}, with who wants it and why`, () => {
      expect(silenceOf({ ...wanted, duration }, 'anna', now)).to.deep.equal({
        matchers: [{ name: 'alertname', value: 'KafkaDown', isRegex: false, isEqual: true }],
        startsAt: now.toISOString(),
        endsAt,
        createdBy: 'anna',
        comment: wanted.comment,
      });
    });
  }

  const refused: readonly (readonly [string, Partial<typeof wanted> | object, RegExp])[] = [
    ['no alert', { alert: undefined }, /Which alert/],
    ['no reason', { comment: undefined }, /Why/],
    ['an empty reason', { comment: ' ' }, /Why/],
    ['the watchdog', { alert: 'Watchdog' }, /watchdog/],
  ];
  for (const [name, change, message] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => silenceOf({ ...wanted, ...change }, 'anna', now)).to.throw(message);
    });
  }
});
