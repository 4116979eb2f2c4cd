import { RequestError } from '../../errors.js';
import type { ElementType } from '../../model-package/manifest.js';
import type { TensorData } from '../../servables/tensors.js';

const WIDTHS = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 } as const;
const LENGTH_BYTES = 4;

/**
 * Elements of a tensor's bytes: little endian, row by row; a string is its length in four bytes and its UTF-8.
 * @throws {RequestError} INVALID_REQUEST when the bytes are not whole elements
 */
export function decodeElements(type: ElementType, bytes: Buffer, path: string): ArrayLike<unknown> {
  if (type === 'string') return decodeStrings(bytes, path);
  if (bytes.length % WIDTHS[type] !== 0) {
    throw new RequestError(
      'INVALID_REQUEST',
      `${path}: ${bytes.length} bytes are no whole number of elements`,
    );
  }
  // A copy: typed arrays want their bytes aligned, and the body's offset is whatever the header left.
  const { buffer } = new Uint8Array(bytes);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'bool':
      return new Uint8Array(buffer);
  }
}

export function encodeElements(data: TensorData): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const content = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(content.length);
      return [length, content];
    }),
  );
}

function decodeStrings(bytes: Buffer, path: string): string[] {
  const strings: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(offset) : Infinity;
    if (end > bytes.length) {
      throw new RequestError('INVALID_REQUEST', `${path}: a string ends outside of its tensor`);
    }
    strings.push(bytes.toString('utf8', start, end));
    offset = end;
  }
  return strings;
}
