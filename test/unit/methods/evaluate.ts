import type { Method } from '../../../src/methods/method';
import { mainPass } from '../../../src/methods/method';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import type { Tensor1D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { lossInput, scoresFromLogProb } from '../../../src/train/inputs/loss-input';
import { packForest } from '../../../src/tree/pack';
import type { PackedBatch } from '../../../src/tree/packed-batch';
import type { PreferenceTree, TreeNode } from '../../../src/tree/tree';

export interface Evaluated {
  loss: number;
  chosenRewards: number[];
  rejectedRewards: number[];
  /** dL/dlogProb per entry. */
  gradient: number[];
}

export interface EvaluateOptions {
  params?: Params;
  guide?: ArrayLike<number>;
}

/** The loss of a method's main pass, rewards and per-entry gradient on given log-probs, without a model. */
export const evaluate = async (
  method: Method,
  batch: PackedBatch,
  logProb: ArrayLike<number>,
  reference?: ArrayLike<number>,
  options: EvaluateOptions = {},
): Promise<Evaluated> => {
  await initBackend('cpu');
  const { objective } = mainPass(method, { ...defaultParams(method), ...options.params });
  const constants = {
    ...(reference && { reference: Float32Array.from(reference) }),
    ...(options.guide && { guide: Float32Array.from(options.guide) }),
  };
  const weight = objective.coefficients?.({ batch, constants }) ?? batch.entries.weight;
  const weighed = { ...batch, entries: { ...batch.entries, weight } };
  let rewards: Float32Array | undefined;
  const { value, grad } = tf.tidy(() =>
    tf.valueAndGrad((x) => {
      const output = objective.loss(lossInput(weighed, scoresFromLogProb(weighed, x as Tensor1D), constants));
      rewards = output.rewards?.dataSync() as Float32Array | undefined;
      return output.loss;
    })(tf.tensor1d(Float32Array.from(logProb))),
  );
  const side = (of: 'chosen' | 'rejected') => (rewards ? batch.comparisons.map((c) => rewards![c[of]]!) : []);
  const result = {
    loss: value.dataSync()[0]!,
    chosenRewards: side('chosen'),
    rejectedRewards: side('rejected'),
    gradient: [...grad.dataSync()],
  };
  value.dispose();
  grad.dispose();
  return result;
};

/** A tree of one pair whose sides have so many scored tokens; `prefix` unscored and `shared` scored ones before both. */
export const pairOf = (
  id: string,
  chosen: number,
  rejected: number,
  { prefix = 0, shared = 0 } = {},
): PreferenceTree => {
  const nodes: TreeNode[] = [{ parent: -1, tokens: [1, 2], role: 'prompt', scored: false }];
  const add = (parent: number, length: number, scored: boolean) =>
    length === 0
      ? parent
      : nodes.push({ parent, tokens: Array.from({ length }, (_, i) => 3 + i), role: 'step', scored }) - 1;
  const before = add(add(0, prefix, false), shared, true);
  const responses = [{ leaf: add(before, chosen, true) }, { leaf: add(before, rejected, true) }];
  return { id, nodes, responses, comparisons: [{ chosen: 0, rejected: 1 }] };
};

/** Two pairs, of 2 and 3, and of 4 and 1 tokens, without padding: entries 0-1, 2-4, 5-8, 9. */
export const twoPairs = (): PackedBatch =>
  packForest([pairOf('a', 2, 3), pairOf('b', 4, 1)], { pad: 'none' });

/** dL/dlogProb by central differences. */
export const finiteDifferences = async (
  loss: (logProb: number[]) => Promise<number>,
  logProb: readonly number[],
  h = 0.02,
): Promise<number[]> => {
  const result: number[] = [];
  for (let i = 0; i < logProb.length; i++) {
    const at = (d: number) => loss(logProb.map((x, j) => (j === i ? x + d : x)));
    result.push(((await at(h)) - (await at(-h))) / (2 * h));
  }
  return result;
};
