import { featureDomain } from '../model-package/feature-domain.js';
import type { Manifest } from '../model-package/manifest.js';
import { elementWriter, rowWriter, type ElementWriter } from '../servables/element-json.js';
import type { TensorData } from '../servables/tensors.js';
import type { CapturedRows } from './captured-rows.js';
import type { FeedbackRecord } from './record-sink.js';

/** What answered, in every line of the log. */
export interface PredictionSource {
  readonly id: { readonly modelName: string; readonly version: string; readonly digest: string };
  readonly alias: string;
  readonly manifest: Pick<Manifest, 'features' | 'input'>;
}

/** The text before a value, and the value of a row. */
interface Member {
  readonly key: string;
  readonly write: ElementWriter;
}

function members(named: readonly (readonly [name: string, write: ElementWriter])[]): Member[] {
  return named.map(([name, write], i) => ({ key: `${i === 0 ? '' : ','}${JSON.stringify(name)}:`, write }));
}

function featureWriters(
  { features, input }: PredictionSource['manifest'],
  inputs: readonly TensorData[],
): ElementWriter[] {
  if (input.layout === 'columns') return features.map(({ type }, i) => elementWriter(type, inputs[i]!));
  const width = features.length;
  const write = elementWriter(input.type, inputs[0]!);
  const data = inputs[0]!;
  return features.map((feature, column) =>
    featureDomain(feature).kind === 'boolean'
      ? (row) => (Number(data[row * width + column]) === 1 ? 'true' : 'false')
      : (row) => write(row * width + column),
  );
}

/**
 * Writes captured rows as lines of the prediction log: features as the model saw them, a missing one as null.
 *
 * Bound to one capture, since its memory is used again and again: what can be worked out once is.
 */
export class PredictionLines {
  readonly #captured: CapturedRows;
  readonly #source: string;
  readonly #features: readonly Member[];
  readonly #outputs: readonly Member[];
  #timeMs = Number.NaN;
  #time = '';

  /** @param redacted names of features that are not written */
  constructor(
    captured: CapturedRows,
    { id, alias, manifest }: PredictionSource,
    redacted: ReadonlySet<string>,
  ) {
    this.#captured = captured;
    const named = { model: id.modelName, version: id.version, digest: id.digest, alias };
    this.#source = `,${JSON.stringify(named).slice(1, -1)},"weight":`;
    const writers = featureWriters(manifest, captured.inputs);
    this.#features = members(
      manifest.features.flatMap(({ name }, i) => (redacted.has(name) ? [] : [[name, writers[i]!] as const])),
    );
    this.#outputs = members(captured.outputs.map((column) => [column.name, rowWriter(column)] as const));
  }

  records(): FeedbackRecord[] {
    const { rows, requestIds } = this.#captured;
    const records: FeedbackRecord[] = [];
    for (let row = 0; row < rows; row += 1) records.push({ key: requestIds[row]!, value: this.#line(row) });
    return records;
  }

  #line(row: number): string {
    const { requestIds, positions, weights, timesMs } = this.#captured;
    if (timesMs[row] !== this.#timeMs) {
      this.#timeMs = timesMs[row]!;
      this.#time = new Date(this.#timeMs).toISOString();
    }
    // Request ids are of letters, digits, dots, dashes and underscores: nothing to escape.
    let text = `{"at":"${this.#time}","request_id":"${requestIds[row]!}","row":${positions[row]!}${this.#source}${weights[row]!},"features":{`;
    for (const { key, write } of this.#features) text += key + write(row);
    text += '},"outputs":{';
    for (const { key, write } of this.#outputs) text += key + write(row);
    return `${text}}}`;
  }
}
