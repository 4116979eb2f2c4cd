import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { SERVING_ROOT } from '../../../support/training-environment.js';

interface ComposeService {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly restart: string;
  readonly tmpfs: readonly string[];
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly networks?: { readonly serving: { readonly ipv4_address: string } };
  readonly deploy: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
  readonly healthcheck?: { readonly test: readonly unknown[] };
}

const { services } = parse(readFileSync(join(SERVING_ROOT, 'compose/compose.yaml'), 'utf8'), {
  merge: true,
}) as { services: Record<string, ComposeService> };

describe('compose.yaml', () => {
  it('has blue, green, nginx, and the way to the registry of this machine', () => {
    expect(Object.keys(services)).to.have.members(['blue', 'green', 'nginx', 'registry']);
  });

  for (const [name, service] of Object.entries(services)) {
    it(`runs ${name} with what it needs and no more`, () => {
      expect(service.user).to.match(/^[1-9]\d*:[1-9]\d*$/);
      expect(service.read_only).to.equal(true);
      expect(service.cap_drop).to.deep.equal(['ALL']);
      expect(service.security_opt).to.deep.equal(['no-new-privileges:true']);
      expect(service.tmpfs[0]).to.match(/^\/tmp:size=\d+m/);
      expect(service.restart).to.equal('unless-stopped');
      expect(service.deploy.resources.limits).to.have.all.keys('cpus', 'memory', 'pids');
      expect(service.image, 'pinned').to.match(/:\d+\.\d+\.\d+[^:]*\}$/);
    });
  }

  it('publishes nginx only, and on loopback unless told otherwise', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name)).to.deep.equal(['nginx']);
    for (const port of services['nginx']!.ports!)
      expect(port).to.match(/^(\$\{COMPOSE_HOST:-127\.0\.0\.1\}|127\.0\.0\.1):/);
  });

  it('checks the health of what answers, at addresses that stay', () => {
    for (const name of ['blue', 'green', 'nginx']) {
      const test = services[name]!.healthcheck!.test;
      // A colon in a text without quotes makes it a mapping.
      expect(
        test.every((word) => typeof word === 'string'),
        name,
      ).to.equal(true);
      expect(services[name]!.networks!.serving.ipv4_address, name).to.match(/\}\.1[0-2]$/);
    }
  });
});
