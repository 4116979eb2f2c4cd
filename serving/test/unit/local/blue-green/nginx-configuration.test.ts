import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { nginxConfiguration, type Front } from '../../../../local/blue-green/nginx-configuration.js';
import type { TrafficSplit } from '../../../../local/blue-green/traffic-split.js';
import { defaultVariables } from '../../../../src/config.js';
import { MAX_BODY_BYTES } from '../../../../local/blue-green/front-limits.js';
import { SERVING_ROOT } from '../../../support/training-environment.js';

const TEMPLATE = readFileSync(join(SERVING_ROOT, 'compose/nginx.conf.template'), 'utf8');
const FRONT: Front = {
  listen: '0.0.0.0:8080',
  managementListen: '0.0.0.0:8091',
  addresses: { blue: '10.0.0.11:8080', green: '10.0.0.12:8080' },
  user: undefined,
  workers: 2,
  stateDir: '/state',
  runDir: '/run',
  accessLog: '/dev/stdout',
  errorLog: 'stderr',
  maxBodyBytes: MAX_BODY_BYTES,
  readTimeoutMs: 10_000,
};

function serversOf(split: TrafficSplit): string[] {
  const text = nginxConfiguration(TEMPLATE, FRONT, split, 'one');
  const upstream = /upstream serving \{(.*?)\n {4}\}/s.exec(text)![1]!;
  return [...upstream.matchAll(/server ([^;]+);/g)].map(([, server]) => server!);
}

describe('nginxConfiguration', () => {
  const guarded = 'max_fails=3 fail_timeout=5s';

  it('gives each colour its weight, and asks both by weight when both seem to be sick', () => {
    expect(serversOf({ blue: 9, green: 1 })).to.deep.equal([
      `10.0.0.11:8080 weight=9 ${guarded}`,
      `10.0.0.12:8080 weight=1 ${guarded}`,
      '10.0.0.11:8080 weight=9 max_fails=0 backup',
      '10.0.0.12:8080 weight=1 max_fails=0 backup',
    ]);
  });

  it('has a colour without weight answer for the other one', () => {
    expect(serversOf({ blue: 0, green: 1 })).to.deep.equal([
      `10.0.0.12:8080 weight=1 ${guarded}`,
      '10.0.0.11:8080 weight=1 max_fails=0 backup',
    ]);
  });

  it('leaves no name of the template without a value', () => {
    expect(nginxConfiguration(TEMPLATE, FRONT, { blue: 9, green: 1 }, 'one')).not.to.match(/\$\{[A-Z]/);
  });

  it('says which names template and settings do not share', () => {
    expect(() => nginxConfiguration(`${TEMPLATE}\${COLOR}`, FRONT, { blue: 9, green: 1 }, 'one')).to.throw(
      'COLOR',
    );
    expect(() =>
      nginxConfiguration(TEMPLATE.replace('${LISTEN}', '80'), FRONT, { blue: 9, green: 1 }, 'one'),
    ).to.throw('LISTEN');
  });

  it('takes bodies of the size that the tier takes', () => {
    expect(MAX_BODY_BYTES).to.equal(defaultVariables()['MAX_BODY_BYTES']);
  });
});
