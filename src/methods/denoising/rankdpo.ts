/**
 * RankDPO: Diffusion-DPO over whole lists. Several rewards vote on every two images of a list; each ordered pair counts by how much
 * the two differ in gain and how far apart they stand.
 *
 *   phi_a = votes that a wins / (rewards (k - 1))                                              (1)
 *   D_ab  = |2^phi_a - 2^phi_b| |1 / log(1 + tau_a) - 1 / log(1 + tau_b)|                       (2)
 *   L     = sum over phi_a > phi_b of D_ab (-log sigmoid(-beta / 2 (s_a - s_b))), mean over lists   (3)
 *
 *   s    denoising error less the reference's, at one time      k  images of a list
 *   tau  place in the list, 1 the first: by phi, or by the policy's own -s; equal ones in their order
 *
 * Where we differ: one noise for all images of a list, where the paper draws one for each; its own is a choice, and halves the
 * effect here. The discount is reciprocal, as in LiPO, where the scanned algorithm shows none. beta and half of it are ours.
 *
 * Source: Karthik et al. 2024, algorithms 1 and 2; no official code.
 */
import { poolLists } from '../../sources/pool-lists';
import type { Scalar, Tensor1D } from '../../tf';
import { tf } from '../../tf';
import { errorBeta, onShapes } from '../latents';
import { nothing, pick, ranksOf, withoutHistory } from '../maths';
import { defineMethod } from '../method';
import type { LossInput, Objective } from '../objective';
import { choice } from '../params';

interface RankParams {
  beta: number;
  tauFrom: 'labels' | 'model';
  weights: 'rank' | 'gain' | 'none';
  noise: 'shared' | 'own';
}

/** tau of each image, from 1. No gradient. [P] */
const placesOf = ({ answers, lists, batch }: LossInput, from: RankParams['tauFrom']): Tensor1D => {
  const n = answers.count;
  const alike = new Float32Array(n * n);
  for (const own of lists.items) for (const a of own) for (const b of own) alike[a * n + b] = 1;
  const by = from === 'model' ? answers.logRatio : tf.tensor1d(batch.responses.map(({ score }) => score!));
  return tf.add(ranksOf(by, tf.tensor2d(alike, [n, n])), 1);
};

const ranked = ({ beta, tauFrom, weights, noise }: RankParams): Objective => ({
  reads: { reference: true, scores: true, latents: { entry: 'error', noise } },
  rewardScale: beta / 2,
  loss(input) {
    const { answers, lists, batch } = input;
    const s = answers.reward(beta / 2); // -beta/2 s, so that the larger is the better
    const phi = (r: number) => batch.responses[r]!.score!;
    const pairs = lists.items.flatMap((own) =>
      own.flatMap((a) => own.flatMap((b) => (phi(a) > phi(b) ? [[a, b] as const] : []))),
    );
    if (pairs.length === 0) return { loss: nothing(s), over: lists.count, rewards: s };
    const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
    const gap = (x: Tensor1D) => tf.sub(pick(x, first), pick(x, second)) as Tensor1D;
    const gain = tf.tensor1d(pairs.map(([a, b]) => (weights === 'none' ? 1 : 2 ** phi(a) - 2 ** phi(b))));
    const discount = () =>
      withoutHistory(placesOf(input, tauFrom), (tau) => tf.div(1, tf.log(tf.add(1, tau))) as Tensor1D);
    const weight = weights === 'rank' ? tf.mul(gain, tf.abs(gap(discount()))) : gain; // (2)
    const each = tf.mul(weight, tf.softplus(tf.neg(gap(s))));
    return {
      loss: tf.div(tf.sum(each), lists.count) as Scalar, // (3)
      over: lists.count,
      rewards: s,
      aux: {
        'errors/mean': tf.neg(tf.mean(answers.logRatio)) as Scalar,
        'weights/mean': tf.mean(weight) as Scalar,
      },
    };
  },
});

export const rankdpo = defineMethod({
  id: 'rankdpo',
  name: 'RankDPO',
  chapter: 'denoising',
  paper: {
    title: 'Scalable Ranked Preference Optimization for Text-to-Image Generation',
    authors: 'Shyamgopal Karthik, Huseyin Coskun, Zeynep Akata, Sergey Tulyakov, Jian Ren, Anil Kag',
    year: 2024,
    arxiv: '2410.18013',
    url: 'https://arxiv.org/abs/2410.18013',
  },
  summary: 'Diffusion-DPO on ranked lists: rewards vote, and a pair counts by what its order is worth.',
  tex: String.raw`\mathcal{L} = \sum_{\phi_a > \phi_b} \big|2^{\phi_a} - 2^{\phi_b}\big| \Big|\tfrac1{\log(1+\tau_a)} - \tfrac1{\log(1+\tau_b)}\Big| \Big(-\log\sigma\big(-\tfrac{\beta}{2}(s_a - s_b)\big)\Big)`,
  notes: [
    'Shows: lists above pairs, gain weights above none, labels above lots. Most of the rise of the mix is brightness.',
    'Does not show: the discount beyond the gain; preferences above imitation of the best, unless the noise is shared.',
    'A list of two is Diffusion-DPO times a constant.',
    'An empty grey image has a mix of 0.6: read it with the held-out shape beside it.',
  ],
  kin: { id: 'diffusion-dpo', change: 'on lists that rewards have ranked by votes', axis: 'pictures' },
  eats: 'latent-lists',
  params: {
    beta: errorBeta,
    tauFrom: choice({
      label: 'places by',
      help: 'What the discount ranks a list by.',
      options: { labels: 'the labels', model: 'the policy’s own scores' },
      default: 'labels',
      from: 'paper',
    }),
    weights: choice({
      label: 'weights',
      help: 'What a pair of the list counts by.',
      options: { rank: 'gain and discount', gain: 'gain alone', none: 'all alike' },
      default: 'rank',
      from: 'paper',
    }),
    noise: choice({
      label: 'noise',
      help: 'Whether all images of a list are noised alike.',
      options: { shared: 'one for the list', own: 'one for each image, the paper’s' },
      default: 'shared',
      from: 'ours',
    }),
  },
  sources: [poolLists],
  passes: (params) => [{ id: 'rankdpo', label: 'RankDPO', objective: ranked(params) }],
  defaults: {
    paper: { batchSize: 1024, steps: 400, images: 4, rewards: 5 },
    learningRate: 1e-4,
    batchSize: 16,
    world: onShapes(512, 200),
  },
});
