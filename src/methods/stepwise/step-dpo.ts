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
import { firstMistakes } from '../../sources/first-mistakes';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '../pairwise/dpo';

const stepwise = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const minusZ = pairs.margin(-beta); // (2) [C]; a tree scores nothing but the two steps, so that (1) is the answer's sum
    return {
      loss: tf.mean(tf.softplus(minusZ)) as Scalar, // (3)
      over: pairs.count,
      rewards: answers.reward(beta), // beta S
    };
  },
});

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
  kin: { id: 'dpo', change: 'on the first wrong step and a right one instead', axis: 'part' },
  aims: ['blame'],
  eats: 'next-steps',
  params: { beta: { ...beta, default: 0.4 } },
  sources: [firstMistakes],
  passes: (params) => [{ id: 'step-dpo', label: 'Step-DPO', objective: stepwise(params) }],
  presets: [
    { id: 'code', name: 'As in the scripts for 7B', summary: 'beta 0.5.', params: { beta: 0.5 } },
    {
      id: 'gold-steps',
      name: 'The verifier’s step where the model has none',
      summary: 'Mistakes that no continuation mends get the task’s own next step.',
      source: { id: 'first-mistakes', params: { goldFallback: true } },
    },
  ],
  defaults: {
    paper: { beta: 0.4, learningRate: 5e-7, batchSize: 128, epochs: 8, schedule: 'cosine', warmup: 0.1 },
    learningRate: 5e-5,
    batchSize: 32,
  },
});
