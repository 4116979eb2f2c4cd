import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { ALERTS, EXPECTATIONS, GROUPS, ROOT } from './support/rule-files.js';

const SEVERITIES = ['critical', 'warning', 'info'];
const DASHBOARDS = ['serving', 'live-traffic', 'model-quality', 'retraining', 'cluster', 'attack'];
/** Pages that are about no alert of their own. */
const OTHER_RUNBOOKS = ['README', 'incident-response'];
const RUNBOOKS = join(ROOT, 'runbooks');

describe('alerts', () => {
  it('have names of their own', () => {
    const names = ALERTS.map(({ name }) => name);
    expect(names).to.deep.equal([...new Set(names)]);
  });

  for (const { name, component, labels, annotations } of ALERTS) {
    describe(name, () => {
      it('says how bad it is, and the component of its file', () => {
        expect(labels['severity']).to.be.oneOf(name === 'Watchdog' ? ['none'] : SEVERITIES);
        expect(labels['component']).to.equal(component);
      });

      it('says what is wrong in one line and what that means, and leads to its own runbook and a dashboard', () => {
        expect(annotations).to.have.all.keys('summary', 'description', 'runbook_url', 'dashboard');
        expect(annotations['summary']).to.match(/\S/).and.not.include('\n');
        expect(annotations['description']).to.match(/\.$/);
        expect(annotations['runbook_url']).to.equal(`{{ $externalLabels.runbook_base }}/${name}.md`);
        expect(annotations['dashboard']).to.be.oneOf(DASHBOARDS);
      });

      it('is expected to be silent and to fire by promtool', () => {
        const own = EXPECTATIONS.filter(({ alert }) => alert === name);
        expect(own.some(({ fires }) => fires)).to.equal(true);
        // What always fires is never silent.
        expect(own.some(({ fires }) => !fires)).to.equal(name !== 'Watchdog');
      });

      it('has a runbook', () => {
        expect(existsSync(join(RUNBOOKS, `${name}.md`))).to.equal(true);
      });
    });
  }

  it('are what runbooks are about', () => {
    const pages = readdirSync(RUNBOOKS)
      .filter((file) => file.endsWith('.md'))
      .map((file) => basename(file, '.md'));
    const known = [...ALERTS.map(({ name }) => name), ...OTHER_RUNBOOKS];
    expect(pages.filter((page) => !known.includes(page))).to.deep.equal([]);
  });

  it('are evaluated every quarter of a minute, or their times would not be what they say', () => {
    const slow = GROUPS.filter(({ name, interval }) => name.endsWith('-alerts') && interval !== '15s');
    expect(slow.map(({ name }) => name)).to.deep.equal([]);
  });
});
