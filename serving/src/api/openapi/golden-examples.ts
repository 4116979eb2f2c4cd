import type { Scalar } from '../../model-package/manifest.js';
import { DATATYPES } from '../protocols/open-inference.js';
import type { LoadedModel } from './described-model.js';

type Value = Scalar | null;

/** A request as a protocol writes it, and the answer that the model gives. */
export interface GoldenExample {
  readonly summary: string;
  readonly mediaType: 'application/json' | 'text/csv';
  readonly request: unknown;
  readonly reply: unknown;
}

/** By name; request and reply of one example have the same. */
export type GoldenExamples = Readonly<Record<string, GoldenExample>>;

/** Of the members that differ from request to request, what the examples have. */
export const EXAMPLE_REQUEST_ID = '3f0c2a9e-7d41-4c1b-9b64-0d1d7d1f5a20';

/** Rows of an example. A wide model shows one: nobody reads two of them. */
const ROWS = 2;
const WIDE = 100;

/** The first golden rows of a package in the forms of the protocols, with the answers that the package promises. */
export class GoldenRowExamples {
  readonly #model: LoadedModel;
  readonly #rows: readonly (readonly Value[])[];

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#rows = model.manifest.golden.rows.slice(0, model.manifest.features.length > WIDE ? 1 : ROWS);
  }

  /** `/predict` */
  predict(): GoldenExamples {
    const { modelName, version } = this.#model.id;
    return this.#instances({
      model_name: modelName,
      model_version: version,
      request_id: EXAMPLE_REQUEST_ID,
    });
  }

  /** V1 */
  v1(): GoldenExamples {
    return this.#instances({});
  }

  #instances(more: Readonly<Record<string, string>>): GoldenExamples {
    const reply = { predictions: this.#predictions(), ...more };
    const json = 'application/json';
    return {
      by_name: {
        summary: 'Rows by feature name',
        mediaType: json,
        request: { instances: this.#records() },
        reply,
      },
      by_position: {
        summary: 'Rows in the order of the signature',
        mediaType: json,
        request: { instances: this.#rows },
        reply,
      },
    };
  }

  /** Open Inference Protocol v2 */
  openInference(): GoldenExamples {
    const { id, manifest } = this.#model;
    const rows = this.#rows.length;
    return {
      tensors: {
        summary: 'One tensor an input of the graph',
        mediaType: 'application/json',
        request: { id: 'example', inputs: this.#inputs() },
        reply: {
          model_name: id.modelName,
          model_version: id.version,
          id: 'example',
          outputs: manifest.outputs.map(({ name, type, shape }) => ({
            name,
            datatype: DATATYPES[type],
            shape: [rows, ...shape],
            data: this.#outputs(name).flat(),
          })),
        },
      },
    };
  }

  /** MLflow */
  invocations(): GoldenExamples {
    const { manifest } = this.#model;
    const names = manifest.features.map(({ name }) => name);
    const reply = { predictions: this.#predictions() };
    const json = (summary: string, request: unknown): GoldenExample => ({
      summary,
      mediaType: 'application/json',
      request,
      reply,
    });
    const columns = names.map((name, column) => [name, this.#rows.map((row) => row[column]!)]);
    return {
      dataframe_split: json('A DataFrame, columns and rows apart', {
        dataframe_split: { columns: names, data: this.#rows },
      }),
      dataframe_records: json('A DataFrame, one object a row', { dataframe_records: this.#records() }),
      instances: json('Rows by feature name', { instances: this.#records() }),
      inputs: json('One list a feature', { inputs: Object.fromEntries(columns) as unknown }),
      csv: {
        summary: 'CSV with a header',
        mediaType: 'text/csv',
        request: [names, ...this.#rows].map(csvLine).join(''),
        reply,
      },
    };
  }

  #records(): readonly Readonly<Record<string, Value>>[] {
    const { features } = this.#model.manifest;
    return this.#rows.map((row) =>
      Object.fromEntries(features.map(({ name }, column) => [name, row[column]!])),
    );
  }

  #outputs(name: string): readonly (Scalar | readonly Scalar[])[] {
    return this.#model.manifest.golden.outputs[name]!.slice(0, this.#rows.length);
  }

  #predictions(): readonly Readonly<Record<string, unknown>>[] {
    const { outputs } = this.#model.manifest;
    return this.#rows.map((_, row) =>
      Object.fromEntries(outputs.map(({ name }) => [name, this.#outputs(name)[row]])),
    );
  }

  #inputs(): readonly unknown[] {
    const { manifest, encoder } = this.#model;
    return encoder.inputs.map(({ name, type, width }, position) => {
      const rows =
        manifest.input.layout === 'tensor' ? this.#rows : this.#rows.map((row) => [row[position]!]);
      // A boolean among numbers is a number there.
      const element = (value: Value): Value =>
        typeof value === 'boolean' && type !== 'bool' ? Number(value) : value;
      return {
        name,
        datatype: DATATYPES[type],
        shape: [this.#rows.length, width],
        data: rows.flat().map(element),
      };
    });
  }
}

/** null is an empty cell. */
function csvLine(values: readonly Value[]): string {
  return `${values.map((value) => csvCell(value === null ? '' : String(value))).join()}\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
