/** Labels by implicit rewards that are free of length, as DICE has them. */

/** One prompt's answers: the implicit reward of each, and its length in tokens. */
export interface Rewarded {
  rewards: readonly number[];
  lengths: readonly number[];
}

/** Index of the best and of the worst answer when a token of length costs `alpha`; of equal ones the first. */
export const bestAndWorstAt = ({ rewards, lengths }: Rewarded, alpha: number): [number, number] => {
  const scores = rewards.map((reward, i) => reward - alpha * lengths[i]!);
  const [best, worst] = [Math.max(...scores), Math.min(...scores)];
  return [scores.indexOf(best), scores.indexOf(worst)];
};

/** What the search makes small. */
export const lengthGaps = {
  absolute: 'the mean of the lengths’ differences, each taken as positive; the paper’s',
  mean: 'the mean difference of the lengths, taken as positive; as released',
} as const;

const STEPS = 1000;

/**
 * The price of a token, from 0 to 1 by thousandths, at which chosen and rejected answers are most alike in length: the last one
 * before the gap rises.
 */
export const findLengthPenalty = (items: readonly Rewarded[], kind: keyof typeof lengthGaps): number => {
  const gapAt = (alpha: number) => {
    const gaps = items.map((item) => {
      const [best, worst] = bestAndWorstAt(item, alpha);
      const gap = item.lengths[best]! - item.lengths[worst]!;
      return kind === 'absolute' ? Math.abs(gap) : gap;
    });
    return Math.abs(gaps.reduce((a, b) => a + b, 0) / gaps.length);
  };
  let [found, least] = [0, gapAt(0)];
  for (let i = 1; i <= STEPS; i++) {
    const gap = gapAt(i / STEPS);
    if (gap > least) break;
    if (gap < least) [found, least] = [i / STEPS, gap];
  }
  return found;
};
