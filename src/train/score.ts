import type { Frozen, Head } from '../methods/objective';
import type { Network } from '../model/network';
import { scoreBatch, uploadBatch } from '../model/transformer';
import { readFloats, tf } from '../tf';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import { unpackEntries } from '../tree/split-entries';
import type { PreferenceTree } from '../tree/tree';

/** Log-probs per entry [M] of one packed batch under this network, without gradients. */
export const scoreOne = async (network: Network, batch: PackedBatch): Promise<Float32Array> => {
  const logProb = tf.tidy(() => scoreBatch(network, uploadBatch(batch, network.config)).logProb);
  try {
    return await readFloats(logProb);
  } finally {
    logProb.dispose();
  }
};

/** Trees that are scored together at most, and the tokens they may have together. */
const MAX_TREES = 32;
const MAX_TOKENS = 4096;

/** Trees in order, cut into batches that fit; a tree that is too long for any stands alone. */
export function* scoreBatches(trees: readonly PreferenceTree[]): Generator<PreferenceTree[]> {
  let batch: PreferenceTree[] = [];
  let tokens = 0;
  for (const tree of trees) {
    const size = tree.nodes.reduce((sum, node) => sum + node.tokens.length, 0);
    if (batch.length > 0 && (batch.length >= MAX_TREES || tokens + size > MAX_TOKENS)) {
      yield batch;
      batch = [];
      tokens = 0;
    }
    batch.push(tree);
    tokens += size;
  }
  if (batch.length > 0) yield batch;
}

/** What is read of a frozen model. */
export interface Reading {
  read: Frozen['read'];
  head?: Head | undefined;
}

/**
 * Scores trees under a network that does not change: how reference, guide and reward model become constants, so that no
 * second model lives on the device while training.
 * @returns log-probs in entry order, or values at the head's grain, by tree id
 */
export const scoreTrees = async (
  network: Network,
  trees: readonly PreferenceTree[],
  between: (done: number) => Promise<void>,
  reading: Reading = { read: 'logProb' },
): Promise<Map<string, Float32Array>> => {
  if (reading.read !== 'logProb') throw new Error(`A frozen model's ${reading.read} cannot be read yet.`);
  const scores = new Map<string, Float32Array>();
  let done = 0;
  for (const group of scoreBatches(trees)) {
    const batch = packForest(group, { pad: 'buckets', checked: true });
    const logProb = await scoreOne(network, batch);
    unpackEntries(batch, logProb).forEach((values, i) => {
      scores.set(batch.trees[i]!.id, values);
    });
    done += group.length;
    await between(done);
  }
  return scores;
};
