import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SERVING_ROOT } from '../support/training-environment.js';
import {
  ENVIRONMENTS,
  environmentPlan,
  type EnvironmentFolder,
  type EnvironmentPlan,
  type PlannedResource,
} from './environment-plan.js';
import { ROLES } from './roles.js';

const FIXTURES = join(SERVING_ROOT, 'test/fixtures/terraform-outputs');
const EVERYBODY = /^(0\.0\.0\.0|::)\/0$/;

const ruleSchema = z.looseObject({
  description: z.string().nullish(),
  v4_cidr_blocks: z.array(z.string()).nullish(),
  v6_cidr_blocks: z.array(z.string()).nullish(),
});
const rulesSchema = z.array(ruleSchema).nullish();
const bucketSchema = z.looseObject({
  bucket: z.string(),
  force_destroy: z.boolean(),
  anonymous_access_flags: z.array(z.record(z.string(), z.boolean().nullable())).length(1),
  server_side_encryption_configuration: z.array(
    z.object({
      rule: z.array(
        z.object({
          apply_server_side_encryption_by_default: z.array(z.object({ sse_algorithm: z.string() })),
        }),
      ),
    }),
  ),
  versioning: z.array(z.object({ enabled: z.boolean() })),
});
const groupSchema = z.looseObject({
  node_labels: z.record(z.string(), z.string()),
  scale_policy: z.array(
    z.looseObject({
      auto_scale: z.array(z.object({ min: z.number(), initial: z.number(), max: z.number() })),
    }),
  ),
  instance_template: z.array(
    z.looseObject({ network_interface: z.array(z.looseObject({ nat: z.boolean() })) }),
  ),
});

/** What holds data that nothing else has; `data-stays.tf` has a guard for each. */
const HOLDS_DATA = [
  'yandex_kubernetes_cluster',
  'yandex_mdb_postgresql_cluster_v2',
  'yandex_storage_bucket',
  'yandex_kms_symmetric_key',
  'yandex_lockbox_secret',
];

/** Of secrets that can be made again at any time. */
const MADE_AGAIN = ['module.monitoring.yandex_lockbox_secret.remote_write["remote-write"]'];

function openTo(resource: PlannedResource, direction: 'ingress' | 'egress'): string[] {
  return (rulesSchema.parse(resource.values[direction]) ?? [])
    .filter((rule) =>
      [...(rule.v4_cidr_blocks ?? []), ...(rule.v6_cidr_blocks ?? [])].some((range) => EVERYBODY.test(range)),
    )
    .map(
      (rule) =>
        `${resource.address.replace(/^module\./, '')}: ${rule.description ?? 'a rule without a reason'}`,
    );
}

for (const folder of Object.keys(ENVIRONMENTS) as EnvironmentFolder[]) {
  describe(`the environment ${folder}`, () => {
    let plan: EnvironmentPlan;

    function ofType(...types: string[]): PlannedResource[] {
      return plan.resources.filter(({ type }) => types.includes(type));
    }

    before(async () => {
      plan = await environmentPlan(folder);
    });

    it('gives the roles that are listed, and no other', () => {
      const roles = plan.resources
        .filter(({ values }) => 'role' in values)
        .map(({ address, values }) => `${address.replace(/^module\./, '')}: ${String(values['role'])}`);

      expect(roles).to.have.members(ROLES[folder]);
    });

    it('says of each account what it is for', () => {
      const accounts = ofType('yandex_iam_service_account');

      expect(accounts).not.to.have.length(0);
      for (const { address, values } of accounts) {
        expect(String(values['description']), address).to.match(/\w+[.:]\w+.*[:.] ?[A-Z]?.{20}/);
      }
    });

    it('is open to everybody at the edge alone', () => {
      const open = plan.resources.flatMap((resource) => openTo(resource, 'ingress'));

      expect(open).to.have.members(
        folder === 'prod'
          ? [
              'edge[0].yandex_vpc_security_group.balancer: Clients: https',
              'edge[0].yandex_vpc_security_group.balancer: Clients: redirect-to-https',
            ]
          : [],
      );
      expect(ofType('yandex_vpc_security_group_rule')).to.deep.equal([]);
    });

    it('reaches the internet from nodes, by four ports', () => {
      const open = plan.resources.flatMap((resource) => openTo(resource, 'egress'));

      expect(open).to.have.length(4);
      for (const rule of open) expect(rule).to.match(/^network\.yandex_vpc_security_group\.nodes: /);
    });

    it('gives a public address to the edge alone, and to the API of Kubernetes where clients of it are named', () => {
      const addresses = ofType('yandex_vpc_address').filter(({ address }) => !address.endsWith('.gateway'));

      expect(addresses.map(({ address }) => address)).to.deep.equal(
        folder === 'dev' ? [] : ['module.edge[0].yandex_vpc_address.public'],
      );
      for (const group of ofType('yandex_kubernetes_node_group')) {
        const [template] = groupSchema.parse(group.values).instance_template;
        expect(
          template?.network_interface.map(({ nat }) => nat),
          group.address,
        ).to.deep.equal([false]);
      }
      expect(JSON.stringify(ofType('yandex_mdb_postgresql_cluster_v2'))).not.to.contain(
        '"assign_public_ip":true',
      );
    });

    it('has three nodes for the platform at rest, and none for training', () => {
      const groups = ofType('yandex_kubernetes_node_group').map(({ values }) => groupSchema.parse(values));
      const atRest = (pool: string): number[] =>
        groups
          .filter(({ node_labels: labels }) => labels['node-pool'] === pool)
          .flatMap(({ scale_policy: [policy] }) => policy?.auto_scale ?? [])
          .map(({ min, initial }) => {
            expect(initial).to.equal(min);
            return min;
          });

      expect(atRest('platform')).to.deep.equal(folder === 'prod' ? [1, 1, 1] : [3]);
      expect(atRest('training')).to.deep.equal([0]);
    });

    it('keeps every bucket private, with versions, and encrypted but for the log of requests', () => {
      const buckets = ofType('yandex_storage_bucket').map(({ values }) => bucketSchema.parse(values));

      expect(buckets).to.have.length(folder === 'dev' ? 0 : 3);
      for (const bucket of buckets) {
        expect(bucket.anonymous_access_flags, bucket.bucket).to.deep.equal([
          { read: false, list: false, config_read: false },
        ]);
        expect(bucket.versioning, bucket.bucket).to.deep.equal([{ enabled: true }]);
        expect(bucket.force_destroy, bucket.bucket).to.equal(false);
        expect(
          bucket.server_side_encryption_configuration.flatMap(({ rule }) =>
            rule.flatMap(
              ({ apply_server_side_encryption_by_default: [encryption] }) => encryption?.sse_algorithm,
            ),
          ),
          bucket.bucket,
        ).to.deep.equal(bucket.bucket.endsWith('-access-logs') ? [] : ['aws:kms']);
      }
    });

    it(folder === 'dev' ? 'can be deleted as a whole' : 'refuses that what holds data is deleted', () => {
      const switches = plan.resources.filter(
        ({ address, values }) => 'deletion_protection' in values && !MADE_AGAIN.includes(address),
      );

      expect(switches).not.to.have.length(0);
      for (const { address, values } of switches) {
        // A string in databases and users, whose provider knows "unspecified", too.
        expect(String(values['deletion_protection']), address).to.equal(String(folder !== 'dev'));
      }
    });

    it(folder === 'dev' ? 'guards nothing' : 'guards whatever holds data', () => {
      const holders = ofType(...HOLDS_DATA).filter(({ address }) => !MADE_AGAIN.includes(address));
      const guards = ofType('terraform_data').filter(({ address }) =>
        address.startsWith('terraform_data.data_stays'),
      );

      expect(
        guards.map(({ address }) => address).sort(),
        holders.map(({ address }) => address).join('\n'),
      ).to.have.length(folder === 'dev' ? 0 : holders.length);
    });

    it('labels whatever takes labels, so that the bill can be read', () => {
      for (const { address, values } of plan.resources) {
        const labels = z.record(z.string(), z.string()).nullish().safeParse(values['labels']);
        if (!('labels' in values)) continue;
        expect(labels.data, address).to.include({
          environment: ENVIRONMENTS[folder],
          'part-of': 'retraining',
        });
      }
    });

    it('prints what make deploy reads', async () => {
      const fixture = join(FIXTURES, `${ENVIRONMENTS[folder]}.json`);
      // Terraform keeps no output of a root module that is null: `terraform output -json` leaves it out.
      const printed = Object.fromEntries(
        Object.entries(plan.outputs)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => [name, { sensitive: false, value }]),
      );
      if (process.env['WRITE_FIXTURES'] === '1')
        await writeFile(fixture, `${JSON.stringify(printed, null, 2)}\n`);

      expect(
        JSON.parse(await readFile(fixture, 'utf8')),
        'make tf-test WRITE_FIXTURES=1 writes what is printed now',
      ).to.deep.equal(printed);
    });
  });
}
