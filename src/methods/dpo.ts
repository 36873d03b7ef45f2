/**
 * Direct Preference Optimization: make the chosen answer more likely than the rejected one, relative to a frozen
 * reference, by the maximum likelihood of the Bradley-Terry model, with no reward model and no sampling in the loop.
 *
 *   S   = sum over the response's tokens of (l_t - l0_t)                                   (1)
 *   z   = beta (S_w - S_l)                                                                 (2)
 *   L   = -(1 - eps) log sigmoid(z) - eps log sigmoid(-z), mean over pairs                 (3)
 *       = softplus(-z) + eps z                                                             (4)
 *
 *   l_t, l0_t  log-prob of token t under policy and reference     w, l  chosen, rejected
 *   beta       strength of the pull to the reference              eps   label smoothing; 0 is the paper's DPO
 *   beta S     the implicit reward
 *
 * Where we differ: pairs are one right and one wrong answer of the model itself, told apart by the verifier, where the
 * paper has people's preferences. With eps > 0 the loss is the "conservative" DPO of Mitchell's note; (4) is the same
 * number as (3), since softplus(z) = softplus(-z) + z, and needs one softplus instead of two.
 *
 * Source: Rafailov et al. 2023, equation 7 and appendix B; eric-mitchell/direct-preference-optimization, trainers.py.
 */
import { labelled, pairTree } from '../search/build-trees';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import { describeTally, newTally, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { Scalar, Tensor1D } from '../tf';
import { tf } from '../tf';
import type { PreferenceTree } from '../tree/tree';
import { defineMethod, param } from './method';

const labelledSteps = ({ steps, verdict }: Answer) =>
  labelled(steps, (i) => ((verdict.steps[i]?.correct ?? verdict.correct) ? 1 : 0));

/** One pair per problem that got both a right and a wrong answer. */
async function* collect(ctx: PipelineContext): AsyncGenerator<PreferenceTree> {
  const sampling = {
    count: param(ctx.params, 'samples'),
    temperature: param(ctx.params, 'temperature'),
    topP: param(ctx.params, 'topP'),
  };
  const tally = newTally();
  let made = 0;
  for await (const batch of answerBatches(ctx, sampling, tally, () => ctx.count - made)) {
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
        chosen: labelledSteps(chosen),
        rejected: labelledSteps(rejected),
      });
      made++;
      if (made >= ctx.count) break;
    }
    ctx.progress(made, describeTally(tally));
    if (made >= ctx.count) return;
  }
  throw tooFewTrees(ctx, made, tally);
}

export const dpo = defineMethod({
  id: 'dpo',
  name: 'DPO',
  chapter: 'pairwise',
  paper: {
    title: 'Direct Preference Optimization: Your Language Model is Secretly a Reward Model',
    authors:
      'Rafael Rafailov, Archit Sharma, Eric Mitchell, Stefano Ermon, Christopher D. Manning, Chelsea Finn',
    year: 2023,
    arxiv: '2305.18290',
    url: 'https://arxiv.org/abs/2305.18290',
  },
  summary:
    'Prefers a right answer over a wrong one to the same problem, as whole answers: every token of the one is pushed up, every token of the other down, by the same amount.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \log\frac{\pi_\theta(y_w \mid x)}{\pi_{\mathrm{ref}}(y_w \mid x)} - \beta \log\frac{\pi_\theta(y_l \mid x)}{\pi_{\mathrm{ref}}(y_l \mid x)} \right)`,
  notes: [
    'A pair is one right and one wrong answer of the model itself, told apart by the verifier; an answer with a wrong line counts as wrong even where its final number is right.',
    'The whole answer is scored on both sides, EOS included. Leading lines that both answers share cancel in the margin, but count in the log-probs shown.',
    'Label smoothing above 0 is the conservative DPO of a later note by Eric Mitchell, not of the paper.',
  ],
  params: {
    beta: {
      label: 'beta',
      help: 'How strongly the policy is held to the reference; larger stays closer.',
      min: 0.01,
      max: 5,
      scale: 'log',
      default: 0.1,
      from: 'paper',
    },
    labelSmoothing: {
      label: 'label smoothing',
      help: 'Share of the pairs assumed to be the wrong way round; 0 is the paper, above 0 conservative DPO.',
      min: 0,
      max: 0.49,
      default: 0,
      from: 'paper',
    },
    samples: {
      label: 'answers per problem',
      help: 'Answers sampled to each problem when pairs are made; a pair needs a right and a wrong one.',
      min: 2,
      max: 64,
      integer: true,
      default: 4,
      from: 'ours',
    },
    temperature: {
      label: 'temperature',
      help: 'Temperature at which the answers are sampled; higher gives more variety and more mistakes.',
      min: 0.1,
      max: 2,
      default: 1,
      from: 'ours',
    },
    topP: {
      label: 'top-p',
      help: 'Sample only from the likeliest tokens that hold this much probability together; 1 is all of them.',
      min: 0.1,
      max: 1,
      default: 1,
      from: 'ours',
    },
  },
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-6, batchSize: 64, optimizer: 'RMSprop', warmupSteps: 150 },
    learningRate: 5e-5,
    batchSize: 16,
  },
  needs: { reference: true, comparisons: true, steps: false },
  rewardScale: 'beta',
  collect,
  loss({ chosen, rejected, margin }, params) {
    const beta = param(params, 'beta');
    const eps = param(params, 'labelSmoothing');
    const minusZ = margin(-beta); // (2) [C]
    const mistaken: Tensor1D = tf.softplus(minusZ); // (4) [C]
    const perPair = eps > 0 ? tf.sub(mistaken, tf.mul(minusZ, eps)) : mistaken;
    return {
      loss: tf.mean(perPair) as Scalar,
      chosenRewards: chosen.reward(beta), // beta S_w
      rejectedRewards: rejected.reward(beta), // beta S_l
    };
  },
});
