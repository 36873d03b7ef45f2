import { describe, expect, it } from 'vitest';
import { stepBeamAnswers } from '../../../src/search/step-beam';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Problem } from '../../../src/tasks/task';
import { charTokenizer } from './fake-context';

const { encode, decode, eos } = charTokenizer;
const problem = (prompt: string): Problem => ({
  id: prompt,
  prompt,
  solution: '',
  answer: '',
  difficulty: 'easy',
  data: {},
});

/** A policy that offers the lines 1, 2, 3 in turn after anything, and ends after two; a value that reads the text so far. */
const offering = (value: (text: string) => number) => {
  const asked: string[][] = [];
  return {
    asked,
    ctx: {
      task: arithmetic,
      tokenizer: charTokenizer,
      signal: new AbortController().signal,
      sample: async (requests: readonly { tokens: readonly number[] }[], { count }: { count: number }) => {
        asked.push(requests.map(({ tokens }) => decode(tokens)));
        return requests.map(({ tokens }) => {
          const lines = decode(tokens).split('\n').length - 2; // after the prompt's own
          return Array.from({ length: count }, (_, i) => {
            const step = [
              ...encode(`${1 + (i % 3)}${lines === 1 ? '' : '\n'}`),
              ...(lines === 1 ? [eos] : []),
            ];
            const logProbs = step.map(() => -1);
            return { tokens: step, logProbs, proposalLogProbs: logProbs, finished: true };
          });
        });
      },
      values: async (sequences: readonly (readonly number[])[]) =>
        sequences.map((tokens) => value(decode(tokens))),
    },
  };
};

const beam = { beams: 2, candidates: 4, temperature: 1, topP: 1, depth: 5, maxTokens: 20 };
const answersOf = async (value: (text: string) => number, change: Partial<typeof beam> = {}) => {
  const { ctx, asked } = offering(value);
  const answers = await stepBeamAnswers(ctx, [problem('+\n'), problem('-\n')], { ...beam, ...change });
  return { answers: answers.map((tokens) => decode(tokens)), asked };
};

/** Digits of the answer read as one number. */
const digits = (text: string) => Number(text.replace(/\D/g, '') || 0);

describe('step beam search', () => {
  it('follows the value, problem by problem, many at once', async () => {
    const { answers, asked } = await answersOf((text) => (text.startsWith('+') ? 1 : -1) * digits(text));
    expect(answers).toEqual(['3\n3', '1\n1']);
    expect(asked[0]).toEqual(['+\n', '-\n']);
    expect(asked[1]).toEqual(['+\n3\n', '+\n2\n', '-\n1\n', '-\n2\n']); // two kept of each, best first
    expect(asked).toHaveLength(2);
  });

  it('comes back to a beginning that looked worse, as far as it has beams for it', async () => {
    // After the first line 2 looks best; what is best in the end begins with 1.
    const value = (text: string) => ({ 2: 5, 1: 4, 3: 3 })[digits(text)] ?? (digits(text) === 13 ? 9 : 1);
    expect((await answersOf(value)).answers[0]).toBe('1\n3');
    expect((await answersOf(value, { beams: 1 })).answers[0]).toMatch(/^2/);
  });

  it('ends at the depth and at the tokens that there are', async () => {
    expect((await answersOf(digits, { depth: 1 })).answers[0]).toBe('3\n');
    expect((await answersOf(digits, { maxTokens: 1 })).answers[0]).toBe('3');
  });
});
