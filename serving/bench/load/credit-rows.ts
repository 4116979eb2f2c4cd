import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { Ways, type Row } from '../peers/ways.js';

/** Thousands of distinct rows that the models of the benchmarks can answer, and the ways to ask for their scores. */
export class CreditRows {
  private constructor(
    private readonly rows: readonly Row[],
    readonly ways: Ways,
  ) {}

  /**
   * @param directory what `tests.support.benchmark_packages` has written
   * @param modelPackage any of the packages there
   */
  static async read(directory: string, { manifest }: ModelPackage): Promise<CreditRows> {
    const rows = z
      .array(z.array(z.number()))
      .min(1)
      .parse(JSON.parse(await readFile(join(directory, 'rows.json'), 'utf8')));
    const features = manifest.features.map(({ name }) => name);
    return new CreditRows(rows, new Ways(features, manifest.model_name));
  }

  /** `count` requests of `size` rows each; no two rows alike as long as there are others. */
  batches(count: number, size = 1): readonly (readonly Row[])[] {
    return Array.from({ length: count }, (_, batch) =>
      Array.from({ length: size }, (__, i) => this.rows[(batch * size + i) % this.rows.length]!),
    );
  }

  /** The bodies of as many requests to `/predict`, rows by name. */
  predict(count: number, size = 1): readonly Buffer[] {
    return this.batches(count, size).map((rows) => this.ways.instances().body(rows));
  }
}
