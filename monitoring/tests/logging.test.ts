import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';

const PROJECT = new URL('../../', import.meta.url);
const file = (path: string): string => readFileSync(new URL(path, PROJECT), 'utf8');

const named = z.record(z.string(), z.unknown()).default({});
const pipeline = z.object({
  receivers: z.array(z.string()).default([]),
  processors: z.array(z.string()).default([]),
  exporters: z.array(z.string()).default([]),
});
const configuration = z.strictObject({
  extensions: named,
  receivers: named,
  processors: named,
  exporters: named,
  service: z
    .object({
      extensions: z.array(z.string()).default([]),
      pipelines: z.record(z.string(), pipeline).default({}),
    })
    .default({ extensions: [], pipelines: {} }),
});
type Configuration = z.infer<typeof configuration>;
const KINDS = ['receivers', 'processors', 'exporters'] as const;

const transform = z.object({
  log_statements: z.array(z.object({ context: z.literal('log'), statements: z.array(z.string()) })),
});

const template = z.object({
  index_patterns: z.array(z.string()),
  template: z.object({
    settings: z.looseObject({ 'index.lifecycle.name': z.string() }),
    mappings: z.object({
      properties: z.object({
        attributes: z.object({ properties: z.record(z.string(), z.object({ type: z.string() })) }),
      }),
    }),
  }),
});

const read = (name: string): Configuration => configuration.parse(parse(file(`monitoring/logging/${name}`)));

/** As the collector puts files together: members are merged, lists replaced by those of the later file. */
function merged(...files: readonly Configuration[]): Configuration {
  // A copy: what zod fills in is one object for all.
  const all = structuredClone(configuration.parse({}));
  for (const one of files) {
    for (const kind of [...KINDS, 'extensions'] as const) Object.assign(all[kind], one[kind]);
    if (one.service.extensions.length > 0) all.service.extensions = one.service.extensions;
    for (const [name, parts] of Object.entries(one.service.pipelines)) {
      const own = (all.service.pipelines[name] ??= structuredClone(pipeline.parse({})));
      for (const kind of KINDS) if (parts[kind].length > 0) own[kind] = parts[kind];
    }
  }
  return all;
}

const LOCAL = merged(read('collector.yaml'), read('sources/local.yaml'));
const KUBERNETES = merged(
  read('collector.yaml'),
  read('sources/kubernetes.yaml'),
  read('sources/kubernetes-attributes.yaml'),
);

const STATEMENTS = Object.values(LOCAL.processors)
  .flatMap((one) => transform.safeParse(one).data?.log_statements ?? [])
  .flatMap(({ statements }) => statements);
const MAPPED = Object.keys(
  template.parse(JSON.parse(file('monitoring/logging/elasticsearch/index-template.json'))).template.mappings
    .properties.attributes.properties,
);

describe('the pipeline of logs', () => {
  for (const [where, { service, extensions, ...parts }] of Object.entries({ LOCAL, KUBERNETES })) {
    it(`names what is defined, and defines what it names (${where})`, () => {
      const pipelines = Object.values(service.pipelines);
      expect(pipelines).to.have.lengthOf(1);
      for (const kind of KINDS) {
        const used = pipelines.flatMap((one) => one[kind]);
        expect(used).to.deep.equal([...new Set(used)]);
        expect(Object.keys(parts[kind]), kind).to.have.members(used);
      }
      expect(Object.keys(extensions)).to.have.members(service.extensions);
    });
  }

  it('is what the collector of the tests is built of, but for what asks Kubernetes', () => {
    const program = file('monitoring/logging/collector-build/main.go');
    const types = [...KINDS, 'extensions' as const].flatMap((kind) => Object.keys(LOCAL[kind]));
    for (const type of new Set(types.map((name) => name.split('/')[0]!.replaceAll('_', '')))) {
      expect(program, type).to.match(
        new RegExp(`\\b${type}(?:receiver|processor|exporter|extension)?\\.New`),
      );
    }
  });

  it('refuses memory before it parses, and protects last', () => {
    for (const { service } of [LOCAL, KUBERNETES]) {
      const { processors } = service.pipelines['logs']!;
      expect(processors[0]).to.equal('memory_limiter');
      expect(processors.at(-1)).to.equal('transform/protect');
    }
  });

  it('keeps what was not delivered yet and how far was read on disk', () => {
    const disk = z.object({ sending_queue: z.object({ storage: z.literal('file_storage') }) });
    expect(Object.values(LOCAL.exporters).map((one) => disk.safeParse(one).success)).to.deep.equal([true]);
    for (const { receivers } of [LOCAL, KUBERNETES]) {
      for (const receiver of Object.values(receivers))
        expect(receiver).to.include({ storage: 'file_storage' });
    }
  });
});

describe('fields of a line', () => {
  /** Members that statements read of a line, and attributes that they make. */
  const fields = (pattern: RegExp): Set<string> =>
    new Set(STATEMENTS.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!)));
  const members = fields(/log\.cache\["json"\]\["([^"]+)"\]/g);

  /** That the fields of its real lines are indexed is held by serving/test/unit/observability/access-log.test.ts. */
  const tier = readdirSync(new URL('serving/src/', PROJECT), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => file(`serving/src/${path}`));

  it('that are set have a mapping, and numbers that are converted one of numbers', () => {
    const numbers = fields(/set\(log\.attributes\["([^"]+)"\], Int\(/g);
    const set = fields(/set\(log\.attributes\["([^"]+)"\]/g);
    // Those that decide where a document goes are taken out by the exporter.
    expect([...set].filter((name) => name !== 'elasticsearch.document_id')).to.satisfy((names: string[]) =>
      names.every((name) => MAPPED.includes(name)),
    );
    const { properties } = template.parse(
      JSON.parse(file('monitoring/logging/elasticsearch/index-template.json')),
    ).template.mappings.properties.attributes;
    for (const name of numbers)
      expect(properties[name]?.type, name).to.be.oneOf(['short', 'integer', 'long']);
  });

  it('that are made of the members of an exception have a mapping', () => {
    const made = [...members].filter((name) => name.startsWith('exception.'));
    expect(made).to.have.lengthOf(3);
    expect(MAPPED).to.include.members(made);
  });

  it('that are indexed by name are written by the tier, by Airflow, or by the collector', () => {
    const AIRFLOW = ['dag_id', 'run_id', 'task_id'];
    const COLLECTOR = /^(log|exception)\./;
    // pino writes the process itself.
    const others = [...AIRFLOW, 'pid'];
    const unwritten = MAPPED.filter((name) => !COLLECTOR.test(name) && !others.includes(name)).filter(
      (name) => !tier.some((text) => new RegExp(`[{,(\\s]${name}\\b\\s*[:,}]`).test(text)),
    );
    expect(unwritten).to.deep.equal([]);
  });
});

describe('what Elasticsearch does with logs', () => {
  const index = template.parse(JSON.parse(file('monitoring/logging/elasticsearch/index-template.json')));
  const README = file('monitoring/logging/README.md');

  it('matches the data streams that the collector names', () => {
    expect(index.index_patterns).to.deep.equal(['logs-*.otel-*']);
    expect(STATEMENTS.join('\n')).to.include('resource.attributes["data_stream.dataset"]');
  });

  it('names the policy and the template under which they are put', () => {
    const policy = index.template.settings['index.lifecycle.name'];
    expect(README).to.match(new RegExp(`_ilm/policy/${policy}".* -d @elasticsearch/lifecycle-policy.json`));
    expect(README).to.match(/_index_template\/[\w-]+".* -d @elasticsearch\/index-template.json/);
  });

  it('keeps lines as long as the page says', () => {
    const { policy } = z
      .object({
        policy: z.object({
          phases: z.object({
            warm: z.object({ min_age: z.string() }),
            delete: z.object({ min_age: z.string() }),
          }),
        }),
      })
      .parse(JSON.parse(file('monitoring/logging/elasticsearch/lifecycle-policy.json')));
    const [hot, deleted] = [policy.phases.warm, policy.phases.delete].map(({ min_age: age }) =>
      age.replace('d', ''),
    );
    expect(README).to.include(`${hot} days on hot nodes, deleted after ${deleted}.`);
  });
});
