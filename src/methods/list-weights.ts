/** What RankDPO's pairs of a list count by, as plain numbers: (1) and (2) of `denoising/rankdpo.ts`. */

export type ListWeights = 'rank' | 'gain' | 'none';

/** Places of values from 1, the largest first; equal ones in their order. */
const placesOf = (values: readonly number[]): number[] =>
  values.map(
    (own, i) => 1 + values.reduce((before, v, j) => before + (v > own || (v === own && j < i) ? 1 : 0), 0),
  );

/**
 * The weight of image a against image b at [a][b]; 0 where a has no more votes.
 * @param phi share of votes by image
 * @param by what places go by: `phi` itself, or the policy's own scores
 */
export const listWeights = (
  phi: readonly number[],
  by: readonly number[],
  weights: ListWeights,
): number[][] => {
  const tau = placesOf(by);
  const discount = (k: number) => 1 / Math.log(1 + tau[k]!);
  return phi.map((a, i) =>
    phi.map((b, j) => {
      if (!(a > b)) return 0;
      const gain = weights === 'none' ? 1 : 2 ** a - 2 ** b;
      return weights === 'rank' ? gain * Math.abs(discount(i) - discount(j)) : gain;
    }),
  );
};
