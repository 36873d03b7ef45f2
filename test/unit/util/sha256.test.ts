import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/util/hash';
import { createSha256 } from '../../../src/util/sha256';

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 255);

describe('SHA-256 in pieces', () => {
  it('knows the standard’s examples', () => {
    const of = (text: string) => {
      const hash = createSha256();
      hash.update(new TextEncoder().encode(text));
      return hash.hex();
    };
    expect(of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('equals WebCrypto at every length around the blocks, and at a large odd one', async () => {
    for (const length of [...Array(200).keys(), 1023, 1024, 1025, 3_000_017]) {
      const bytes = bytesOf(length);
      const hash = createSha256();
      hash.update(bytes);
      expect(hash.hex(), `${length} bytes`).toBe(await sha256Hex([bytes]));
    }
  });

  it('does not care where the pieces are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 12 }), async (cuts) => {
        const bytes = bytesOf(cuts.reduce((a, b) => a + b, 0));
        const hash = createSha256();
        let at = 0;
        for (const cut of cuts) {
          hash.update(bytes.subarray(at, at + cut));
          at += cut;
        }
        expect(hash.hex()).toBe(await sha256Hex([bytes]));
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
