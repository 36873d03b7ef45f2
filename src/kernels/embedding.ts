import gradCode from '../../shaders/embedding-grad.wgsl?raw';
import type { BackendName, Tensor, Tensor1D, Tensor2D } from '../tf';
import { gpu, hostFloats, hostInts, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid } from './dispatch';
import { gatherByShader, gatherOnHost, unpackMatrix } from './gather-packed';
import { defineOp, useHost, useShaders } from './op';
import type { PackedInfo, PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { rowParts, rowWindow } from './window';
import './wide-arithmetic'; // gradients of a tied table are added

/** Positions by token: those of token t are index[start[t] .. start[t + 1]), ascending. */
export interface EmbeddingOrder<T> {
  start: T; // [V + 1]
  index: T; // [N]
}

/**
 * The positions of each token, for the gradient of `embedding`.
 * @throws RangeError when a token is not in [0, vocabSize).
 */
export const embeddingOrder = (tokens: Int32Array, vocabSize: number): EmbeddingOrder<Int32Array> => {
  const start = new Int32Array(vocabSize + 1);
  tokens.forEach((token, n) => {
    if (token < 0 || token >= vocabSize) {
      throw new RangeError(
        `tokens[${n}] is ${token}, outside the vocabulary of ${vocabSize}; the tokenizer does not fit the model.`,
      );
    }
    start[token + 1]!++;
  });
  for (let t = 0; t < vocabSize; t++) start[t + 1]! += start[t]!;
  const next = start.slice();
  const index = new Int32Array(tokens.length);
  tokens.forEach((token, n) => {
    index[next[token]!++] = n;
  });
  return { start, index };
};

/** Uploads an order; the caller disposes it (or runs inside tf.tidy). */
export const uploadEmbeddingOrder = (order: EmbeddingOrder<Int32Array>): EmbeddingOrder<Tensor1D> => ({
  start: tf.tensor1d(order.start, 'int32'),
  index: tf.tensor1d(order.index, 'int32'),
});

/** start and index are the tokens again when there is no order. */
type Input = 'table' | 'tokens' | 'start' | 'index';
interface Attrs {
  ordered: boolean;
  vocab: number;
}

const embeddingOp = defineOp<Input, Attrs>({
  name: 'Embedding',
  inputs: ['table', 'tokens', 'start', 'index'],
  forward: ({ table, tokens }) => [gatherByShader(table, tokens)],
  saveInputs: ['start', 'index'],
  backward: ([dy], { inputs: { start, index } }, { ordered, vocab }) => ({
    table: () => {
      const [n, width] = dy!.shape as [number, number];
      const grad = gpu().makeTensorInfo([vocab, width], 'float32');
      for (const { first, count } of rowParts(grad)) {
        const { buffers, begin } = rowWindow(grad, first, count);
        dispatch({
          label: 'embedding gradient',
          code: gradCode,
          entryPoint: ordered ? 'ordered' : 'unordered',
          inputs: [dy!, index, start],
          outputs: [buffers[0]],
          uniforms: [n, width, first, count, begin],
          workgroups: grid(Math.ceil((count * width) / 64)),
        });
      }
      return toTensor(grad);
    },
  }),
});

const embeddingHost = defineOp<'table' | 'tokens', { vocab: number }>({
  name: 'EmbeddingHost',
  backends: ['wasm', 'cpu'],
  inputs: ['table', 'tokens'],
  forward: ({ table, tokens }) => {
    const [n, width] = [tokens.shape[0]!, table.shape[1]!];
    const y = makeHostInfo([n, width]);
    const [from, to, ids] = [hostFloats(table), hostFloats(y), hostInts(tokens)];
    for (let i = 0; i < n; i++) to.set(from.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
    return [y];
  },
  saveInputs: ['tokens'],
  backward: ([dy], { inputs: { tokens } }, { vocab }) => ({
    table: () => {
      const [n, width] = dy!.shape as [number, number];
      const grad = makeHostInfo([vocab, width]);
      const [from, to, ids] = [hostFloats(dy!), hostFloats(grad), hostInts(tokens)];
      to.fill(0);
      for (let i = 0; i < n; i++) {
        const [a, b] = [i * width, ids[i]! * width];
        for (let c = 0; c < width; c++) to[b + c] = to[b + c]! + from[a + c]!;
      }
      return toTensor(grad);
    },
  }),
});

/** From a packed table: nothing is differentiated. Scales are the values again when there are none. */
const packedOp = (name: string, backends: readonly BackendName[], gather: typeof gatherByShader) =>
  defineOp<'values' | 'scales' | 'tokens', Pick<PackedInfo, 'format' | 'shape' | 'block'>>({
    name,
    backends,
    inputs: ['values', 'scales', 'tokens'],
    forward: ({ values, scales, tokens }, attrs) => [gather({ ...attrs, values, scales }, tokens)],
  });
const packedByShader = packedOp('EmbeddingPacked', ['webgpu'], gatherByShader);
const packedOnHost = packedOp('EmbeddingPackedHost', ['wasm', 'cpu'], (table, rows) =>
  gatherOnHost(table as PackedInfo, rows),
);

/** The same in tfjs ops: a product with the one-hot tokens, whose gradient every backend has. */
export const embeddingPlain = (table: Tensor2D | PackedMatrix, tokens: Tensor1D): Tensor2D =>
  tf.tidy(() => {
    const plain = isPacked(table) ? unpackMatrix(table) : table;
    const hot = tf.oneHot(tokens, Math.max(2, table.shape[0])); // tfjs refuses a depth of 1
    const known = tf.slice(tf.cast(hot, 'float32'), [0, 0], [tokens.shape[0], table.shape[0]]); // [N, V]
    return tf.matMul(known, plain) as Tensor2D;
  });

/**
 * Rows of a table by token. The gradient adds up in ascending position, without atomics. `order`, made by
 * `embeddingOrder` and uploaded, spares the gradient a pass over all tokens for each row of the table.
 * Tokens outside the table are not noticed here; `embeddingOrder` throws on them.
 * @param table [V, d]; a packed one is frozen, and needs no order
 * @param tokens int32 [N]
 * @returns [N, d]
 */
export const embedding = (
  table: Tensor2D | PackedMatrix,
  tokens: Tensor1D,
  order?: EmbeddingOrder<Tensor1D>,
): Tensor2D => {
  checkTensor('embedding', 'tokens', tokens, [-1], 'int32');
  if (isPacked(table)) {
    const op = useShaders() ? packedByShader : useHost() ? packedOnHost : undefined;
    if (!op || tokens.size === 0) return embeddingPlain(table, tokens);
    const { format, shape, block, values, scales = values } = table;
    return op({ values, scales, tokens }, { format, shape, block })[0] as Tensor2D;
  }
  checkTensor('embedding', 'table', table, [-1, -1]);
  const vocab = table.shape[0];
  if (order) {
    checkTensor('embedding', 'order.start', order.start, [vocab + 1], 'int32');
    checkTensor('embedding', 'order.index', order.index, tokens.shape, 'int32');
  }
  if (useShaders()) {
    const lists: EmbeddingOrder<Tensor> = order ?? { start: tokens, index: tokens };
    return embeddingOp(
      { table, tokens, start: lists.start, index: lists.index },
      { ordered: order !== undefined, vocab },
    )[0] as Tensor2D;
  }
  if (useHost()) return embeddingHost({ table, tokens }, { vocab })[0] as Tensor2D;
  return embeddingPlain(table, tokens);
};
