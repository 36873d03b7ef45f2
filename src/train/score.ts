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

/**
 * Scores trees under a network that does not change, `batchSize` trees at a time: how a reference and a guide become constants, so that
 * no second model lives on the device while training.
 * @returns log-probs in entry order, by tree id
 */
export const scoreTrees = async (
  network: Network,
  trees: readonly PreferenceTree[],
  batchSize: number,
  between: (done: number) => Promise<void>,
): Promise<Map<string, Float32Array>> => {
  const scores = new Map<string, Float32Array>();
  for (let start = 0; start < trees.length; start += batchSize) {
    const batch = packForest(trees.slice(start, start + batchSize), { pad: 'buckets' });
    const logProb = await scoreOne(network, batch);
    unpackEntries(batch, logProb).forEach((values, i) => {
      scores.set(batch.trees[i]!.id, values);
    });
    await between(Math.min(trees.length, start + batchSize));
  }
  return scores;
};
