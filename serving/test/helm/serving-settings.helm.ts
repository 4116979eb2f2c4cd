import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CommandFailure, runCommand } from '../../local/cluster/child-command.js';
import { chartFolder, HELM } from './charts.js';

const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) }),
  }),
});

const folder = chartFolder('serving');

function render(template: string, values: object): Promise<string> {
  const set = Object.entries(values).flatMap(([path, value]) => [
    '--set-json',
    `${path}=${JSON.stringify(value)}`,
  ]);
  return runCommand(HELM, ['template', 'serving', folder, '--show-only', `templates/${template}`, ...set]);
}

async function checksum(values: object): Promise<string | undefined> {
  const [document] = parseAllDocuments(await render('deployment.yaml', values));
  const { spec } = deploymentSchema.parse(document?.toJS());
  return spec.template.metadata.annotations['checksum/config'];
}

describe('settings in the chart serving', () => {
  let names: string[];
  /** Those that other values set. */
  let own: string[];

  before(async () => {
    names = (await readFile(join(folder, 'files/settings.txt'), 'utf8')).trim().split('\n');
    const template = await readFile(join(folder, 'templates/_settings.tpl'), 'utf8');
    const block = /define "serving\.ownVariables" -}}\n([\s\S]*?)\n{{- end/.exec(template)?.[1] ?? '';
    own = Object.keys(parse(block) as object);
  });

  it('that other values set are settings at all', () => {
    expect(own).to.have.length.above(20);
    expect(own.filter((name) => !names.includes(name))).to.deep.equal([]);
  });

  it('are each taken from other values, by `config`, or by `stream.config`', async () => {
    const free = names.filter((name) => !own.includes(name));
    const ofTheStream = free.filter((name) => name.startsWith('STREAM_'));
    const config = Object.fromEntries(
      free.filter((name) => !ofTheStream.includes(name)).map((name) => [name, '1']),
    );
    const streamConfig = Object.fromEntries([...ofTheStream, 'LOG_LEVEL'].map((name) => [name, '1']));
    expect(Object.keys(config)).to.have.length.above(60);
    expect(ofTheStream).to.have.length.above(8);
    await render('configmap.yaml', { config, 'stream.config': streamConfig }).catch((error: unknown) => {
      throw error instanceof CommandFailure ? new Error(error.stderr, { cause: error }) : error;
    });
  });

  it('replace pods when they change, and only then', async () => {
    const before = await checksum({});
    expect(before).to.match(/^[0-9a-f]{64}$/);
    expect(await checksum({ 'config.MAX_QUEUE_MS': 50 })).not.to.equal(before);
    expect(await checksum({ 'model.alias': 'challenger' })).not.to.equal(before);
    expect(await checksum({ 'autoscaling.maxReplicas': 5, 'service.annotations': { a: 'b' } })).to.equal(
      before,
    );
  });
});
