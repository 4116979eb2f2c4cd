import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DescribedModel } from '../../../../src/api/openapi/described-model.js';
import { openApiDocument, type OpenApiOptions } from '../../../../src/api/openapi/openapi-document.js';
import { REQUEST_ERRORS, RequestError } from '../../../../src/errors.js';
import type { Feature, Manifest } from '../../../../src/model-package/manifest.js';
import { RowEncoder } from '../../../../src/servables/row-encoder.js';
import { describedAs, notLoaded, OPENAPI_OPTIONS } from '../../../support/described-models.js';
import { draftManifest, manifestWith } from '../../../support/manifests.js';
import {
  contentOf,
  exampleExchanges,
  examplesWithSchemas,
  openApiFaults,
  operationsOf,
  SchemaChecker,
  type ReadDocument,
} from '../../../support/openapi-reader.js';
import { CONTRACT_ROOT } from '../../../support/training-environment.js';

function write(
  models: readonly [DescribedModel, ...DescribedModel[]],
  options: Partial<OpenApiOptions> = {},
): ReadDocument {
  const document = openApiDocument(models, { ...OPENAPI_OPTIONS, ...options });
  // As clients read it.
  return JSON.parse(JSON.stringify(document)) as ReadDocument;
}

function contractExample(name: string): Manifest {
  const text = readFileSync(join(CONTRACT_ROOT, 'examples/valid', `${name}.json`), 'utf8');
  return JSON.parse(text) as Manifest;
}

async function expectValid(document: ReadDocument): Promise<void> {
  expect(await openApiFaults(document)).to.equal(undefined);
}

const MANIFESTS: Readonly<Record<string, Manifest>> = {
  'a tensor with a nullable feature': draftManifest(),
  'columns with strings': contractExample('generic-columns-strings'),
  'a vector output': contractExample('generic-vector-output'),
  'a binary classification': contractExample('binary-classification-tensor'),
};

describe('openApiDocument', () => {
  for (const [what, manifest] of Object.entries(MANIFESTS)) {
    describe(`of ${what}`, () => {
      const document = write([describedAs(manifest)]);

      it('is OpenAPI 3.1 by its own schema', async () => {
        expect(document.openapi).to.equal('3.1.0');
        await expectValid(document);
      });

      it('gives examples that keep its schemas', () => {
        const checker = new SchemaChecker(document);
        const examples = examplesWithSchemas(document);
        expect(examples.length).to.be.above(20);
        for (const { what: where, schema, value } of examples) {
          expect(checker.faults(schema, value), where).to.deep.equal([]);
        }
      });

      it('gives an example of every way to ask', () => {
        const asked = exampleExchanges(document).map(({ path, name }) => `${path} ${name}`);
        const model = manifest.model_name;
        expect(asked).to.have.members([
          '/predict by_name',
          '/predict by_position',
          '/invocations dataframe_split',
          '/invocations dataframe_records',
          '/invocations instances',
          '/invocations inputs',
          '/invocations csv',
          `/v2/models/${model}/infer tensors`,
          `/v2/models/${model}/versions/{version}/infer tensors`,
          `/v1/models/${model}:predict by_name`,
          `/v1/models/${model}:predict by_position`,
          `/v1/models/${model}/versions/{version}:predict by_name`,
          `/v1/models/${model}/versions/{version}:predict by_position`,
        ]);
      });

      it('names each operation once', () => {
        const ids = operationsOf(document).map(({ operation }) => operation.operationId);
        expect(new Set(ids).size).to.equal(ids.length);
      });
    });
  }

  describe('says of an instance what the tier does with it', () => {
    const FEATURES: readonly Feature[] = [
      { name: 'real', type: 'float32', nullable: true, range: { min: -1, max: 1 } },
      { name: 'double', type: 'float64', nullable: false },
      { name: 'whole', type: 'int32', nullable: false, range: { min: 18 } },
      { name: 'long', type: 'int64', nullable: false },
      { name: 'flag', type: 'bool', nullable: false },
      { name: 'text', type: 'string', nullable: false, categories: ['a', 'b'] },
      { name: 'grade', type: 'float32', nullable: true, categories: [1, 2.5] },
      { name: 'capped', type: 'int32', nullable: false, categories: [1, 50], range: { max: 10 } },
    ];
    const GOOD = [0.5, 1e300, 18, 7, true, 'a', 2.5, 1] as const;
    /** Values that some feature takes and some other does not. */
    const VALUES = [
      ...[null, 0.5, 2, -2, 1e39, 17, 18, 2 ** 31, 2 ** 53, 1.5, 1, 50, true, false],
      ...['a', 'c', '', [], {}, [1]],
    ];

    function tierTakes(instance: unknown, unknownFeatures: 'refuse' | 'ignore'): boolean {
      try {
        new RowEncoder(manifestWith(FEATURES), unknownFeatures).encode([instance]);
        return true;
      } catch (error) {
        expect(error).to.be.instanceOf(RequestError);
        return false;
      }
    }

    /** Each value in each place of an otherwise good row, and rows of other shapes. */
    function candidates(): readonly unknown[] {
      const byName = (values: readonly unknown[]): Record<string, unknown> =>
        Object.fromEntries(FEATURES.map(({ name }, i) => [name, values[i]]));
      const rows = FEATURES.flatMap((_, column) =>
        VALUES.map((value) => [...GOOD.slice(0, column), value, ...GOOD.slice(column + 1)]),
      );
      const missing = FEATURES.map(({ name }) =>
        Object.fromEntries(Object.entries(byName(GOOD)).filter(([present]) => present !== name)),
      );
      return [
        ...rows,
        ...rows.map(byName),
        ...missing,
        { ...byName(GOOD), more: 1 },
        [...GOOD, 1],
        GOOD.slice(1),
        [],
        {},
        null,
        'a',
        1,
      ];
    }

    for (const unknownFeatures of ['refuse', 'ignore'] as const) {
      it(`with unknown features to ${unknownFeatures}`, () => {
        const manifest = { ...draftManifest(), features: FEATURES, input: { layout: 'columns' } as const };
        const document = write([describedAs(manifest)], { unknownFeatures, examples: false });
        const schema = { $ref: '#/components/schemas/toy.champion.Instances' };
        const validate = new SchemaChecker(document).validator(schema);
        let taken = 0;
        for (const instance of candidates()) {
          const takes = tierTakes(instance, unknownFeatures);
          if (takes) taken += 1;
          expect(validate({ instances: [instance] }), JSON.stringify(instance)).to.equal(takes);
        }
        expect(taken).to.be.above(20);
      });
    }
  });

  it('limits the rows of a request as the tier does', () => {
    const document = write([describedAs(draftManifest())], { maxRowsPerRequest: 2 });
    const checker = new SchemaChecker(document);
    const schema = { $ref: '#/components/schemas/toy.champion.Instances' };
    const row = [40, 1.5];
    expect(checker.faults(schema, { instances: [row, row] })).to.deep.equal([]);
    expect(checker.faults(schema, { instances: [row, row, row] })).not.to.deep.equal([]);
    expect(checker.faults(schema, { instances: [] })).not.to.deep.equal([]);
  });

  it('describes each served model, and each alias with a signature of its own', async () => {
    const toy = draftManifest();
    const challenger = draftManifest({
      features: [...toy.features, { name: 'tenure', type: 'float32', nullable: true }],
      golden: { ...toy.golden, rows: toy.golden.rows.map((row) => [...row, null]) },
    });
    const other = draftManifest({ model_name: 'other.toy' });
    const document = write([
      describedAs(toy, { version: '3' }),
      describedAs(challenger, { version: '4', alias: 'challenger' }),
      describedAs(other),
    ]);
    await expectValid(document);
    expect(document.paths).to.include.keys('/v2/models/toy/infer', '/v2/models/other.toy/infer');
    const pinned = document.paths['/v1/models/toy/versions/{version}:predict']?.['post'];
    expect(pinned?.requestBody?.content['application/json']?.schema).to.deep.equal({
      anyOf: [
        { $ref: '#/components/schemas/toy.champion.Instances' },
        { $ref: '#/components/schemas/toy.challenger.Instances' },
      ],
    });
    expect(document.info.description)
      .to.include('| toy | champion | 3 |')
      .and.to.include('| toy | challenger | 4 |');
  });

  it('keeps models apart whose names come out alike', async () => {
    const names = ['a.b', 'a-b', 'a_b'].map((name) => describedAs(draftManifest({ model_name: name })));
    const [first, ...others] = names;
    const alike = describedAs(draftManifest({ model_name: 'a' }), { alias: 'b.champion' });
    const document = write([first!, ...others, alike]);
    await expectValid(document);
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(document.components.schemas).to.include.keys('a.b.champion.Instance', 'a.b.champion.2.Instance');
  });

  it('says that a model was trained on synthetic data', () => {
    expect(write([describedAs(draftManifest())]).info.description).to.include('synthetic');
    const real = draftManifest();
    real.lineage.data.synthetic = false;
    expect(write([describedAs(real)]).info.description).not.to.include('synthetic');
  });

  describe('without a model', () => {
    const document = write([notLoaded('toy'), notLoaded('other')]);

    it('is valid all the same, on the same paths', async () => {
      await expectValid(document);
      const withModel = write([describedAs(draftManifest()), notLoaded('other')]);
      expect(Object.keys(document.paths)).to.deep.equal(Object.keys(withModel.paths));
    });

    it('takes any rows and promises nothing', () => {
      const checker = new SchemaChecker(document);
      const schema = { $ref: '#/components/schemas/toy.champion.Instances' };
      expect(checker.faults(schema, { instances: [{ a: 1 }, ['b', null]] })).to.deep.equal([]);
      expect(exampleExchanges(document)).to.deep.equal([]);
    });
  });

  it('leaves out golden rows where they are not for everyone', async () => {
    const document = write([describedAs(draftManifest())], { examples: false });
    await expectValid(document);
    expect(exampleExchanges(document)).to.deep.equal([]);
    expect(JSON.stringify(document)).not.to.include('0.75');
  });

  describe('errors', () => {
    /** Codes that the document gives for an operation, by status. */
    function codes(document: ReadDocument, path: string, method: string): Record<string, string[]> {
      const operation = document.paths[path]![method]!;
      return Object.fromEntries(
        Object.keys(operation.responses).flatMap((status) => {
          const examples = contentOf(document, operation, status)?.['application/problem+json']?.examples;
          return examples === undefined ? [] : [[status, Object.keys(examples)]];
        }),
      );
    }

    it('have the codes of the table under their status', () => {
      const found = codes(write([describedAs(draftManifest())]), '/predict', 'post');
      for (const [status, group] of Object.entries(found)) {
        for (const code of group) {
          expect(REQUEST_ERRORS[code as keyof typeof REQUEST_ERRORS].status).to.equal(Number(status));
        }
      }
      expect(found['422']).to.deep.equal(['SIGNATURE_MISMATCH']);
      expect(found['413']).to.deep.equal(['BODY_TOO_LARGE', 'TOO_MANY_ROWS']);
      expect(found['404']).to.deep.equal(['VERSION_NOT_AVAILABLE']);
      expect(found['401'], 'nobody has to say who they are').to.equal(undefined);
    });

    it('cover every code of the table but those of other routes', () => {
      const document = write([describedAs(draftManifest())], { requirements: () => 'any' });
      const found = Object.values(codes(document, '/predict', 'post')).flat();
      const elsewhere = [
        'NOT_FOUND',
        'MODEL_NOT_FOUND',
        'METHOD_NOT_ALLOWED',
        'REPLAYED_WEBHOOK',
        'FEATURE_DISABLED',
        'OUTCOMES_NOT_STORED',
      ];
      expect([...found, ...elsewhere]).to.have.members(Object.keys(REQUEST_ERRORS));
    });

    it('promise no refusal of headers that are taken as they come', () => {
      const { parameters } = write([describedAs(draftManifest())]).components;
      expect(parameters['x-request-id']?.schema).to.deep.equal({ type: 'string' });
      expect(parameters['x-request-timeout-ms']?.schema).to.include({ type: 'number', exclusiveMinimum: 0 });
    });

    it('say when to come back where the tier does', () => {
      const { components } = write([describedAs(draftManifest())]);
      expect(components.responses['RATE_LIMITED']?.headers).to.include.keys('retry-after', 'x-request-id');
      expect(components.responses['SIGNATURE_MISMATCH']?.headers).not.to.include.keys('retry-after');
    });

    it('of a model that is not there are described where it is asked for', () => {
      const found = codes(write([describedAs(draftManifest())]), '/v2/models/toy', 'get');
      expect(found).to.deep.equal({ 404: ['VERSION_NOT_AVAILABLE'], 503: ['MODEL_NOT_READY'] });
    });
  });

  describe('credentials', () => {
    const routes: Readonly<Record<string, 'api-key' | 'jwt' | 'any'>> = {
      '/predict': 'api-key',
      '/v2/models/{model}/infer': 'any',
      '/v1/models/{model}:predict': 'jwt',
    };
    const document = write([describedAs(draftManifest())], {
      requirements: (route) => routes[route] ?? 'off',
    });
    const securityOf = (path: string) =>
      document.paths[path]?.['post']?.security?.flatMap((one) => Object.keys(one));

    it('are asked for route by route', async () => {
      await expectValid(document);
      expect(securityOf('/predict')).to.deep.equal(['apiKey', 'apiKeyAsBearer']);
      expect(securityOf('/v1/models/toy:predict')).to.deep.equal(['token']);
      expect(securityOf('/v2/models/toy/versions/{version}/infer')).to.include.members(['apiKey', 'token']);
      expect(securityOf('/invocations')).to.equal(undefined);
      const { responses } = document.paths['/predict']!['post']!;
      expect(responses).to.include.keys('401', '403');
    });

    it('are not spoken of where nothing is asked for', () => {
      expect(write([describedAs(draftManifest())]).components).not.to.have.property('securitySchemes');
    });
  });
});
