/**
 * TR-DPO: DPO whose reference follows the policy, so that the trust region moves along with what has been learned.
 *
 *   reference <- mix policy + (1 - mix) reference, after every `every` steps                   (1)
 *   L = softplus(-beta (S_w - S_l)), mean over pairs                                           (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and the present reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: strides are shorter, as our runs are; mix 1 is the paper's hard update, below 1 its soft one.
 *
 * Source: Gorbatovski et al. 2024; TRL, dpo_trainer.py (sync_ref_model).
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';
import { number } from '../params';

export const trDpo = defineMethod({
  id: 'tr-dpo',
  name: 'TR-DPO',
  chapter: 'rounds',
  paper: {
    title: 'Learn Your Reference Model for Real Good Alignment',
    authors:
      'Alexey Gorbatovski, Boris Shaposhnikov, Alexey Malakhov, Nikita Surnachev, Yaroslav Aksenov, Ian Maksimov, Nikita Balagansky, Daniil Gavrilov',
    year: 2024,
    arxiv: '2404.09656',
    url: 'https://arxiv.org/abs/2404.09656',
  },
  summary: 'DPO with a reference that takes a step towards the policy every so often.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta (S_w - S_l) \big), \quad \theta_{\mathrm{ref}} \leftarrow \alpha\,\theta + (1-\alpha)\,\theta_{\mathrm{ref}} \text{ every } \tau \text{ steps}`,
  notes: [
    'The stride is ours, for short runs; TRL’s is 512 steps with a mix of 0.6.',
    'Each stride scores the data again under the new reference. The rewards shown are against the present reference and fall back at each stride.',
  ],
  kin: { id: 'dpo', change: 'with a reference that follows the policy', axis: 'again' },
  eats: 'pairs',
  params: {
    beta: { ...beta, from: 'ours' },
    every: number({
      label: 'stride',
      help: 'Steps between two moves of the reference.',
      min: 1,
      max: 10000,
      integer: true,
      default: 16,
      from: 'ours',
    }),
    mix: number({
      label: 'mix',
      help: 'How far the reference goes towards the policy; 1 is all the way, 0 is DPO.',
      min: 0,
      max: 1,
      default: 0.6,
      from: 'code',
    }),
  },
  sources: [rightAndWrong],
  passes: ({ every, mix, beta }) => [
    {
      id: 'tr-dpo',
      label: 'TR-DPO',
      objective: logistic({ beta }), // (2)
      ...(mix > 0 && { refresh: { every, mix } }), // (1)
    },
  ],
  defaults: { paper: { beta: 0.05 }, learningRate: 5e-5, batchSize: 16 },
});
