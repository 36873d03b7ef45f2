import type { SampleOptions } from '../search/pipeline';
import { fallingOrder } from '../util/falling-order';
import type { Rng } from '../util/rng';

interface Limits {
  topK?: number | undefined;
  topP?: number | undefined;
}

/** The ids that top-k and then top-p leave, in order of falling weight, lower id first among equals; at least one. */
export const candidatesOf = (weights: Float64Array, { topK, topP }: Limits): Uint32Array => {
  const kept = fallingOrder(weights).subarray(0, topK);
  if (topP === undefined) return kept;
  let total = 0;
  for (let i = 0; i < kept.length; i++) total += weights[kept[i]!]!;
  let sum = 0;
  for (let i = 0; i < kept.length; i++) {
    sum += weights[kept[i]!]!;
    if (sum >= topP * total) return kept.subarray(0, i + 1);
  }
  return kept;
};

/** What to say of a logit that is NaN or infinite. */
export const brokenLogit = (id: number, value: number | string): Error =>
  new Error(
    `The model's logit for token ${id} is ${value}. Its weights are broken; load it again or go back to a checkpoint.`,
  );

export interface Chosen {
  token: number;
  /** At temperature 1 over the whole vocabulary. */
  logProb: number;
  /** Under the distribution that it was drawn from: temperature, top-k and top-p included. 0 where nothing was drawn. */
  proposalLogProb: number;
}

let scratch = new Float64Array(0);
/** Room for a row's weights, whose content is no one's between two calls. */
const weightsFor = (size: number): Float64Array => {
  if (scratch.length !== size) scratch = new Float64Array(size);
  return scratch;
};

/**
 * Chooses the next token from one row of logits [V], in double precision on the CPU, so that a seed means the same on
 * every backend. Temperature, then top-k, then top-p, in the order of Hugging Face's generate; top-p is the nucleus of
 * Holtzman et al., 2019, arXiv 1904.09751. Temperature 0 takes the largest, the lowest id among equals.
 * @throws Error when a logit is NaN or infinite.
 */
export const chooseToken = (
  logits: Float32Array,
  { temperature, topK, topP }: Pick<SampleOptions, 'temperature' | 'topK' | 'topP'>,
  rng: Rng,
): Chosen => {
  const size = logits.length;
  let best = 0;
  for (let id = 0; id < size; id++) {
    if (!Number.isFinite(logits[id]!)) throw brokenLogit(id, logits[id]!);
    if (logits[id]! > logits[best]!) best = id;
  }
  const max = logits[best]!;
  const weights = weightsFor(size);
  let sum = 0;
  for (let id = 0; id < size; id++) {
    weights[id] = Math.exp(logits[id]! - max);
    sum += weights[id]!;
  }
  const logProb = (token: number) => logits[token]! - max - Math.log(sum);
  if (temperature === 0) return { token: best, logProb: logProb(best), proposalLogProb: 0 };

  if (temperature !== 1) {
    for (let id = 0; id < size; id++) weights[id] = Math.exp((logits[id]! - max) / temperature);
  }
  const limited = (topK !== undefined && topK < size) || (topP !== undefined && topP < 1);
  const candidates = limited ? candidatesOf(weights, { topK, topP }) : undefined; // undefined: all, by id
  const { token, total } = draw(weights, candidates, rng.next());
  return {
    token,
    logProb: logProb(token),
    proposalLogProb: (logits[token]! - max) / temperature - Math.log(total),
  };
};

/** The id at which the running sum of weights passes the share u in [0, 1) of their total, and that total. */
const draw = (
  weights: Float64Array,
  candidates: Uint32Array | undefined,
  u: number,
): { token: number; total: number } => {
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
  return { token: last, total };
};
