import type { Tensor, Tensor2D, TensorInfo } from '../tf';
import { tf, toTensor } from '../tf';
import { checkTensor } from './check';
import type { EntryTensors } from './entry-tensors';
import { linear, linearPlain } from './linear';
import type { EntryName } from './log-prob-passes';
import { addTargets, entryNames, entryResults, rowStats, softmaxCoefficients } from './log-prob-passes';
import type { LogProbs } from './log-softmax-gather';
import {
  checkEntries,
  emptyResults,
  logSoftmaxGather,
  logSoftmaxGatherPlain,
  oneHot,
  withLists,
} from './log-softmax-gather';
import { defineOp, useHost, useShaders } from './op';
import type { PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { shareGradients } from './share-gradients';
import { gatherRows, scatterRows, takeRows } from './take-rows';
import type { HeadInfo, PackedFacts } from './vocabulary-chunks';
import {
  ChunkGradients,
  chunkColumns,
  chunkLogits,
  eachChunk,
  freeInfos,
  packedFacts,
} from './vocabulary-chunks';
import { fitsWhole } from './window';

export interface LinearLogProbOptions {
  /**
   * 'kept': the logits [R, V] are stored between the passes (3 products). 'streamed': they exist one chunk of the
   * vocabulary at a time and are computed again for the gradient (4 products). Default: by size, see `keepsLogits`.
   */
  logits?: 'kept' | 'streamed';
}

/** Logits up to 8 MiB, or of a small vocabulary, are kept: recomputing them costs a third more arithmetic. */
export const keepsLogits = (rows: number, vocabulary: number): boolean =>
  vocabulary <= 1024 || rows * vocabulary <= 1 << 21;

/** Hidden states of the scored rows [R, d]; the hidden states themselves when every row is scored. */
const withScoredRows = <T>(hidden: TensorInfo, rows: TensorInfo, f: (scored: TensorInfo) => T): T => {
  if (rows.shape[0] === hidden.shape[0]) return f(hidden);
  const scored = gatherRows(hidden, rows);
  const result = f(scored);
  freeInfos(scored);
  return result;
};

/** dHidden [N, d] from that of the scored rows. */
const toAllRows = (dScored: TensorInfo, rows: TensorInfo, size: number): Tensor => {
  if (rows.shape[0] === size) return toTensor(dScored);
  const all = toTensor(scatterRows(dScored, rows, size));
  freeInfos(dScored);
  return all;
};

type Input = 'hidden' | 'head' | 'values' | 'scales' | EntryName;
type HeadAttrs = { packed: PackedFacts };

/** Logits streamed: outputs the three results and (max, log sum). `weight` names the inputs that make up the head. */
const makeStreamed = (weight: readonly ('head' | 'values' | 'scales')[]) => {
  const headOf = (inputs: Record<Input, TensorInfo>, { packed }: HeadAttrs): HeadInfo =>
    packed ? { ...packed, values: inputs.values, scales: inputs.scales } : inputs.head;
  return defineOp<Input, HeadAttrs>({
    name: `LinearLogProbStreamed(${weight.join(' ')})`,
    inputs: ['hidden', ...weight, ...entryNames],
    forward: (inputs, attrs) =>
      withScoredRows(inputs.hidden, inputs.rows, (scored) => {
        const head = headOf(inputs, attrs);
        const [R, V] = [scored.shape[0]!, head.shape[0]!];
        let stats: TensorInfo | undefined;
        let logits: TensorInfo | undefined;
        eachChunk([head], chunkColumns(R, V), (first, n) => {
          logits = chunkLogits(scored, head, [first, n], logits);
          stats = rowStats(logits, R, n, stats, stats !== undefined);
        });
        freeInfos(logits!);
        return [...entryResults(inputs, stats!, scored, head), stats!];
      }),
    saveOutputs: [3],
    backward: (dy, { inputs, outputs }, attrs, wanted) =>
      shareGradients(['hidden', 'head'], wanted, (want) => {
        const { hidden, rows } = inputs;
        const head = headOf(inputs, attrs);
        const [R, V] = [rows.shape[0]!, head.shape[0]!];
        const { g, coef } = softmaxCoefficients(dy, inputs, outputs[3]!);
        return withScoredRows(hidden, rows, (scored) => {
          let dLogits: TensorInfo | undefined;
          const sums = new ChunkGradients({ hidden: scored, head }, want);
          eachChunk([head], chunkColumns(R, V), (first, n) => {
            dLogits = chunkLogits(scored, head, [first, n], dLogits, coef);
            addTargets(dLogits, g, coef, inputs, { first, width: n });
            sums.add(dLogits, [first, n]);
          });
          freeInfos(g, coef, dLogits!);
          return {
            ...(sums.hidden ? { hidden: toAllRows(sums.hidden, rows, hidden.shape[0]!) } : {}),
            ...(sums.head ? { head: toTensor(sums.head) } : {}),
          };
        });
      }),
  }) as (inputs: Partial<Record<Input, Tensor>>, attrs: HeadAttrs) => Tensor[];
};
const streamedOps = {
  plain: makeStreamed(['head']),
  scaled: makeStreamed(['values', 'scales']),
  half: makeStreamed(['values']),
};

const streamed = (hidden: Tensor2D, head: Tensor2D | PackedMatrix, lists: EntryTensors): Tensor[] => {
  if (!isPacked(head)) return streamedOps.plain({ hidden, head, ...lists }, { packed: undefined });
  const { values, scales } = head;
  const attrs = { packed: packedFacts(head) };
  return scales
    ? streamedOps.scaled({ hidden, values, scales, ...lists }, attrs)
    : streamedOps.half({ hidden, values, ...lists }, attrs);
};

/** The twin in tfjs operations, differentiated by tfjs on every backend. */
export const linearLogProbPlain = (
  hidden: Tensor2D,
  head: Tensor2D | PackedMatrix,
  entries: EntryTensors,
): LogProbs => {
  const scored: Tensor2D = tf.matMul(oneHot(entries.rows, hidden.shape[0]), hidden); // [R, d]
  return logSoftmaxGatherPlain(linearPlain(scored, head), entries);
};

/**
 * Log-probs of the scored tokens straight from the hidden states, with their weighted sums per step:
 * logProb[m] = hidden[rows[row[m]]] . head[target[m]] - logSumExp[row[m]], stepSum[s] = sum of weight[m] logProb[m] over
 * the step's entries. Differentiable in hidden and head through all three results; what is frozen is not computed. Small
 * logits are kept between the passes, large ones are streamed over chunks of the vocabulary; sums run in a fixed order.
 * @param hidden [N, d]
 * @param head [V, d]; a packed one has no gradient
 * @returns logProb [M], stepSum [S], logSumExp [R]
 * @throws Error when shapes or dtypes do not fit.
 */
export const linearLogProb = (
  hidden: Tensor2D,
  head: Tensor2D | PackedMatrix,
  entries: EntryTensors,
  options: LinearLogProbOptions = {},
): LogProbs => {
  checkTensor('linearLogProb', 'hidden', hidden, [-1, -1]);
  if (!isPacked(head)) checkTensor('linearLogProb', 'head', head, [-1, hidden.shape[1]]);
  else if (head.shape[1] !== hidden.shape[1]) {
    throw new Error(
      `linearLogProb: head must be [*, ${hidden.shape[1]}], but is ${head.format} [${head.shape.join(', ')}].`,
    );
  }
  checkEntries('linearLogProb', entries);
  const [R, V] = [entries.rows.shape[0], head.shape[0]];
  if (R > hidden.shape[0]) {
    throw new Error(`linearLogProb: entries.rows names ${R} rows, but hidden has ${hidden.shape[0]}.`);
  }
  if (R === 0) return emptyResults(hidden, entries);
  if (useShaders()) {
    const kept = options.logits ? options.logits === 'kept' : keepsLogits(R, V) && fitsWhole(head);
    if (!kept) return withLists(entries, (lists) => streamed(hidden, head, lists));
  } else if (!useHost()) return linearLogProbPlain(hidden, head, entries);
  return logSoftmaxGather(linear(takeRows(hidden, entries.rows), head), entries);
};
