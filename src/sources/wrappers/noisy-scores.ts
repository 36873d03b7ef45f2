import { choice, number } from '../../methods/params';
import type { PreferenceTree } from '../../tree/tree';
import type { Rng } from '../../util/rng';
import { defineWrapper } from './wrapper';

/** What is said of steps as a number from 0 to 1. */
const labels = ['score', 'reward'] as const;

const kinds = {
  uniform: 'a number within the amount, either way',
  gaussian: 'a normal number with the amount as its spread',
  random: 'that share of them is replaced at random',
  flip: 'that share of them is turned round: 1 minus the score',
} as const;

const noisy = (score: number, kind: keyof typeof kinds, amount: number, rng: Rng): number => {
  // Every kind draws alike, so that the same steps are hit whatever the kind and the amount.
  const [u, z, fresh] = [rng.next(), rng.normal(), rng.next()];
  if (kind === 'uniform') return score + amount * (2 * u - 1);
  if (kind === 'gaussian') return score + amount * z;
  if (u >= amount) return score;
  return kind === 'flip' ? 1 - score : fresh;
};

const within = (x: number) => Math.min(1, Math.max(0, x));

/**
 * Scores of steps with noise: the segment-level noise of robust 2D-DPO (Patil et al. 2025). Which answer is chosen stays. The
 * label `correct` keeps the verifier's word, for the page to show.
 */
export const noisyScores = defineWrapper({
  id: 'noisy-scores',
  name: 'Noisy scores of steps',
  summary: 'The scores of steps get noise; which answer is better stays as it is.',
  params: {
    scoreNoise: choice({
      label: 'what happens to a score',
      help: 'How the score of a step is changed; results are kept within 0 and 1.',
      options: kinds,
      default: 'uniform',
      from: 'ours',
    }),
    scoreAmount: number({
      label: 'amount',
      help: 'Size of the noise, or the share of the scores that it hits.',
      min: 0,
      max: 1,
      default: 0.4,
      from: 'ours',
    }),
  },
  wraps: ['steps'],
  suits: ({ stepLabels }) => labels.some((name) => stepLabels?.includes(name)),
  async *wrap(make, { rng, count }, { scoreNoise, scoreAmount }) {
    for await (const tree of make(count)) {
      const nodes = tree.nodes.map((node): PreferenceTree['nodes'][number] => {
        if (!node.scored || !node.labels) return node;
        const own = labels.find((name) => node.labels![name] !== undefined);
        if (!own) return node;
        const changed = { ...node.labels };
        const value = within(noisy(changed[own]!, scoreNoise, scoreAmount, rng));
        for (const name of labels) if (changed[name] !== undefined) changed[name] = value;
        return { ...node, labels: changed };
      });
      yield { ...tree, nodes };
    }
  },
});
