import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest, ModelPackage } from '../../src/model-package/manifest.js';
import { draftManifest, mlmodelOf, type Draft } from './manifests.js';
import { temporaryDirectory } from './temporary-directory.js';

/** Hexadecimal SHA-256. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Describes the package that lies in a folder, as it is: nothing is checked. */
export function packageIn(directory: string): ModelPackage {
  const text = readFileSync(join(directory, 'manifest.json'), 'utf8');
  return { directory, digest: `sha256:${sha256(text)}`, manifest: JSON.parse(text) as Manifest };
}

function listFiles(directory: string): Draft['files'] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const data = readFileSync(path);
      return { path: path.slice(directory.length + 1), sha256: sha256(data), bytes: data.length };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function writeManifest(directory: string, manifest: Manifest): ModelPackage {
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest, undefined, 1));
  return packageIn(directory);
}

export interface WrittenPackage {
  readonly manifest?: Partial<Manifest>;
  /** Path -> content, beside `MLmodel` and `model.onnx`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

/** Writes a package that keeps every rule of the contract but one: its graph is no graph. */
export function writePackage({ manifest = {}, files = {} }: WrittenPackage = {}): ModelPackage {
  const directory = temporaryDirectory();
  const draft = draftManifest(manifest);
  const contents = { MLmodel: mlmodelOf(draft), 'model.onnx': 'not a graph', ...files };
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return writeManifest(directory, { ...draft, files: listFiles(directory) });
}

export interface PackageEdit {
  readonly manifest?: (draft: Draft) => void;
  /** Path -> new content. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** false: the manifest keeps the digests of the files before the edit. */
  readonly relist?: boolean;
}

/** A changed copy of a package, with digests that agree with its bytes again unless told otherwise. */
export function editPackage(source: ModelPackage, edit: PackageEdit): ModelPackage {
  const directory = temporaryDirectory();
  cpSync(source.directory, directory, { recursive: true });
  for (const [path, content] of Object.entries(edit.files ?? {}))
    writeFileSync(join(directory, path), content);
  const draft = structuredClone(source.manifest) as Draft;
  edit.manifest?.(draft);
  if (edit.relist !== false) draft.files = listFiles(directory);
  return writeManifest(directory, draft);
}
