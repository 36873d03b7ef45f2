import { chainTree, labelled } from '../search/build-trees';
import { promptTokens } from '../search/prompt-tokens';
import { encodeSteps } from '../search/split-tokens';
import { throwIfAborted } from '../search/throw-if-aborted';
import { defineSource } from './source';

/** The task's own solutions, one node a step, EOS last. */
export const workedSolutions = defineSource({
  id: 'worked-solutions',
  name: 'Worked solutions',
  summary: 'The task’s own solution to each problem, every step right.',
  params: {},
  makes: ['solutions'],
  async *make(ctx) {
    const { task, tokenizer } = ctx;
    for (let made = 0; made < ctx.count; made++) {
      throwIfAborted(ctx.signal);
      const problem = ctx.problems();
      const steps = labelled(encodeSteps(task, tokenizer, problem.solution), () => 1);
      // A conversation ends by the environment's word.
      if (!steps.at(-1)?.given) steps.at(-1)?.tokens.push(tokenizer.eos);
      yield chainTree(`${problem.id}#${made}`, promptTokens(tokenizer, problem), steps);
      if ((made + 1) % 64 === 0 || made + 1 === ctx.count)
        ctx.progress(made + 1, `${made + 1} worked solutions`);
    }
  },
});
