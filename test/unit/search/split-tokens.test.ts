import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSteps, splitTokens } from '../../../src/search/split-tokens';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Tokenizer } from '../../../src/tokenizer/tokenizer';
import { charTokenizer } from './fake-context';

const { encode, eos } = charTokenizer;

/** A tokenizer with pieces of several characters, longest match first. */
const pieces = (...list: string[]): Tokenizer => ({
  vocabSize: list.length + 1,
  bos: undefined,
  eos: 0,
  pad: 0,
  encode: (text) => {
    const tokens: number[] = [];
    for (let at = 0; at < text.length; ) {
      const found = list
        .map((piece, i) => [piece, i + 1] as const)
        .filter(([piece]) => text.startsWith(piece, at))
        .sort((a, b) => b[0].length - a[0].length)[0]!;
      tokens.push(found[1]);
      at += found[0].length;
    }
    return tokens;
  },
  decode: (tokens) => tokens.map((t) => list[t - 1] ?? '').join(''),
  token: (id) => list[id - 1] ?? '<eos>',
});

describe('splitTokens', () => {
  it('cuts after each newline and leaves EOS with the last step', () => {
    const steps = splitTokens(arithmetic, charTokenizer, [...encode('1+2=3\nA:3'), eos]);
    expect(steps.map((s) => s.text)).toEqual(['1+2=3\n', 'A:3']);
    expect(steps[1]!.tokens).toEqual([...encode('A:3'), eos]);
  });

  it('takes EOS alone as a step without text, and nothing as no step', () => {
    expect(splitTokens(arithmetic, charTokenizer, [eos])).toEqual([{ text: '', tokens: [eos] }]);
    expect(splitTokens(arithmetic, charTokenizer, [])).toEqual([]);
  });

  it('loses and moves no token, whatever was sampled', () => {
    const token = fc.integer({ min: 0, max: charTokenizer.vocabSize - 1 });
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const steps = splitTokens(arithmetic, charTokenizer, tokens);
        expect(steps.flatMap((s) => s.tokens)).toEqual(tokens);
        for (const step of steps) expect(charTokenizer.decode(step.tokens)).toBe(step.text);
        expect(steps.every((s) => s.tokens.length > 0)).toBe(true);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('cuts pieces of several characters, and refuses one that runs across the end of a step', () => {
    const good = pieces('1', '+', '2', '=3\n', 'A:', '3');
    expect(splitTokens(arithmetic, good, good.encode('1+2=3\nA:3')).map((s) => s.tokens.length)).toEqual([
      4, 2,
    ]);
    const bad = pieces('1', '+', '2', '=3', '\nA:', '3');
    expect(() => splitTokens(arithmetic, bad, bad.encode('1+2=3\nA:3'))).toThrow(
      /Token "\\nA:" runs across the end of step 1 "1\+2=3\\n"; .* ends a token at every newline/,
    );
  });
});

describe('encodeSteps', () => {
  it('encodes steps as the whole text is encoded', () => {
    const steps = encodeSteps(arithmetic, charTokenizer, '1+2=3\nA:3');
    expect(steps.flatMap((s) => s.tokens)).toEqual(encode('1+2=3\nA:3'));
  });

  it('refuses a tokenizer that joins across steps', () => {
    const bad = pieces('1', '+', '2', '=3', '\n', 'A:', '3', '\nA:');
    expect(() => encodeSteps(arithmetic, bad, '1+2=3\nA:3')).toThrow(/encodes the steps of .* otherwise/);
  });
});
