import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ScrapeTargets } from '../../../../local/monitoring/scrape-targets.js';
import { ProcessTable } from '../../../../local/process-table.js';
import { temporaryDirectory } from '../../../support/temporary-directory.js';

describe('what Prometheus is to scrape', () => {
  it('is a file for each process, in the form of file_sd', () => {
    const targets = new ScrapeTargets(temporaryDirectory());
    targets.add('airflow', { job: 'airflow', port: 9102 });
    targets.add('airflow', { job: 'airflow', port: 19102 });
    expect(readdirSync(targets.directory)).to.deep.equal(['airflow.json']);
    const [group] = JSON.parse(
      readFileSync(path.join(targets.directory, 'airflow.json'), 'utf8'),
    ) as unknown[];
    expect(group).to.deep.equal({
      targets: ['127.0.0.1:19102'],
      labels: { job: 'airflow', namespace: 'local' },
    });
  });

  it('is no longer expected once it was stopped, and may never have been', async () => {
    const stateDir = temporaryDirectory();
    const processes = new ProcessTable(stateDir, path.join(stateDir, 'logs'));
    processes.scrapeTargets.add('kafka', { job: 'kafka', port: 9404 });
    await processes.stop('kafka');
    await processes.stop('kafka');
    expect(existsSync(path.join(processes.scrapeTargets.directory, 'kafka.json'))).to.equal(false);
  });

  it('is nothing when all of the platform is down, whoever was killed before', () => {
    const targets = new ScrapeTargets(temporaryDirectory());
    targets.add('autoscaler', { job: 'autoscaler', port: 8085 });
    targets.clear();
    targets.clear();
    expect(existsSync(targets.directory)).to.equal(false);
  });
});
