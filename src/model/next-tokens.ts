import { tf } from '../tf';
import type { Network } from './network';
import { logitsAfter } from './prefill';
import { projectForDecoding } from './project';

/** A token and its probability. */
export interface Likely {
  id: number;
  p: number;
}

/** The likeliest tokens of a row of logits [V], the likeliest first, and those that are asked about; in double precision. */
export const likelyOf = (
  logits: Float32Array,
  top: number,
  named: readonly number[] = [],
): { likeliest: Likely[]; named: Likely[] } => {
  const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - max);
  const likely = (id: number): Likely => ({ id, p: Math.exp(logits[id]! - max) / sum });
  const best: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (best.length >= top && logits[id]! <= logits[best.at(-1)!]!) continue;
    let at = best.length;
    while (at > 0 && logits[best[at - 1]!]! < logits[id]!) at--;
    best.splice(at, 0, id);
    if (best.length > top) best.pop();
  }
  return { likeliest: best.map(likely), named: named.map(likely) };
};

/** Numbers of logits that are read at once at most. */
export const MOST_LOGITS = 2 ** 22;

/**
 * What a network finds likely after each prefix.
 * @param top how many of the likeliest
 * @param named ids that are asked about, a list to a prefix
 * @throws Error naming a prefix that is empty or too long, or a token that there is not
 */
export const nextTokens = async (
  network: Network,
  prefixes: readonly (readonly number[])[],
  { top, named = [] }: { top: number; named?: readonly (readonly number[])[] },
  between: () => Promise<void>,
): Promise<ReturnType<typeof likelyOf>[]> => {
  const { vocabSize, maxPositions } = network.config;
  for (const [i, prefix] of prefixes.entries()) {
    if (prefix.length === 0 || prefix.length > maxPositions)
      throw new Error(
        `Prefix ${i} has ${prefix.length} tokens; this model reads 1 to ${maxPositions} at once.`,
      );
    const outside = [...prefix, ...(named[i] ?? [])].find(
      (id) => !Number.isInteger(id) || id < 0 || id >= vocabSize,
    );
    if (outside !== undefined)
      throw new Error(
        `Prefix ${i} is asked about token ${outside}; this model's vocabulary is 0 to ${vocabSize - 1}.`,
      );
  }
  const { project, dispose } = projectForDecoding(network);
  const most = Math.max(1, Math.min(32, Math.floor(MOST_LOGITS / vocabSize)));
  const found: ReturnType<typeof likelyOf>[] = [];
  try {
    for (let start = 0; start < prefixes.length; start += most) {
      const group = prefixes.slice(start, start + most);
      const logits = tf.tidy(() => logitsAfter({ network, config: network.config, project }, group));
      const values = (await logits.data()) as Float32Array;
      logits.dispose();
      group.forEach((_, i) => {
        found.push(likelyOf(values.subarray(i * vocabSize, (i + 1) * vocabSize), top, named[start + i]));
      });
      await between();
    }
  } finally {
    dispose();
  }
  return found;
};
