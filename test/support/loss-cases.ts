import { createRng } from '../../src/util/rng';

export interface CaseShape {
  /** Tokens of each step, by prompt and response. */
  steps?: number[][][];
  seed?: number;
  /** Value of every log-prob instead of a random one: chosen (first) and other responses. */
  policy?: readonly [number, number];
  reference?: number;
}

/** Two prompts, of three and two answers, of several steps each. */
const plain: number[][][] = [
  [[2, 3], [1, 2, 2], [4]],
  [[3], [1, 1]],
];

/**
 * A loss case with every field that any method reads, so that one may be made for each method of the catalogue. In each prompt
 * the first answer has the best score and is preferred to the others.
 */
export const wholeCase = (method: string, shape: CaseShape = {}, params: object = {}) => {
  const { steps = plain, seed = 1, policy, reference } = shape;
  const rng = createRng(seed);
  const logProb = () => -0.05 - 3 * rng.next();
  return {
    method,
    params,
    prompts: steps.map((responses) => ({
      responses: responses.map((lengths, r) => ({
        steps: lengths.map((n, k) => {
          const each = (value: () => number) => Array.from({ length: n }, value);
          return {
            tokens: each(() => 3 + rng.int(9)),
            policy: each(() => (policy ? policy[r === 0 ? 0 : 1] : logProb())),
            reference: each(() => reference ?? logProb()),
            guide: each(logProb),
            positive: each(logProb),
            negative: each(logProb),
            stop: each(logProb),
            stopReference: each(logProb),
            value: each(() => rng.normal()),
            kl: each(() => rng.next()),
            squares: each(logProb),
            valueEnd: rng.next() * 2 - 1,
            hidden: Array.from({ length: 4 }, () => rng.normal()),
            labels: { reward: rng.next(), score: rng.next(), q: (r + k) % 2 === 0 ? 1 : -1, correct: 1 },
          };
        }),
        score: 1 - 0.3 * r,
        labels: { desirable: r === 0 ? 1 : 0, logProposal: -4 - r },
      })),
      comparisons: responses.slice(1).map((_, i) => ({ chosen: 0, rejected: i + 1, margin: 0.5 + i })),
    })),
  };
};
