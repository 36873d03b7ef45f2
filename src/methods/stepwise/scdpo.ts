/**
 * SCDPO: pairs whose sides share right steps up to a chosen one and part there, the model having been driven into an error; beside
 * them plain pairs. Which step an error is at is then known by the data alone.
 *
 *   L = softplus(-beta (S_w - S_l)), mean over the pairs of both kinds                         (1)
 *   S   of a plain pair over the whole answer, of a step-controlled one over the tokens after the shared steps, EOS included  (2)
 *
 *   S    sum over tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: both kinds of pairs in one shuffled set, as the code has it, where the paper writes two sums. At most 8 samples
 * after a cut by default, where the paper has 100. Errors are cut at every step and the first two are kept, as in the code.
 *
 * Source: Lu et al. 2024, equations 3 to 5; mathllm/Step-Controlled_DPO, src/step_controled_dpo_lce.
 */
import { injectedErrors } from '../../sources/injected-errors';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';

export const scdpo = defineMethod({
  id: 'scdpo',
  name: 'SCDPO',
  chapter: 'stepwise',
  paper: {
    title: 'Step-Controlled DPO: Leveraging Stepwise Error for Enhanced Mathematical Reasoning',
    authors:
      'Zimu Lu, Aojun Zhou, Ke Wang, Houxing Ren, Weikang Shi, Junting Pan, Mingjie Zhan, Hongsheng Li',
    year: 2024,
    arxiv: '2407.00782',
    url: 'https://arxiv.org/abs/2407.00782',
  },
  summary:
    'Drives the model into errors at a chosen step by a rising temperature, and prefers the right end after the same steps; plain pairs are mixed in.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \log\frac{\pi_\theta(y_w^{>k} \mid x, y^{\le k})}{\pi_{\mathrm{ref}}(y_w^{>k} \mid x, y^{\le k})} - \beta \log\frac{\pi_\theta(y_l^{>k} \mid x, y^{\le k})}{\pi_{\mathrm{ref}}(y_l^{>k} \mid x, y^{\le k})} \right)`,
  notes: [
    'An end is wrong when the verifier finds a line or the result wrong; one with a line that cannot be read is garbled and left out, as the code leaves out what is too long.',
    'The temperature of the i-th new step is min(1.1 + 0.05 i, 1.4), the paper’s. Other released runs have a rise of 0.1, or begin at 1.0 and stop at 1.2 or 1.3: set the rise and the temperatures.',
    'At the end of a run it is measured, on wrong answers to held-out problems, whether the step that fell most is the first wrong one. That SCDPO finds it more often does not show: over three seeds in 64 of 100 answers, with plain pairs alone in 69 (difference -26 to 17), a random step in 22.',
    'Errors that heat provokes are not the built-in model’s own habit: over three seeds of chained arithmetic it comes from 54.0 right answers in 100 to 67.5, with plain pairs alone to 72.0.',
  ],
  kin: { id: 'dpo', change: 'with pairs that part at a chosen step mixed in', axis: 'part' },
  aims: ['blame'],
  eats: 'pairs',
  params: { beta },
  sources: [injectedErrors],
  passes: (params) => [{ id: 'scdpo', label: 'SCDPO', objective: logistic(params) }],
  presets: [
    {
      id: 'plain',
      name: 'Plain pairs alone',
      summary: 'As many pairs, all of them right and wrong answers as they came: DPO, to compare with.',
      source: { id: 'injected-errors', params: { naiveShare: 1 } },
    },
    {
      id: 'injected',
      name: 'Injected errors alone',
      summary: 'No plain pairs.',
      source: { id: 'injected-errors', params: { naiveShare: 0 } },
    },
    {
      id: 'mistral',
      name: 'As released for Mistral',
      summary: 'The temperature rises by 0.1 a step.',
      source: { id: 'injected-errors', params: { rise: 0.1 } },
    },
    {
      id: 'math',
      name: 'As released for MATH',
      summary: 'The temperature begins at 1 and stops at 1.3; three errors of an answer.',
      source: { id: 'injected-errors', params: { firstTemperature: 1, mostTemperature: 1.3, perAnswer: 3 } },
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-7, batchSize: 64, epochs: 2, schedule: 'cosine', warmup: 0.1 },
    learningRate: 1e-4,
    batchSize: 16,
  },
});
