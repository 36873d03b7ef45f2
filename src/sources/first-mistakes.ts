import { flag } from '../methods/params';
import { labelled, pairTree } from '../search/build-trees';
import { goldNextStep, rightNextSteps } from '../search/continuations';
import { firstWrong } from '../search/first-wrong';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import type { StepTokens } from '../search/split-tokens';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { Problem } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { sampling } from './sampling';
import { defineSource } from './source';

interface Mistake {
  problem: Problem;
  /** The correct steps before the wrong one. */
  steps: StepTokens[];
  wrong: StepTokens;
}

const key = (tokens: readonly number[]) => tokens.join(' ');

/** The first mistake of each wrong answer; the same mistake at the same place only once. */
const distinctMistakes = (answers: readonly Answer[], tokenizer: Tokenizer): Mistake[] => {
  const seen = new Map<string, Mistake>();
  for (const answer of answers) {
    const found = firstWrong(answer, tokenizer);
    if (!found) continue;
    const at = `${key(found.prefix.flatMap((step) => step.tokens))} / ${key(found.wrong.tokens)}`;
    if (!seen.has(at)) seen.set(at, { problem: answer.problem, steps: found.prefix, wrong: found.wrong });
  }
  return [...seen.values()];
};

/**
 * Step-DPO's data (section 3.2): sample answers, keep the wrong ones; find the first wrong step; sample continuations of
 * the correct prefix and keep those that end in the right answer; their distinct first steps are the chosen ones.
 */
export const firstMistakes = defineSource({
  id: 'first-mistakes',
  name: 'First mistakes',
  summary:
    'Finds the first wrong step of a wrong answer and lets the model try again from just before it; the right step that it then finds is chosen, the wrong one rejected.',
  params: {
    samples: {
      ...sampling.samples,
      help: 'Answers sampled to each problem in the search for mistakes.',
      default: 2,
      from: 'paper',
    },
    continuations: {
      ...sampling.samples,
      label: 'continuations',
      help: 'Continuations sampled from the correct steps before a mistake; the paper samples 20.',
      default: 8,
    },
    temperature: {
      ...sampling.temperature,
      help: 'Temperature at which answers and continuations are sampled.',
      default: 0.8,
      from: 'paper',
    },
    topP: { ...sampling.topP, default: 0.95, from: 'paper' },
    goldFallback: flag({
      label: 'use the verifier’s step',
      help: 'Where no continuation is right, the verifier’s own next step is chosen; else such mistakes are left out. The paper finds steps of the model itself to work better.',
      default: false,
      from: 'paper',
    }),
  },
  makes: ['next-steps', 'pairs'],
  async *make(ctx, { samples, continuations, temperature, topP, goldFallback }) {
    const drawn = { temperature, topP };
    const tally = newTally();
    let made = 0;
    for await (const batch of answerBatches(
      ctx,
      { ...drawn, count: samples },
      tally,
      () => ctx.count - made,
    )) {
      const mistakes = batch.flatMap((answers) => distinctMistakes(answers, ctx.tokenizer));
      ctx.progress(made, describeTally(tally));
      const found = await rightNextSteps(ctx, mistakes, { ...drawn, count: continuations }, tally);
      for (const [i, mistake] of mistakes.entries()) {
        const { problem, steps, wrong } = mistake;
        const own = found[i]!.map((step) => ({ step, gold: 0 }));
        const gold = own.length === 0 && goldFallback ? goldNextStep(ctx, mistake) : undefined;
        for (const { step, gold: isGold } of gold ? [{ step: gold, gold: 1 }] : own) {
          if (key(step.tokens) === key(wrong.tokens)) continue;
          throwIfAborted(ctx.signal);
          yield pairTree({
            id: `${problem.id}#${made}`,
            prompt: promptTokens(ctx.tokenizer, problem),
            prefix: labelled(steps, () => 1),
            chosen: [{ ...step, labels: { correct: 1, gold: isGold } }],
            rejected: labelled([wrong], () => 0),
          });
          made++;
          if (made >= ctx.count) {
            ctx.progress(made, describeTally(tally));
            return;
          }
        }
      }
      ctx.progress(made, describeTally(tally));
    }
    throw tooFewTrees(ctx, made, tally);
  },
});
