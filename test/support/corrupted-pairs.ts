import type { Method } from '../../src/methods/method';
import { pairTree } from '../../src/search/build-trees';
import { promptTokens } from '../../src/search/prompt-tokens';
import { defineSource } from '../../src/sources/source';

/**
 * Pairs that need no model: chosen is the task's own solution, rejected the same with the last line's digit
 * changed. For tests with random weights, which answer nothing right.
 */
const corruptedPairs = defineSource({
  id: 'corrupted-pairs',
  name: 'Corrupted pairs',
  summary: 'The task’s solution, and the same with its last digit changed.',
  params: {},
  makes: ['pairs'],
  async *make(ctx) {
    for (let i = 0; i < ctx.count; i++) {
      const problem = ctx.problems();
      const lines = problem.solution.split(/(?<=\n)/);
      const wrong = lines.map((line, j) =>
        j === lines.length - 1 ? line.replace(/\d$/, (d) => String((Number(d) + 1) % 10)) : line,
      );
      const steps = (texts: string[], correct: number) =>
        texts.map((text, j) => ({
          text,
          tokens: [...ctx.tokenizer.encode(text), ...(j === texts.length - 1 ? [ctx.tokenizer.eos] : [])],
          labels: { correct: j === texts.length - 1 ? correct : 1 },
        }));
      ctx.progress(i + 1, `${i + 1} made`);
      yield pairTree({
        id: `${problem.id}#${i}`,
        prompt: promptTokens(ctx.tokenizer, problem),
        chosen: steps(lines, 1),
        rejected: steps(wrong, 0),
      });
    }
  },
});

/** The method on those pairs. */
export const onCorruptedPairs = (method: Method): Method => ({ ...method, sources: [corruptedPairs] });
