/** About how many bytes a value takes when stored: exact for typed arrays and text, 8 per number or other scalar. */
export const bytesOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + bytesOf(item), 0);
  if (typeof value === 'object' && value !== null) {
    let sum = 0;
    for (const [key, item] of Object.entries(value)) sum += key.length + bytesOf(item);
    return sum;
  }
  return 8;
};

/** A copy when `array` is a view of a larger buffer, all of which a structured clone would store. */
export const ownBuffer = <T extends Uint8Array | Float32Array>(array: T): T =>
  array.byteLength === array.buffer.byteLength && array.buffer instanceof ArrayBuffer
    ? array
    : (array.slice() as T);
