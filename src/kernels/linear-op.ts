import type { Tensor, Tensor2D, TensorInfo } from '../tf';
import { tf, toTensor } from '../tf';
import { product } from './matmul';
import { multiply } from './multiply';
import { defineOp } from './op';
import type { PackedInfo, PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { shareGradients } from './share-gradients';

/** `linear` on our own GPU: one product with everything in its epilogue, and for LoRA a thin one before it. */

type Input = 'x' | 'w' | 'values' | 'scales' | 'bias' | 'residual' | 'a' | 'b';

interface Attrs {
  /** Of x A^T; 1 without LoRA. */
  loraScale: number;
  /** Of a packed weight. */
  packed: Pick<PackedInfo, 'format' | 'shape' | 'block'> | undefined;
}

const weightOf = (inputs: Partial<Record<Input, TensorInfo>>, { packed }: Attrs): TensorInfo | PackedInfo =>
  packed ? { ...packed, values: inputs.values!, scales: inputs.scales } : inputs.w!;

const gradients = (
  dy: Tensor,
  inputs: Record<Input, Tensor>,
  u: Tensor | undefined,
  attrs: Attrs,
  wanted: ReadonlySet<Input>,
) =>
  // dU = s dY B serves both x and A.
  shareGradients(['x', 'a', 'b'], wanted, (want) => {
    const { x, a, b } = inputs;
    const low = u !== undefined && (want.has('x') || want.has('a'));
    const dU = low ? multiply(dy, b, { scale: attrs.loraScale }) : undefined; // [N, r]
    const dA = want.has('a') ? multiply(dU!, x, { transposeA: true }) : undefined;
    const dB = want.has('b') ? multiply(dy, u!, { transposeA: true }) : undefined;
    let dX: Tensor | undefined;
    if (want.has('x')) {
      const weight = weightOf(inputs, attrs);
      const [k, n] = weight.shape as [number, number];
      dX = toTensor(
        product({
          label: 'linear dX',
          a: dy,
          b: weight,
          m: dy.shape[0]!,
          n,
          k,
          ...(dU ? { second: { a: dU, b: a, k: dU.shape[1]! } } : {}),
        }),
      );
    }
    dU?.dispose();
    return { ...(dX ? { x: dX } : {}), ...(dA ? { a: dA } : {}), ...(dB ? { b: dB } : {}) };
  });

const make = (names: readonly Input[]) => {
  const lora = names.includes('a');
  // Without a gradient for the weight and without LoRA, x itself is not needed again.
  const saved = names.filter(
    (n) => n !== 'bias' && n !== 'residual' && (n !== 'x' || lora || names.includes('w')),
  );
  return defineOp<Input, Attrs>({
    name: `Linear(${names.join(' ')})`,
    inputs: names,
    saveInputs: saved,
    saveOutputs: lora ? [1] : [],
    forward: (inputs, attrs) => {
      const { x, bias, residual, a, b } = inputs as Partial<typeof inputs> & { x: TensorInfo };
      const weight = weightOf(inputs, attrs);
      const [n, k] = weight.shape as [number, number];
      const m = x.shape[0]!;
      const r = a?.shape[0] ?? 0;
      const u =
        a && product({ label: 'lora A', a: x, b: a, m, n: r, k, transposeB: true, scale: attrs.loraScale }); // [N, r]
      const y = product({
        label: 'linear',
        a: x,
        b: weight,
        m,
        n,
        k,
        transposeB: true,
        ...(u ? { second: { a: u, b: b!, k: r } } : {}),
        ...(bias ? { bias } : {}),
        ...(residual ? { residual } : {}),
      });
      return u ? [y, u] : [y];
    },
    backward: ([dy], { inputs, outputs: [, u] }, attrs, wanted) => ({
      ...gradients(dy!, inputs, u, attrs, wanted),
      w: () => multiply(dy!, inputs.x, { transposeA: true }),
      bias: () => tf.reshape(multiply(tf.ones([1, dy!.shape[0]!]), dy!), [dy!.shape[1]!]),
      residual: () => dy!.clone(),
    }),
  }) as (inputs: Partial<Record<Input, Tensor>>, attrs: Attrs) => Tensor[];
};

const ops = new Map<string, ReturnType<typeof make>>();

/** y = x W^T + s (x A^T) B^T + bias + residual by our shaders; differentiable in all but a packed W. */
export const linearByShader = (
  x: Tensor2D,
  w: Tensor | PackedMatrix,
  more: { bias?: Tensor; residual?: Tensor; lora?: { a: Tensor; b: Tensor; scale: number } },
): Tensor2D => {
  const { bias, residual, lora } = more;
  const inputs: Partial<Record<Input, Tensor>> = {
    x,
    ...(isPacked(w) ? { values: w.values, ...(w.scales ? { scales: w.scales } : {}) } : { w }),
    ...(bias ? { bias } : {}),
    ...(residual ? { residual } : {}),
    ...(lora ? { a: lora.a, b: lora.b } : {}),
  };
  const names = Object.keys(inputs) as Input[];
  const key = names.join(' ');
  let op = ops.get(key);
  if (!op) {
    op = make(names);
    ops.set(key, op);
  }
  const packed = isPacked(w) ? { format: w.format, shape: w.shape, block: w.block } : undefined;
  const [y, u] = op(inputs, { loraScale: lora?.scale ?? 1, packed });
  u?.dispose(); // the tape has a handle of its own
  return y as Tensor2D;
};
