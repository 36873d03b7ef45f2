import { pairTree } from '../search/build-trees';
import { judgedSteps } from '../search/judged-steps';
import { promptTokens } from '../search/prompt-tokens';
import { answerBatches } from '../search/sample-answers';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import { sampling } from './sampling';
import { defineSource } from './source';

/** One pair per problem that got both a right and a wrong answer, each picked at random among its kind. */
export const rightAndWrong = defineSource({
  id: 'right-and-wrong',
  name: 'Right and wrong answers',
  summary:
    'The model answers each problem several times; a right answer is chosen and a wrong one rejected, told apart by the verifier.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'Answers sampled to each problem when pairs are made; a pair needs a right and a wrong one.',
      min: 2,
    },
  },
  makes: ['pairs'],
  async *make(ctx, { samples, temperature, topP }) {
    const tally = newTally();
    let made = 0;
    const sampled = answerBatches(ctx, { count: samples, temperature, topP }, tally, () => ctx.count - made);
    for await (const batch of sampled) {
      for (const answers of batch) {
        const right = answers.filter((answer) => answer.verdict.correct);
        const wrong = answers.filter((answer) => !answer.verdict.correct);
        if (right.length === 0 || wrong.length === 0) continue;
        const chosen = ctx.rng.pick(right);
        const rejected = ctx.rng.pick(wrong);
        throwIfAborted(ctx.signal);
        yield pairTree({
          id: `${chosen.problem.id}#${made}`,
          prompt: promptTokens(ctx.tokenizer, chosen.problem),
          chosen: judgedSteps(chosen),
          rejected: judgedSteps(rejected),
        });
        made++;
        if (made >= ctx.count) break;
      }
      ctx.progress(made, describeTally(tally));
      if (made >= ctx.count) return;
    }
    throw tooFewTrees(ctx, made, tally);
  },
});
