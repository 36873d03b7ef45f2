import { describe, expect, it } from 'vitest';
import { sampleUntil } from '../../../src/search/sample-until';
import { stepEndTokens } from '../../../src/search/step-ends';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { charTokenizer } from './fake-context';

describe('sampling until a sample will do', () => {
  it('asks again only for what is open, and gives up after so many tries', async () => {
    const asked: { tokens: number[]; count: number }[] = [];
    // Request k answers with 1, 2, 3, ... in turn; a number will do from `tokens[0]` up.
    const seen = new Map<number, number>();
    const ctx = {
      signal: new AbortController().signal,
      sample: async (requests: readonly { tokens: readonly number[] }[], options: { count: number }) => {
        asked.push({ tokens: requests.map(({ tokens }) => tokens[0]!), count: options.count });
        return requests.map(({ tokens }) =>
          Array.from({ length: options.count }, () => {
            const next = (seen.get(tokens[0]!) ?? 0) + 1;
            seen.set(tokens[0]!, next);
            return { tokens: [next], logProbs: [0], proposalLogProbs: [0], finished: true };
          }),
        );
      },
    };
    const wanted = [3, 1, 9];
    const found = await sampleUntil(
      ctx,
      wanted.map((n) => ({ tokens: [n] })),
      { temperature: 1, count: 2, maxTokens: 1 },
      5,
      ({ tokens }, i) => (tokens[0]! >= wanted[i]! ? `got ${tokens[0]}` : undefined),
    );
    expect(found).toEqual([
      { found: 'got 3', tries: 3 },
      { found: 'got 1', tries: 1 },
      { found: undefined, tries: 5 },
    ]);
    expect(asked).toEqual([
      { tokens: [3, 1, 9], count: 2 },
      { tokens: [3, 9], count: 2 },
      { tokens: [9], count: 1 },
    ]);
    ctx.signal = AbortSignal.abort();
    await expect(
      sampleUntil(ctx, [{ tokens: [9] }], { temperature: 1, count: 1, maxTokens: 1 }, 5, () => undefined),
    ).rejects.toThrow(/stopped/);
  });

  it('finds the tokens that end a step', () => {
    const ends = stepEndTokens(arithmetic, charTokenizer);
    expect(ends.map((id) => charTokenizer.decode([id]))).toEqual(['\n']);
  });
});
