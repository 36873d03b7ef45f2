import type { Tensor, Tensor1D, Tensor2D, TensorInfo } from '../tf';
import { tf, toTensor } from '../tf';
import { defineOp } from './op';
import type { PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { shareGradients } from './share-gradients';
import type { HeadInfo, PackedFacts } from './vocabulary-chunks';
import {
  ChunkGradients,
  chunkColumns,
  chunkLogits,
  eachChunk,
  freeInfos,
  packedFacts,
} from './vocabulary-chunks';

/** Hidden states [R, d] and the head [V, d] that turns them into logits. */
export interface Side {
  hidden: Tensor2D;
  head: Tensor2D | PackedMatrix;
}

/** What is known of each row so far, on the device. */
export interface RowResults {
  /** One number a row. */
  value: TensorInfo; // [R]
  /** What the fold and the gradient go by. */
  stats: TensorInfo;
}

/** One number for each row of logits, by dispatches over chunks of the vocabulary: for `streamedRows`. */
export interface RowStatistic {
  /** Unique among the operations. */
  name: string;
  /**
   * Folds a chunk of logits [R, n] into the results so far, in place.
   * @param reference the same columns of the other side's logits, where there is one
   */
  fold(logits: TensorInfo, reference: TensorInfo | undefined, size: ChunkSize, into?: RowResults): RowResults;
  /** Turns a chunk of logits into their gradient, in place. */
  gradient(
    logits: TensorInfo,
    reference: TensorInfo | undefined,
    size: ChunkSize,
    of: RowResults & { dy: TensorInfo },
  ): void;
}

export interface ChunkSize {
  rows: number;
  /** Columns of the chunk; its buffer may be wider. */
  width: number;
}

/** Twice as fine as for log-probs alone: up to two sides have a chunk each, in both passes. */
const SHARE = 1 / 64;

const policyParts = ['head', 'values', 'scales'] as const;
const referenceParts = ['refHead', 'refValues', 'refScales'] as const;
type Input = 'hidden' | 'refHidden' | (typeof policyParts)[number] | (typeof referenceParts)[number];
type Inputs = Partial<Record<Input, TensorInfo>>;
interface Attrs {
  packed: PackedFacts;
  refPacked: PackedFacts;
}

const sidesOf = (inputs: Inputs, { packed, refPacked }: Attrs) => {
  const head = (
    facts: PackedFacts,
    [plain, values, scales]: typeof policyParts | typeof referenceParts,
  ): HeadInfo => (facts ? { ...facts, values: inputs[values]!, scales: inputs[scales] } : inputs[plain]!);
  return {
    policy: { hidden: inputs.hidden!, head: head(packed, policyParts) },
    reference: inputs.refHidden && { hidden: inputs.refHidden, head: head(refPacked, referenceParts) },
  };
};

/** Logits of both sides chunk by chunk; the two buffers are freed at the end. */
const eachLogits = (
  { policy, reference }: ReturnType<typeof sidesOf>,
  f: (
    logits: TensorInfo,
    refLogits: TensorInfo | undefined,
    chunk: readonly [first: number, n: number],
  ) => void,
) => {
  const [R, V] = [policy.hidden.shape[0]!, policy.head.shape[0]!];
  let own: TensorInfo | undefined;
  let other: TensorInfo | undefined;
  const heads = [policy.head, ...(reference ? [reference.head] : [])];
  eachChunk(heads, chunkColumns(R, V, SHARE), (...chunk) => {
    own = chunkLogits(policy.hidden, policy.head, chunk, own);
    if (reference) other = chunkLogits(reference.hidden, reference.head, chunk, other);
    f(own, other, chunk);
  });
  freeInfos(own, other);
};

const make = (statistic: RowStatistic, names: readonly Input[]) =>
  defineOp<Input, Attrs>({
    name: `${statistic.name}(${names.join(' ')})`,
    inputs: names,
    forward: (inputs, attrs) => {
      const sides = sidesOf(inputs, attrs);
      let results: RowResults | undefined;
      eachLogits(sides, (logits, reference, [, width]) => {
        const size = { rows: sides.policy.hidden.shape[0]!, width };
        results = statistic.fold(logits, reference, size, results);
      });
      return [results!.value, results!.stats];
    },
    saveOutputs: [0, 1],
    backward: ([dy], { inputs, outputs: [value, stats] }, attrs, wanted) => ({
      ...shareGradients(['hidden', 'head'], wanted, (want) => {
        const sides = sidesOf(inputs, attrs);
        const sums = new ChunkGradients(sides.policy, want);
        eachLogits(sides, (logits, reference, chunk) => {
          const size = { rows: sides.policy.hidden.shape[0]!, width: chunk[1] };
          statistic.gradient(logits, reference, size, { dy: dy!, value: value!, stats: stats! });
          sums.add(logits, chunk);
        });
        return {
          ...(sums.hidden ? { hidden: toTensor(sums.hidden) } : {}),
          ...(sums.head ? { head: toTensor(sums.head) } : {}),
        };
      }),
      // The other side is a constant, also where its tensors are those of the policy.
      refHidden: () => tf.zerosLike(inputs.refHidden),
      refHead: () => tf.zerosLike(inputs.refHead),
    }),
  }) as (inputs: Partial<Record<Input, Tensor>>, attrs: Attrs) => Tensor[];

const partsOf = (head: Side['head'], [plain, values, scales]: typeof policyParts | typeof referenceParts) =>
  isPacked(head)
    ? { [values]: head.values, ...(head.scales ? { [scales]: head.scales } : {}) }
    : { [plain]: head };

/**
 * The operation that computes a statistic of the logits of each row on our own GPU, with no [R, V] stored: forward and
 * backward compute the logits of a chunk of the vocabulary at a time. Differentiable in the policy's hidden states and in its
 * head unless that is packed; the reference is constant.
 */
export const streamedRows = (statistic: RowStatistic): ((policy: Side, reference?: Side) => Tensor1D) => {
  const ops = new Map<string, ReturnType<typeof make>>();
  return (policy, reference) => {
    const inputs: Partial<Record<Input, Tensor>> = {
      hidden: policy.hidden,
      ...partsOf(policy.head, policyParts),
      ...(reference ? { refHidden: reference.hidden, ...partsOf(reference.head, referenceParts) } : {}),
    };
    const names = Object.keys(inputs) as Input[];
    const key = names.join(' ');
    let op = ops.get(key);
    if (!op) {
      op = make(statistic, names);
      ops.set(key, op);
    }
    const attrs = {
      packed: packedFacts(policy.head),
      refPacked: reference && packedFacts(reference.head),
    };
    const [value, stats] = op(inputs, attrs);
    stats!.dispose(); // the tape has a handle of its own
    return value as Tensor1D;
  };
};
