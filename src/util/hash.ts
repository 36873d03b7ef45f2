const bytesOf = (part: string | Uint8Array | Float32Array): Uint8Array<ArrayBuffer> => {
  if (typeof part === 'string') return new TextEncoder().encode(part);
  const { buffer, byteOffset, byteLength } = part;
  // crypto.subtle refuses shared memory
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
};

const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new Error('This page cannot compute hashes; open it over https or from localhost.');
  }
  return new Uint8Array(await subtle.digest('SHA-256', bytes));
};

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * SHA-256 in hexadecimal. Of one part: the plain hash of its bytes (UTF-8 for text, little-endian for floats on every
 * machine that runs a browser). Of several: the hash of their hashes, so that where one part ends matters.
 */
export const sha256Hex = async (parts: readonly (string | Uint8Array | Float32Array)[]): Promise<string> => {
  if (parts.length === 1) return hex(await digest(bytesOf(parts[0]!)));
  const joined = new Uint8Array(parts.length * 32);
  for (const [i, part] of parts.entries()) joined.set(await digest(bytesOf(part)), i * 32);
  return hex(await digest(joined));
};
