/** SHA-256 over bytes that come in pieces (FIPS 180-4); WebCrypto wants them all at once. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The hash of all bytes so far in lower-case hexadecimal. Ends the hash: no update may follow. */
  hex(): string;
}

const BLOCK = 64;

/** The first 32 bits of the fractional parts of the `root`th roots of the first `count` primes. */
const fractions = (count: number, root: 2 | 3): Int32Array<ArrayBuffer> => {
  const words = new Int32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
    if (!prime) continue;
    const value = root === 2 ? Math.sqrt(n) : Math.cbrt(n);
    words[found++] = (value - Math.floor(value)) * 4294967296;
  }
  return words;
};

const start = fractions(8, 2);
const constants = fractions(64, 3);

const compress = (state: Int32Array, w: Int32Array, bytes: Uint8Array, at: number) => {
  for (let i = 0, p = at; i < 16; i++, p += 4) {
    w[i] = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
};

/** Begins a hash. */
export const createSha256 = (): Sha256 => {
  const state = start.slice();
  const words = new Int32Array(64);
  const rest = new Uint8Array(BLOCK);
  let restLength = 0;
  let total = 0;
  const update = (bytes: Uint8Array) => {
    total += bytes.byteLength;
    let at = 0;
    if (restLength > 0) {
      at = Math.min(BLOCK - restLength, bytes.byteLength);
      rest.set(bytes.subarray(0, at), restLength);
      restLength += at;
      if (restLength < BLOCK) return;
      compress(state, words, rest, 0);
      restLength = 0;
    }
    for (; at + BLOCK <= bytes.byteLength; at += BLOCK) compress(state, words, bytes, at);
    rest.set(bytes.subarray(at));
    restLength = bytes.byteLength - at;
  };
  return {
    update,
    hex: () => {
      const bits = total * 8;
      const padding = new Uint8Array((restLength < 56 ? 56 : 120) - restLength + 8);
      padding[0] = 0x80;
      const length = new DataView(padding.buffer, padding.byteLength - 8);
      length.setUint32(0, Math.floor(bits / 4294967296));
      length.setUint32(4, bits % 4294967296);
      update(padding);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    },
  };
};
