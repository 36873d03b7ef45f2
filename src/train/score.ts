import { takeRows } from '../kernels/take-rows';
import type { Head } from '../methods/objective';
import type { Network } from '../model/network';
import { forwardHidden, scoreBatch, uploadBatch } from '../model/transformer';
import type { Tensor } from '../tf';
import { readFloats, tf } from '../tf';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import { unpackRowValues } from '../tree/scored-rows';
import { unpackEntries } from '../tree/split-entries';
import type { PreferenceTree } from '../tree/tree';
import { policyScores } from './policy-scores';
import type { FrozenReading } from './tree-numbers';

const readOnce = async (compute: () => Tensor): Promise<Float32Array> => {
  const values = tf.tidy(compute);
  try {
    return await readFloats(values);
  } finally {
    values.dispose();
  }
};

/** Log-probs per entry [M] of one packed batch under this network, without gradients. */
export const scoreOne = (network: Network, batch: PackedBatch): Promise<Float32Array> =>
  readOnce(() => scoreBatch(network, uploadBatch(batch, network.config)).logProb);

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

/** What is read of a frozen model: `head` is the head, `eos` the token whose log-prob is its "stop". */
export interface Reading {
  read: FrozenReading;
  head?: Head | undefined;
  eos?: number | undefined;
}

/** Values of a head, one array a tree. */
const unpackHead = (batch: PackedBatch, at: Head['at'], values: Float32Array): Float32Array[] => {
  if (at === 'state') return unpackEntries(batch, values);
  return batch.trees.map((_, t) => {
    const items =
      at === 'step' ? batch.steps.map(({ response }) => response) : batch.responses.map((_r, r) => r);
    return values.filter((_v, i) => batch.responses[items[i]!]!.tree === t);
  });
};

/** Final hidden states of the scored rows, one array a tree: [rows, d]. */
const readStates = async (network: Network, batch: PackedBatch): Promise<Float32Array[]> => {
  const values = await readOnce(() => {
    const tensors = uploadBatch(batch, network.config);
    return takeRows(forwardHidden(network, tensors), tensors.entries.rows).clone();
  });
  return unpackRowValues(batch, values, network.config.hiddenSize);
};

/** One packed batch read as asked, one array a tree. */
const readBatch = async (
  network: Network,
  group: readonly PreferenceTree[],
  { read, head, eos }: Reading,
): Promise<Float32Array[]> => {
  const stop = read === 'stop';
  const batch = packForest(group, { checked: true, ...(stop && eos !== undefined && { stop: eos }) });
  if (read === 'hidden') return readStates(network, batch);
  if (read === 'logProb') return unpackEntries(batch, await scoreOne(network, batch));
  const reads = { ...(stop && { stop: true as const }), ...(head && { head }) };
  const values = await readOnce(() => {
    const scores = policyScores(network, batch, uploadBatch(batch, network.config), reads);
    return (stop ? scores.stop : scores.head)!;
  });
  return stop ? unpackEntries(batch, values) : unpackHead(batch, head!.at, values);
};

/**
 * Scores trees under a network that does not change: how reference, guide and reward model become constants, so that no
 * second model lives on the device while training.
 * @returns log-probs in entry order, values at the head's grain, or hidden states of the scored rows, by tree id
 */
export const scoreTrees = async (
  network: Network,
  trees: readonly PreferenceTree[],
  between: (done: number) => Promise<void>,
  reading: Reading = { read: 'logProb' },
): Promise<Map<string, Float32Array>> => {
  const scores = new Map<string, Float32Array>();
  let done = 0;
  for (const group of scoreBatches(trees)) {
    const values = await readBatch(network, group, reading);
    group.forEach(({ id }, i) => void scores.set(id, values[i]!));
    done += group.length;
    await between(done);
  }
  return scores;
};
