import { describe, expect, it } from 'vitest';
import { askBlind, askPairs } from '../../../src/ui/click/ask';
import { type ClickSession, newSession, withClick, withNext } from '../../../src/ui/click/session';
import type { TrainerApi } from '../../../workers/protocol';

type Engine = Pick<TrainerApi, 'problems' | 'answer' | 'chat'>;

/** An engine whose answers follow from prompt, weights and seed: to prompts in `always` the same whatever the seed. */
const engine = (always: readonly string[] = []) => {
  const asked: { prompts: string[]; which: string; seed: number }[] = [];
  const say = (prompt: string, which: string, seed: number) => {
    if (always.includes(prompt)) return 'same';
    // The second draw is like the first, the third differs.
    return `${which === 'policy' ? 'now' : 'before'} ${prompt} ${Math.floor((seed % 10) / 2)}`;
  };
  const api = {
    problems: async (_task: string, _difficulty: string, start: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ prompt: `p${start + i}` })),
    answer: async (problems: { prompt: string }[], { which, seed }: { which: string; seed: number }) => {
      asked.push({ prompts: problems.map(({ prompt }) => prompt), which, seed });
      return problems.map(({ prompt }) => ({
        text: say(prompt, which, seed),
        tokens: ['a'],
        verdict: { correct: which === 'policy' },
      }));
    },
    chat: async (
      prompt: string | { content: string }[],
      { which, seed }: { which: string; seed: number },
    ) => {
      const text = typeof prompt === 'string' ? prompt : prompt[0]!.content;
      asked.push({ prompts: [text], which, seed });
      return { text: say(text, which, seed), tokens: [1, 2] };
    },
  };
  return { api: api as unknown as Engine, asked };
};

const begun = (own: Partial<ClickSession> = {}): ClickSession => ({
  ...newSession({
    model: 'm',
    world: { task: 'arithmetic', difficulty: 'easy' },
    chat: false,
    seed: 1,
    prompts: [],
  }),
  ...own,
});
const wanted = { from: 0, count: 3, maxTokens: 9 };

describe('asking for pairs', () => {
  it('draws until two answers differ, and counts the prompts to which they never do', async () => {
    const { api, asked } = engine(['p20001']);
    const { pairs, alike } = await askPairs(api, begun(), wanted);
    expect(alike).toBe(1);
    expect(pairs.map(({ prompt }) => prompt)).toEqual(['p20000', 'p20002']);
    for (const { answers } of pairs) expect(answers[0].text).not.toBe(answers[1].text);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ seed }) => seed)).size).toBe(3);
  });

  it('takes problems that no evaluation asks', async () => {
    const { asked, api } = engine();
    await askPairs(api, begun(), wanted);
    for (const prompt of asked.flatMap(({ prompts }) => prompts))
      expect(Number(prompt.slice(1))).toBeGreaterThan(10_000);
  });

  it('asks prompts of one’s own, once each, as a conversation where the model talks', async () => {
    const { api } = engine();
    const session = begun({ world: null, chat: true, prompts: ['a', 'b', 'c', 'd'] });
    const { pairs } = await askPairs(api, session, { ...wanted, from: 2 });
    expect(pairs.map(({ prompt }) => prompt)).toEqual(['c', 'd']);
    expect(pairs[0]!.answers[0]).toEqual({ text: 'now c 0', tokens: 2 });
  });

  it('asks the clicked prompts again of both models, the one of before first', async () => {
    const { api } = engine();
    const first = { ...(await askPairs(api, begun(), wanted)), shown: [], asked: 3 };
    let round = withNext(first, 1);
    for (const click of ['left', 'right'] as const) round = withNext(withClick(round, click), 1);
    const { pairs } = await askBlind(api, begun({ first: round }), { ...wanted, count: 8 });
    expect(pairs.map(({ prompt }) => prompt)).toEqual(['p20000', 'p20001']);
    expect(pairs[0]!.answers.map(({ right }) => right)).toEqual([false, true]);
    expect(pairs[0]!.answers[0].text).toMatch(/^before/);
  });
});
