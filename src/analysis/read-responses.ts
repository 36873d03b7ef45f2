import { familyOf } from '../model/families/index';
import type { Network } from '../model/network';
import { parameterShapes } from '../model/parameters';
import { projectBy } from '../model/project';
import { forwardHidden, uploadBatch } from '../model/transformer';
import type { Tensor, Tensor2D } from '../tf';
import { readFloats, tf } from '../tf';
import { scoreBatches } from '../train/score';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import type { PreferenceTree } from '../tree/tree';

/** Positions of the scored tokens of each response of a batch. */
const positionsOf = ({ responses, steps }: PackedBatch): number[][] =>
  responses.map(({ stepStart, stepEnd }) =>
    steps.slice(stepStart, stepEnd).flatMap(({ entryStart, entryEnd, lastToken }) => {
      const length = entryEnd - entryStart;
      return Array.from({ length }, (_, t) => lastToken + 1 - length + t);
    }),
  );

export interface ReadResponse {
  tree: string;
  /** Scored tokens. */
  length: number;
  /** Mean over them of the hidden states after the final norm. [d] */
  state: Float32Array;
}

export interface Read {
  /** Of every response of every tree, in order. */
  responses: ReadResponse[];
  /** By layer: mean over all scored tokens of what enters the down projection. [f]; empty where not asked for */
  activations: Float64Array[];
}

/**
 * Reads the responses of trees under a network: their mean states, and the mean activations of the MLPs' neurons.
 * @param between awaited after every batch, with the trees done
 */
export const readResponses = async (
  network: Network,
  trees: readonly PreferenceTree[],
  between: (done: number) => Promise<void>,
  { neurons = false }: { neurons?: boolean } = {},
): Promise<Read> => {
  const { layers, hiddenSize, intermediateSize } = network.config;
  const responses: ReadResponse[] = [];
  const sums = Array.from({ length: neurons ? layers : 0 }, () => new Float64Array(intermediateSize));
  let [done, tokens] = [0, 0];
  for (const group of scoreBatches(trees)) {
    const batch = packForest(group);
    const positions = positionsOf(batch);
    const kept: Tensor[] = [];
    const means = tf.tidy(() => {
      const count = positions.length;
      const mean = new Float32Array(count * batch.size);
      const all = new Float32Array(batch.size);
      positions.forEach((own, r) => {
        for (const p of own) {
          mean[r * batch.size + p]! += 1 / own.length;
          all[p]! += 1;
        }
      });
      const weights = tf.tensor2d(all, [1, batch.size]);
      const tap = neurons
        ? {
            read: (_layer: number, activations: Tensor2D) =>
              void kept.push(tf.keep(tf.matMul(weights, activations))),
          }
        : undefined;
      const hidden = forwardHidden(
        { ...network, checkpointing: false, ...(tap && { tap }) },
        uploadBatch(batch, network.config),
      );
      return tf.matMul(tf.tensor2d(mean, [count, batch.size]), hidden); // [P, d]
    });
    const values = await readFloats(means);
    means.dispose();
    for (const [layer, sum] of kept.entries()) {
      const own = await readFloats(sum);
      sum.dispose();
      own.forEach((value, n) => {
        sums[layer]![n]! += value;
      });
    }
    positions.forEach((own, r) => {
      responses.push({
        tree: group[batch.responses[r]!.tree]!.id,
        length: own.length,
        state: values.slice(r * hiddenSize, (r + 1) * hiddenSize),
      });
      tokens += own.length;
    });
    done += group.length;
    await between(done);
  }
  return {
    responses,
    activations: sums.map((sum) => sum.map((value) => (tokens === 0 ? 0 : value / tokens))),
  };
};

/**
 * What a direction at the final hidden state is in the residual stream before the final norm, up to its length: w . norm(x)
 * falls and rises with it.
 */
export const throughFinalNorm = async (
  { config, weights }: Network,
  direction: ArrayLike<number>,
): Promise<Float64Array> => {
  const family = familyOf(config);
  const [name] = [...parameterShapes(config)].find(
    ([own, shape]) => shape.length === 1 && own.endsWith('.weight') && !own.startsWith(`${family.layers}.`),
  )!;
  const gain = await readFloats(weights.get(name) as Tensor);
  const out = Float64Array.from(gain, (g, j) => g * direction[j]!);
  // A layer norm takes the mean away first, which has a bias beside its weight; RMSNorm does not.
  if (!weights.has(name.replace(/weight$/, 'bias'))) return out;
  const mean = out.reduce((a, b) => a + b, 0) / out.length;
  return out.map((x) => x - mean);
};

/** Neurons whose columns are read at once. */
const stretch = 256;

/**
 * Value vectors of a layer's neurons: the columns of the matrix that leads out of its MLP, as the network multiplies by it, an
 * adapter's part included.
 * @returns one after another, [f, d] row-major
 */
export const valueVectors = async (
  { weights, ...network }: Network,
  layer: number,
): Promise<Float32Array> => {
  const { layers, linears } = familyOf(network.config);
  const module = `${layers}.${layer}.${linears.at(-1)!}`;
  const unbiased = new Map([...weights].filter(([name]) => name !== `${module}.bias`));
  const project = projectBy({ ...network, weights: unbiased });
  const { intermediateSize: f, hiddenSize: d } = network.config;
  const all = new Float32Array(f * d);
  for (let from = 0; from < f; from += stretch) {
    const to = Math.min(f, from + stretch);
    const picked = new Float32Array((to - from) * f);
    for (let n = from; n < to; n++) picked[(n - from) * f + n] = 1;
    const rows = tf.tidy(() => project(tf.tensor2d(picked, [to - from, f]), module));
    all.set(await readFloats(rows), from * d);
    rows.dispose();
  }
  return all;
};
