import type { SampleOptions } from '../search/pipeline';
import type { Rng } from '../util/rng';

/** Ids in order of falling weight, lower id first among equals. */
const byWeight = (weights: Float64Array): number[] =>
  Array.from(weights, (_, id) => id).sort((a, b) => weights[b]! - weights[a]! || a - b);

/** How many of the sorted ids hold at least the share topP of all weight; at least one. */
const nucleus = (weights: Float64Array, sorted: readonly number[], topP: number): number => {
  let total = 0;
  for (const id of sorted) total += weights[id]!;
  let sum = 0;
  for (const [i, id] of sorted.entries()) {
    sum += weights[id]!;
    if (sum >= topP * total) return i + 1;
  }
  return sorted.length;
};

/** What to say of a logit that is NaN or infinite. */
export const brokenLogit = (id: number, value: number | string): Error =>
  new Error(
    `The model's logit for token ${id} is ${value}. Its weights are broken; load it again or go back to a checkpoint.`,
  );

/**
 * Chooses the next token from one row of logits [V], in double precision on the CPU, so that a seed means the same on
 * every backend. Temperature, then top-k, then top-p, in the order of Hugging Face's generate; top-p is the nucleus of
 * Holtzman et al., 2019, arXiv 1904.09751. Temperature 0 takes the largest, the lowest id among equals.
 * @returns the token and its log-prob at temperature 1 over the whole vocabulary.
 * @throws Error when a logit is NaN or infinite.
 */
export const chooseToken = (
  logits: Float32Array,
  { temperature, topK, topP }: Pick<SampleOptions, 'temperature' | 'topK' | 'topP'>,
  rng: Rng,
): { token: number; logProb: number } => {
  const size = logits.length;
  let best = 0;
  for (let id = 0; id < size; id++) {
    if (!Number.isFinite(logits[id]!)) throw brokenLogit(id, logits[id]!);
    if (logits[id]! > logits[best]!) best = id;
  }
  const max = logits[best]!;
  let sum = 0;
  for (let id = 0; id < size; id++) sum += Math.exp(logits[id]! - max);
  const logProb = (token: number) => logits[token]! - max - Math.log(sum);
  if (temperature === 0) return { token: best, logProb: logProb(best) };

  const weights = new Float64Array(size);
  for (let id = 0; id < size; id++) weights[id] = Math.exp((logits[id]! - max) / temperature);
  let candidates: readonly number[] | undefined; // undefined: all, by id
  if ((topK !== undefined && topK < size) || (topP !== undefined && topP < 1)) {
    const sorted = byWeight(weights).slice(0, topK ?? size);
    candidates = topP === undefined ? sorted : sorted.slice(0, nucleus(weights, sorted, topP));
  }
  const token = draw(weights, candidates, rng.next());
  return { token, logProb: logProb(token) };
};

/** The id at which the running sum of weights passes the share u in [0, 1) of their total. */
const draw = (weights: Float64Array, candidates: readonly number[] | undefined, u: number): number => {
  const length = candidates?.length ?? weights.length;
  const id = (i: number) => (candidates ? candidates[i]! : i);
  let total = 0;
  for (let i = 0; i < length; i++) total += weights[id(i)]!;
  let left = u * total;
  let last = id(0);
  for (let i = 0; i < length; i++) {
    const weight = weights[id(i)]!;
    if (weight === 0) continue;
    last = id(i);
    left -= weight;
    if (left < 0) break;
  }
  return last;
};
