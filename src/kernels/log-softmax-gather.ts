import type { Tensor, Tensor1D, Tensor2D } from '../tf';
import { hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import type { EntryTensors } from './entry-tensors';
import type { EntryName } from './log-prob-passes';
import { entryNames, entryResults, logitsGradient, rowStats, softmaxCoefficients } from './log-prob-passes';
import { defineOp, useHost, useShaders } from './op';

export interface LogProbs {
  /** Per entry. */
  logProb: Tensor1D; // [M]
  /** Per step, the weighted sum over its entries. */
  stepSum: Tensor1D; // [S]
  /** Per row of `entries.rows`, natural logarithm. */
  logSumExp: Tensor1D; // [R]
}

const logSoftmaxGatherOp = defineOp<'logits' | EntryName>({
  name: 'LogSoftmaxGather',
  inputs: ['logits', ...entryNames],
  forward: (inputs) => {
    const { logits } = inputs;
    const stats = rowStats(logits, logits.shape[0]!, logits.shape[1]!);
    return [...entryResults(inputs, stats, logits), stats];
  },
  saveOutputs: [3],
  backward: (dy, { inputs, outputs }) => ({
    logits: () => {
      const { g, coef } = softmaxCoefficients(dy, inputs, outputs[3]!);
      const dLogits = toTensor(logitsGradient(inputs.logits, g, coef, inputs));
      tf.dispose([toTensor(g), toTensor(coef)]);
      return dLogits;
    },
  }),
});

/** The same as loops over the tensors' own memory, summing in double precision. */
const logSoftmaxGatherHost = defineOp<'logits' | EntryName>({
  name: 'LogSoftmaxGatherHost',
  backends: ['wasm', 'cpu'],
  inputs: ['logits', ...entryNames],
  forward: ({ logits, row, target, weight, stepStart }) => {
    const [R, V] = logits.shape as [number, number];
    const [M, S] = [row.shape[0]!, stepStart.shape[0]! - 1];
    const outputs = [makeHostInfo([M]), makeHostInfo([S]), makeHostInfo([R]), makeHostInfo([R, 2])] as const;
    const [logProb, stepSum, logSumExp, stats] = [
      hostFloats(outputs[0]),
      hostFloats(outputs[1]),
      hostFloats(outputs[2]),
      hostFloats(outputs[3]),
    ];
    const [x, w] = [hostFloats(logits), hostFloats(weight)];
    const [rowOf, targetOf, start] = [hostInts(row), hostInts(target), hostInts(stepStart)];
    for (let r = 0; r < R; r++) {
      const at = r * V;
      let top = -Infinity;
      for (let v = 0; v < V; v++) top = Math.max(top, x[at + v]!);
      let sum = 0;
      for (let v = 0; v < V; v++) sum += Math.exp(x[at + v]! - top);
      stats[2 * r] = top;
      stats[2 * r + 1] = Math.log(sum);
      logSumExp[r] = top + Math.log(sum);
    }
    for (let m = 0; m < M; m++) {
      const r = rowOf[m]!;
      logProb[m] = x[r * V + targetOf[m]!]! - stats[2 * r]! - stats[2 * r + 1]!;
    }
    for (let s = 0; s < S; s++) {
      let sum = 0;
      for (let m = start[s]!; m < start[s + 1]!; m++) sum += w[m]! * logProb[m]!;
      stepSum[s] = sum;
    }
    return [...outputs];
  },
  saveOutputs: [3],
  backward: ([dLogProb, dStepSum, dLogSumExp], { inputs, outputs }) => ({
    logits: () => {
      const [R, V] = inputs.logits.shape as [number, number];
      const info = makeHostInfo([R, V]);
      const out = hostFloats(info);
      const [x, stats, w] = [hostFloats(inputs.logits), hostFloats(outputs[3]!), hostFloats(inputs.weight)];
      const [dEntry, dStep, dRow] = [hostFloats(dLogProb!), hostFloats(dStepSum!), hostFloats(dLogSumExp!)];
      const [target, step] = [hostInts(inputs.target), hostInts(inputs.step)];
      const [start, list] = [hostInts(inputs.rowStart), hostInts(inputs.rowEntries)];
      const gradientOf = (m: number) => dEntry[m]! + (step[m]! >= 0 ? w[m]! * dStep[step[m]!]! : 0);
      for (let r = 0; r < R; r++) {
        let coef = -dRow[r]!;
        for (let i = start[r]!; i < start[r + 1]!; i++) coef += gradientOf(list[i]!);
        const at = r * V;
        if (coef === 0) out.fill(0, at, at + V);
        else {
          const [top, logSum] = [stats[2 * r]!, stats[2 * r + 1]!];
          for (let v = 0; v < V; v++) out[at + v] = -coef * Math.exp(x[at + v]! - top - logSum);
        }
        for (let i = start[r]!; i < start[r + 1]!; i++) {
          const m = list[i]!;
          out[at + target[m]!] = out[at + target[m]!]! + gradientOf(m);
        }
      }
      return toTensor(info);
    },
  }),
});

/** [count, depth], 1 where indices[i] = column; also for a depth of 1, which tf.oneHot refuses. */
export const oneHot = (indices: Tensor1D, depth: number): Tensor2D =>
  tf.cast(tf.equal(tf.expandDims(indices, 1), tf.range(0, depth, 1, 'int32')), 'float32') as Tensor2D;

/**
 * The twin in tfjs operations, differentiated by tfjs on every backend. Gathers are products with one-hot matrices,
 * because tf.gatherND has no gradient and that of tf.gather does not run on wasm.
 */
export const logSoftmaxGatherPlain = (logits: Tensor2D, entries: EntryTensors): LogProbs => {
  const [R, V] = logits.shape;
  const S = entries.stepStart.shape[0] - 1;
  const logSoftmax: Tensor2D = tf.logSoftmax(logits); // [R, V]
  const atRow = tf.matMul(oneHot(entries.row, R), logSoftmax); // [M, V]
  const logProb: Tensor1D = tf.sum(tf.mul(atRow, oneHot(entries.target, V)), 1); // [M]
  const weighted = tf.expandDims(tf.mul(logProb, entries.weight), 1) as Tensor2D; // [M, 1]
  const stepSum = tf.reshape(tf.matMul(oneHot(entries.step, S), weighted, true, false), [S]) as Tensor1D;
  return { logProb, stepSum, logSumExp: tf.logSumExp(logits, 1) as Tensor1D };
};

/** @throws Error when a list of the entries has the wrong type or length. */
export const checkEntries = (op: string, entries: EntryTensors) => {
  const M = entries.row.shape[0];
  for (const name of ['target', 'rowEntries', 'step'] as const) {
    checkTensor(op, `entries.${name}`, entries[name], [M], 'int32');
  }
  checkTensor(op, 'entries.row', entries.row, [-1], 'int32');
  checkTensor(op, 'entries.weight', entries.weight, [M]);
  checkTensor(op, 'entries.rows', entries.rows, [-1], 'int32');
  checkTensor(op, 'entries.rowStart', entries.rowStart, [entries.rows.shape[0] + 1], 'int32');
  checkTensor(op, 'entries.stepStart', entries.stepStart, [-1], 'int32');
};

/** Results where no row is scored: zeros with gradient 0. */
export const emptyResults = (source: Tensor, entries: EntryTensors): LogProbs => {
  const nothing = tf.mul(tf.sum(source), 0);
  const zeros = (n: number) => tf.mul(tf.zeros([n]), nothing) as Tensor1D;
  return {
    logProb: zeros(entries.row.shape[0]),
    stepSum: zeros(entries.stepStart.shape[0] - 1),
    logSumExp: zeros(entries.rows.shape[0]),
  };
};

/**
 * log softmax(logits) at the entries, and its weighted sums per step. Row r of the logits belongs to position
 * entries.rows[r]; entries.row indexes it. Differentiable in the logits through all three results.
 * @param logits [R, V]
 * @throws Error when shapes or dtypes do not fit.
 */
export const logSoftmaxGather = (logits: Tensor2D, entries: EntryTensors): LogProbs => {
  checkEntries('logSoftmaxGather', entries);
  checkTensor('logSoftmaxGather', 'logits', logits, [entries.rows.shape[0], -1]);
  const fast = useShaders() ? logSoftmaxGatherOp : useHost() ? logSoftmaxGatherHost : undefined;
  if (!fast) return logSoftmaxGatherPlain(logits, entries);
  if (logits.size === 0) return emptyResults(logits, entries);
  return withLists(entries, (lists) => fast({ logits, ...lists }, {}));
};

/** Runs f with at least one entry and one step (a kernel has no empty outputs) and names its results. */
export const withLists = (entries: EntryTensors, f: (entries: EntryTensors) => Tensor[]): LogProbs => {
  const [noEntry, noStep] = [entries.row.shape[0] === 0, entries.stepStart.shape[0] < 2];
  let lists = entries;
  if (noEntry) {
    const zero = tf.tensor1d([0], 'int32');
    const padding = {
      row: zero,
      target: zero,
      rowEntries: zero,
      step: tf.tensor1d([-1], 'int32'),
      weight: tf.tensor1d([0]),
    };
    lists = { ...lists, ...padding };
  }
  if (noStep) lists = { ...lists, stepStart: tf.tensor1d([0, 0], 'int32') };
  const [logProb, stepSum, logSumExp] = f(lists) as [Tensor1D, Tensor1D, Tensor1D];
  const none = () => tf.tensor1d([], 'float32');
  return { logProb: noEntry ? none() : logProb, stepSum: noStep ? none() : stepSum, logSumExp };
};
