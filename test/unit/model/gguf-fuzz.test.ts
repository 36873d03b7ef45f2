import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GgufError } from '../../../src/model/gguf/error';
import { readGguf } from '../../../src/model/gguf/read-gguf';
import { loadTokenizer, TokenizerError } from '../../../src/tokenizer/load';
import { smallModel, writeGguf } from './gguf-file';
import { golden } from './gguf-golden';

/** One change: where (as a share of the header or the file), how, and with what. */
const change = fc.record({
  place: fc.noBias(fc.integer({ min: 0, max: 999_999 })).map((n) => n / 1_000_000), // all places alike
  inHeader: fc.boolean(),
  kind: fc.constantFrom('byte', 'u32', 'u64', 'cut', 'repeat', 'remove'),
  value: fc.oneof(
    fc.constantFrom(0n, 1n, 8n, 9n, 12n, 0x7fffffffn, 0xffffffffn, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ),
  length: fc.integer({ min: 1, max: 64 }),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const mutate = (source: Uint8Array, header: number, changes: Change[]) => {
  let bytes = source.slice();
  for (const { place, inHeader, kind, value, length } of changes) {
    const at = Math.floor(place * (inHeader ? Math.min(header, bytes.length) : bytes.length));
    const view = new DataView(bytes.buffer);
    if (kind === 'byte' && at < bytes.length) bytes[at] = Number(value & 255n);
    else if (kind === 'u32' && at + 4 <= bytes.length) view.setUint32(at, Number(value & 0xffffffffn), true);
    else if (kind === 'u64' && at + 8 <= bytes.length) view.setBigUint64(at, value, true);
    else if (kind === 'cut') bytes = bytes.slice(0, at);
    else {
      const tail = bytes.subarray(at + (kind === 'remove' ? length : 0));
      const middle = kind === 'repeat' ? bytes.subarray(at, at + length) : new Uint8Array();
      bytes = new Uint8Array([...bytes.subarray(0, at), ...middle, ...tail]);
    }
  }
  return bytes;
};

/** Everything there is to get out of a file, in floats and words. */
const readAll = async (bytes: Uint8Array): Promise<number> => {
  const { weights, tokenizerJson, tokenizerConfig, configJson } = await readGguf(bytes, 'model.gguf');
  let total = 0;
  let first: unknown;
  for (const tensor of weights.values()) {
    for (const read of [() => tensor.data.length, () => tensor.packed?.().values.length ?? 0]) {
      try {
        total += read();
      } catch (error) {
        first ??= error;
      }
    }
  }
  loadTokenizer(tokenizerJson, tokenizerConfig, configJson).encode('ab in 2024 </s>');
  if (first !== undefined) throw first;
  return total;
};

const small = writeGguf(smallModel());
const sources: [string, Uint8Array, number, number][] = [
  ['a small file', small, 900, 2000],
  ['byte-level BPE', golden('smollm.gguf'), 8000, 800],
  ['SentencePiece and K-quants', golden('llama-sentencepiece.gguf'), 14_000, 700],
];

it.each(sources)(
  'refuses or reads %s however it is changed',
  async (_, source, header, numRuns) => {
    let [refused, read] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = mutate(source, header, changes);
        const started = performance.now();
        try {
          // Q4_0 makes 32 floats and 4 words of 18 bytes; nothing may make more of a byte.
          expect(await readAll(bytes)).toBeLessThanOrEqual(2 * bytes.length);
          read++;
        } catch (error) {
          if (!(error instanceof GgufError || error instanceof TokenizerError)) throw error;
          if (error instanceof GgufError)
            expect(error.message).toMatch(/^model\.gguf[,:] ?.+: .+\. [A-Z].+\.$/s);
          refused++;
        }
        expect(performance.now() - started).toBeLessThan(5000);
      }),
      { numRuns, seed: 20_261_124 },
    );
    expect(refused).toBeGreaterThan(numRuns / 4);
    expect(read).toBeGreaterThan(0);
  },
  240_000,
);
