import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { withShortenedHold, writeShortenedAlerts } from '../../../../local/monitoring/shortened-alerts.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

const SHIPPED = `groups:
  - name: serving
    rules:
      # Why it is what it is.
      - alert: ServingAtMaxReplicasAndHot
        expr: |
          a >= b
          and c > 0.8
        for: 5m
        labels: { severity: critical }
        annotations:
          description: Hot for 5 minutes.
      - alert: ServingDown
        expr: up == 0
        for: 1m
`;

describe('an alert that may fire sooner on this machine', () => {
  it('has another `for`, says so, and is otherwise what is shipped, as are all others', () => {
    const [comment, ...others] = withShortenedHold(SHIPPED, '20s')
      .split('\n')
      .filter((line) => !SHIPPED.split('\n').includes(line));
    expect(comment).to.include('In this local copy alone: `for` is 20s (ALERT_FOR) instead of 5m.');
    expect(others).to.deep.equal([
      '        for: 20s',
      '          description: "Hot for 5 minutes. Here: for 20s (ALERT_FOR)."',
    ]);
  });

  it('leaves files alone in which it is not', () => {
    const other =
      'groups:\n  - name: node\n    rules:\n      - alert: DiskFillsUp\n        expr: x\n        for: 1h\n';
    expect(withShortenedHold(other, '20s')).to.equal(other);
    expect(withShortenedHold('groups: []\n', '20s')).to.equal('groups: []\n');
  });

  it('is in the folder of copies together with all others, and what was there before is not', () => {
    const [from, to] = [temporaryDirectory(), path.join(temporaryDirectory(), 'alerts')];
    mkdirSync(to);
    writeFileSync(path.join(to, 'gone.yaml'), 'groups: []\n');
    writeFileSync(path.join(from, 'serving.yaml'), SHIPPED);
    writeFileSync(path.join(from, 'README.md'), 'no rules');
    writeShortenedAlerts(from, to, '2m');
    expect(readdirSync(to)).to.deep.equal(['serving.yaml']);
    expect(readFileSync(path.join(to, 'serving.yaml'), 'utf8')).to.include('for: 2m');
  });
});
