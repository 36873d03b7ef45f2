import { expect, it } from 'vitest';
import { sha256Hex } from '../../../src/util/hash';

it('is the plain SHA-256 of one part', async () => {
  // FIPS 180-2, appendix B.1
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(await sha256Hex(['abc'])).toBe(abc);
  const padded = new TextEncoder().encode('xabcx');
  expect(await sha256Hex([padded.subarray(1, 4)])).toBe(abc);
  expect(await sha256Hex([Float32Array.of(1)])).toBe(await sha256Hex([Uint8Array.of(0, 0, 0x80, 0x3f)]));
});

it('depends on where one part ends, and on their order', async () => {
  const hashes = [['ab', 'c'], ['a', 'bc'], ['bc', 'a'], ['abc', ''], ['abc'], []];
  expect(new Set(await Promise.all(hashes.map((parts) => sha256Hex(parts)))).size).toBe(hashes.length);
});
