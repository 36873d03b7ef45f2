/**
 * Step-DPO: prefer the right next step over the first wrong one, given the correct steps before both. The error is
 * told exactly where it happened, instead of blaming a whole answer for one line.
 *
 *   S   = sum over the tokens of the one step of (l_t - l0_t)                              (1)
 *   z   = beta (S_w - S_l)                                                                 (2)
 *   L   = -log sigmoid(z) = softplus(-z), mean over pairs                                  (3)
 *
 *   l_t, l0_t  log-prob of token t under policy and reference, given prompt, prefix and the step so far
 *   w          a right step that the model itself found from the prefix     l  the first wrong step
 *   beta       strength of the pull to the reference
 *
 * Data (section 3.2): sample answers, keep the wrong ones; find the first wrong step; sample continuations of the
 * correct prefix and keep those that end in the right answer; their distinct first steps are the chosen ones.
 *
 * Where we differ: the verifier of the task finds the wrong step, where the paper asks people or GPT-4, and it checks
 * the chosen step itself too, so that a right answer reached by a wrong step is not preferred. A step is a line with
 * its newline, and no EOS is added to it, as in the paper; but where the answer ended in that line without a newline
 * ("A:34" and stop), EOS is what ended the line, so it belongs to the step and is scored. An answer that stops too
 * early, every line right, has EOS alone as its first wrong step. The scripts score a step without
 * the line break that ends it. Paper 0.4 and scripts 0.5 disagree on beta for 7B models; we take the paper.
 *
 * Source: Lai et al. 2024, equation 3 and section 3.2; dvlab-research/Step-DPO, stepdpo_trainer.py, data_pipeline/.
 */
import { labelled, pairTree } from '../search/build-trees';
import { goldNextStep, rightNextSteps } from '../search/continuations';
import { firstWrong } from '../search/first-wrong';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import type { StepTokens } from '../search/split-tokens';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { Problem } from '../tasks/task';
import type { Scalar } from '../tf';
import { tf } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import { defineMethod, param } from './method';

interface Mistake {
  problem: Problem;
  /** The correct steps before the wrong one. */
  steps: StepTokens[];
  wrong: StepTokens;
}

const key = (tokens: readonly number[]) => tokens.join(' ');

/** The first mistake of each wrong answer; the same mistake at the same place only once. */
const distinctMistakes = (answers: readonly Answer[], eos: number): Mistake[] => {
  const seen = new Map<string, Mistake>();
  for (const answer of answers) {
    const found = firstWrong(answer, eos);
    if (!found) continue;
    const at = `${key(found.prefix.flatMap((step) => step.tokens))} / ${key(found.wrong.tokens)}`;
    if (!seen.has(at)) seen.set(at, { problem: answer.problem, steps: found.prefix, wrong: found.wrong });
  }
  return [...seen.values()];
};

async function* collect(ctx: PipelineContext): AsyncGenerator<PreferenceTree> {
  const sampling = { temperature: param(ctx.params, 'temperature'), topP: param(ctx.params, 'topP') };
  const samples = param(ctx.params, 'samples');
  const continuations = param(ctx.params, 'continuations');
  const useGold = param(ctx.params, 'goldFallback') > 0;
  const tally = newTally();
  let made = 0;
  for await (const batch of answerBatches(
    ctx,
    { ...sampling, count: samples },
    tally,
    () => ctx.count - made,
  )) {
    const mistakes = batch.flatMap((answers) => distinctMistakes(answers, ctx.tokenizer.eos));
    ctx.progress(made, describeTally(tally));
    const found = await rightNextSteps(ctx, mistakes, { ...sampling, count: continuations }, tally);
    for (const [i, mistake] of mistakes.entries()) {
      const { problem, steps, wrong } = mistake;
      const own = found[i]!.map((step) => ({ step, gold: 0 }));
      const gold = own.length === 0 && useGold ? goldNextStep(ctx, mistake) : undefined;
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
}

export const stepDpo = defineMethod({
  id: 'step-dpo',
  name: 'Step-DPO',
  chapter: 'stepwise',
  paper: {
    title: 'Step-DPO: Step-wise Preference Optimization for Long-chain Reasoning of LLMs',
    authors: 'Xin Lai, Zhuotao Tian, Yukang Chen, Senqiao Yang, Xiangru Peng, Jiaya Jia',
    year: 2024,
    arxiv: '2406.18629',
    url: 'https://arxiv.org/abs/2406.18629',
  },
  summary:
    'Finds the first wrong step of a wrong answer, lets the model try again from just before it, and prefers the right step it then finds over the wrong one. The steps before are shared and get no credit.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \log\frac{\pi_\theta(s_w \mid x, s_{1\sim k-1})}{\pi_{\mathrm{ref}}(s_w \mid x, s_{1\sim k-1})} - \beta \log\frac{\pi_\theta(s_l \mid x, s_{1\sim k-1})}{\pi_{\mathrm{ref}}(s_l \mid x, s_{1\sim k-1})} \right)`,
  notes: [
    'The first wrong step is found by the task’s verifier, where the paper uses people or GPT-4. The chosen step must itself pass the verifier, and its continuation must reach the right answer.',
    'A step is a line with its newline (the released code scores it without), and no EOS is added to it, as in the paper. Our reading: where the sampled answer ended in that line (the answer line has no newline), its EOS ends the line and is scored with it.',
    'An answer that stops too early with every line right has its EOS as the first wrong step.',
    'beta is 0.4 in the paper (0.5 for 72B); the released scripts have it the other way round.',
    'The paper samples 20 continuations per prefix; 8 are enough for the built-in models.',
  ],
  params: {
    beta: {
      label: 'beta',
      help: 'How strongly the policy is held to the reference; larger stays closer.',
      min: 0.01,
      max: 5,
      scale: 'log',
      default: 0.4,
      from: 'paper',
    },
    samples: {
      label: 'answers per problem',
      help: 'Answers sampled to each problem in the search for mistakes.',
      min: 1,
      max: 64,
      integer: true,
      default: 2,
      from: 'paper',
    },
    continuations: {
      label: 'continuations',
      help: 'Continuations sampled from the correct steps before a mistake; the paper samples 20.',
      min: 1,
      max: 64,
      integer: true,
      default: 8,
      from: 'ours',
    },
    temperature: {
      label: 'temperature',
      help: 'Temperature at which answers and continuations are sampled.',
      min: 0.1,
      max: 2,
      default: 0.8,
      from: 'paper',
    },
    topP: {
      label: 'top-p',
      help: 'Sample only from the likeliest tokens that hold this much probability together; 1 is all of them.',
      min: 0.1,
      max: 1,
      default: 0.95,
      from: 'paper',
    },
    goldFallback: {
      label: 'use the verifier’s step',
      help: '1: where no continuation is right, the verifier’s own next step is chosen; 0: such mistakes are left out. The paper finds steps of the model itself to work better.',
      min: 0,
      max: 1,
      integer: true,
      default: 0,
      from: 'paper',
    },
  },
  defaults: {
    paper: { beta: 0.4, learningRate: 5e-7, batchSize: 128, epochs: 8, schedule: 'cosine', warmup: 0.1 },
    learningRate: 5e-5,
    batchSize: 32,
  },
  needs: { reference: true, comparisons: true, steps: true },
  rewardScale: 'beta',
  collect,
  loss({ chosen, rejected, margin }, params) {
    const beta = param(params, 'beta');
    const minusZ = margin(-beta); // (2) [C]
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (3)
      chosenRewards: chosen.reward(beta), // beta S_w
      rejectedRewards: rejected.reward(beta), // beta S_l
    };
  },
});
