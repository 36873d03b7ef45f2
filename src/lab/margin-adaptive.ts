/**
 * MADPO's weights on pairs whose true margin is known: DPO's implicit margin goes to h, MADPO's to c(h) h.
 *
 *   each pair is a prompt of its own with two answers; the first one wins with probability s(h)              (1)
 *   DPO    sum over both ways round of P softplus(-z)                                                        (2)
 *   MADPO  the same with w(h) on a label as it should be and w(-h) on one the other way round                (3)
 *   the optimum of both: z = log(P w(h) / ((1 - P) w(-h)))                                                   (4)
 *
 * Source: Rho 2025; the factor c and the weight w are those of src/methods/pairwise/madpo.ts.
 */
import { madpo, marginFactor, marginWeight } from '../methods/pairwise/madpo';
import { number } from '../methods/params';
import { createRng } from '../util/rng';
import { defineLab, type LabSeries } from './lab';
import { sigmoid, spaced } from './maths';

/** A pair as its labels show it: how often each way round, and how much each counts. */
export interface WeighedPair {
  /** Share of labels that name the first answer. */
  wins: number;
  weights: readonly [first: number, second: number];
}

/** Derivative of (2) or (3) by z. */
export const slopeAt = ({ wins, weights: [first, second] }: WeighedPair, z: number): number =>
  -wins * first * sigmoid(-z) + (1 - wins) * second * sigmoid(z);

/** (4); infinite where all labels agree. */
export const optimumOf = ({ wins, weights: [first, second] }: WeighedPair): number =>
  Math.log((wins * first) / ((1 - wins) * second));

/**
 * The implicit margin that training ends at: Newton's method on the exact derivative, from 0. It comes from the left without
 * overshooting, since the derivative is concave there.
 */
export const trainMargin = (pair: WeighedPair): number => {
  const total = pair.wins * pair.weights[0] + (1 - pair.wins) * pair.weights[1];
  let z = 0;
  for (let step = 0; step < 200; step++) {
    const change = slopeAt(pair, z) / (total * sigmoid(z) * sigmoid(-z));
    z -= change;
    if (Math.abs(change) < 1e-13 * (1 + Math.abs(z))) break;
  }
  return z;
};

const { cMax, cMin, lambda, tau } = madpo.params;

export const marginAdaptive = defineLab({
  id: 'margin-adaptive',
  name: 'MADPO’s margins',
  paper: {
    title: 'Margin Adaptive DPO: Leveraging Reward Model for Granular Control in Preference Optimization',
    year: 2025,
    arxiv: '2510.05342',
  },
  summary:
    'Pairs whose true margin h is known, with labels drawn by it. DPO’s margin settles at h; where does MADPO’s?',
  notes: [
    'Below -tau the weight is 1, as in the released code, so that c(h) h is the optimum for margins up to tau only.',
    'The reward model’s error is ours: MADPO weighs by a margin that is off by so much, while labels follow the true one.',
  ],
  params: {
    cMax: cMax!,
    cMin: cMin!,
    lambda: lambda!,
    tau: tau!,
    labels: number({
      label: 'labels',
      help: 'Labels drawn for each pair; 0 takes their probabilities.',
      min: 0,
      max: 10_000,
      scale: 'linear',
      integer: true,
      default: 0,
      from: 'ours',
    }),
    error: number({
      label: 'error',
      help: 'Standard deviation of the reward model’s margin about the true one.',
      min: 0,
      max: 5,
      default: 0,
      from: 'ours',
    }),
  },
  async run({ labels, error, ...given }, { seed, tick }) {
    const params = { beta: 1, ...given } as {
      beta: number;
      cMax: number;
      cMin: number;
      lambda: number;
      tau: number;
    };
    const rng = createRng(seed).fork('labels');
    const margins = spaced(0.1, 6, 60);
    const wins = margins.map((h) => {
      if (labels === 0) return sigmoid(h);
      let count = 0;
      for (let i = 0; i < labels; i++) if (rng.next() < sigmoid(h)) count++;
      // Half a label each way keeps the optimum finite.
      return (count + 0.5) / (labels + 1);
    });
    const seen = margins.map((h) => h + error * rng.normal());
    const plain = wins.map((own): WeighedPair => ({ wins: own, weights: [1, 1] }));
    const weighed = wins.map(
      (own, i): WeighedPair => ({
        wins: own,
        weights: [marginWeight(params, seen[i]!), marginWeight(params, -seen[i]!)],
      }),
    );
    const dpo = plain.map(trainMargin);
    const adaptive = weighed.map(trainMargin);
    await tick(1, 1);
    const theory = margins.map((h) => marginFactor(params, h) * h);
    const largest = (found: readonly number[], wanted: readonly number[]) =>
      Math.max(...found.map((z, i) => Math.abs(z - wanted[i]!)));
    const within = margins.filter((h) => h < params.tau).length;
    const apart = {
      dpo: largest(dpo, margins),
      madpo: largest(adaptive.slice(0, within), theory.slice(0, within)),
    };
    const exact = labels === 0 && error === 0;
    const series: LabSeries[] = [
      { label: 'DPO', x: margins, y: dpo, points: true },
      { label: 'MADPO', x: margins, y: adaptive, points: true },
      { label: 'h', x: margins, y: margins, theory: true },
      { label: 'c(h) h', x: margins, y: theory, theory: true },
    ];
    const at = (h: number) => margins.findIndex((m) => m >= h - 1e-9);
    const [small, large] = [at(1), at(5)];
    return {
      says: [
        `At a true margin of 1, DPO settles at ${dpo[small]!.toFixed(2)} and MADPO at ${adaptive[small]!.toFixed(2)}; at 5, at ${dpo[large]!.toFixed(2)} and ${adaptive[large]!.toFixed(2)}.`,
        exact
          ? `DPO lies within ${apart.dpo.toExponential(1)} of h, MADPO within ${apart.madpo.toExponential(1)} of c(h) h.`
          : `With ${labels === 0 ? 'exact' : `${labels}`} labels and an error of ${error}, DPO is off h by up to ${apart.dpo.toFixed(2)}, MADPO off c(h) h by up to ${apart.madpo.toFixed(2)}.`,
      ],
      numbers: {
        'distance/dpo': apart.dpo,
        'distance/madpo': apart.madpo,
        'dpo at 1': dpo[small]!,
        'dpo at 5': dpo[large]!,
        'madpo at 1': adaptive[small]!,
        'madpo at 5': adaptive[large]!,
      },
      figures: [
        {
          id: 'margins',
          title: 'Implicit margin against the true one',
          xAxis: 'true margin h',
          yAxis: 'implicit margin',
          series,
          sentence: `DPO’s margins ${exact ? 'lie on' : 'scatter about'} the diagonal, MADPO’s ${exact ? 'on' : 'about'} c(h) h: ${adaptive[small]!.toFixed(2)} at a true margin of 1, ${adaptive[large]!.toFixed(2)} at 5.`,
        },
      ],
    };
  },
});
