import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StandIns, Used } from '../runner/stand-in.js';

/**
 * Stands in for GitHub's store of the artifacts of one run. What is uploaded leaves the checkout, so that nobody has it who does not
 * download it.
 */
export class ArtifactStore {
  readonly #folder: string;

  constructor(private readonly root: string) {
    // Where files of gigabytes need not be copied.
    mkdirSync(join(root, '.reports'), { recursive: true });
    this.#folder = mkdtempSync(join(root, '.reports', 'artifacts-'));
  }

  get standIns(): StandIns {
    return {
      'actions/upload-artifact': (used) => this.#upload(used),
      'actions/download-artifact': (used) => this.#download(used),
    };
  }

  delete(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #upload({ with: inputs }: Used): Record<string, never> {
    const [, folder, ending] = /^([^*]+)\/\*(\.\w+)$/.exec(inputs['path']!) ?? [];
    if (folder === undefined) throw new Error(`This store takes FOLDER/*.ENDING, not ${inputs['path']!}`);
    const source = join(this.root, folder);
    const files = readdirSync(source).filter((name) => name.endsWith(ending!));
    if (files.length === 0 && inputs['if-no-files-found'] === 'error')
      throw new Error(`No file is ${inputs['path']!}`);
    const target = join(this.#folder, inputs['name']!);
    mkdirSync(target);
    for (const name of files) renameSync(join(source, name), join(target, name));
    return {};
  }

  #download({ with: inputs }: Used): Record<string, never> {
    const target = join(this.root, inputs['path']!);
    mkdirSync(target, { recursive: true });
    const source = join(this.#folder, inputs['name']!);
    for (const name of readdirSync(source)) renameSync(join(source, name), join(target, name));
    return {};
  }
}
