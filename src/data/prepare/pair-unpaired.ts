import type { PairExample, ScoredExample } from '../formats/example';
import { promptKey } from '../formats/example';

export interface PromptGroup {
  /** The first row of the prompt. */
  where: string;
  rows: string[];
  pairs: PairExample[];
}

/**
 * Pairs right and wrong answers of the same prompt from single answers with a label, prompts in the order of their first
 * row. Of each prompt at most `limit` pairs, every wrong answer meeting the right ones in turns.
 */
export const pairUnpaired = (examples: readonly ScoredExample[], limit: number): PromptGroup[] => {
  const groups = new Map<string, ScoredExample[]>();
  for (const example of examples) {
    const key = promptKey(example.prompt);
    const own = groups.get(key);
    if (own) own.push(example);
    else groups.set(key, [example]);
  }
  return [...groups.values()].map((group) => {
    const answers = (score: number) =>
      group.flatMap(({ where, responses }) =>
        responses.filter((r) => r.score === score).map((r) => ({ where, text: r.text })),
      );
    const right = answers(1);
    const wrong = answers(0);
    const first = group[0]!;
    const pairs: PairExample[] = [];
    for (let turn = 0; turn < right.length; turn++) {
      for (const [i, rejected] of wrong.entries()) {
        if (pairs.length >= limit) break;
        const chosen = right[(turn + i) % right.length]!;
        pairs.push({
          kind: 'pair',
          where: chosen.where,
          prompt: first.prompt,
          chosen: chosen.text,
          rejected: rejected.text,
        });
      }
    }
    return { where: first.where, rows: group.map(({ where }) => where), pairs };
  });
};
