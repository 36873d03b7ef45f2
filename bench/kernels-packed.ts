import { linear } from '../src/kernels/linear';
import type { PackedFormat } from '../src/kernels/packed-format';
import { packRows, unpackRows } from '../src/kernels/packed-format';
import type { PackedMatrix } from '../src/kernels/packed-matrix';
import { disposePacked, uploadPacked } from '../src/kernels/packed-matrix';
import type { Tensor, Tensor2D } from '../src/tf';
import { guardGpu, tf } from '../src/tf';
import type { KernelBench, KernelRow } from './kernels-linear';
import { checkParity, compareSides, filled, needGpu } from './kernels-linear';

type Weight = Tensor2D | PackedMatrix;

/** Rows, in and out of SmolLM2's layers; one row is what generation does. */
const shapes: [number, number, number][] = [
  [128, 576, 576],
  [128, 576, 1536],
  [128, 1536, 576],
  [512, 576, 576],
  [1, 576, 1536],
];

/**
 * The linear kernel on packed weights against the same kernel on the f32 matrix, forward (y = x W^T) and with
 * the gradient (that and dX = dY W), and with a LoRA of rank 8 against without. A ratio above 1 says that the packed side is faster.
 */
export const benchPacked = async (): Promise<KernelBench> => {
  needGpu();
  return guardGpu(async () => {
    const rows: KernelRow[] = [];
    const ratios: Record<string, number> = {};
    for (const [m, width, out] of shapes) {
      const [x, dy] = [filled(m, width, 1), filled(m, out, 2)];
      const lora = { a: filled(8, width, 4), b: filled(out, 8, 5), scale: 2 };
      const data = (await filled(out, width, 3).data()) as Float32Array;
      const forward = (w: Weight) => () => [linear(x, w) as Tensor];
      const gradient = (w: Weight) => () => [tf.grad((v) => linear(v as Tensor2D, w))(x, dy)];
      const measure = async (name: string, ours: () => Tensor[], other: () => Tensor[]) => {
        const shape = `${m} x ${width} x ${out}`;
        const row = await compareSides(name, shape, ours, other, { ours: 9, other: 9 });
        rows.push(row);
        ratios[`${name}.${shape.replaceAll(' ', '')}`] = row.bestRatio;
      };
      for (const format of ['int4', 'int8', 'f16'] as PackedFormat[]) {
        const arrays = packRows(data, [out, width], format);
        const [packed, whole] = [uploadPacked(arrays), tf.tensor2d(unpackRows(arrays), [out, width])];
        for (const [name, side] of Object.entries({ forward, gradient })) {
          const [got, expected] = [side(packed)()[0]!, side(whole)()[0]!];
          await checkParity(`${format} ${name}`, got, expected);
          tf.dispose([got, expected]);
          await measure(`${format}.${name}`, side(packed), side(whole));
        }
        if (format === 'int4' && m === 128) {
          const adapted = () => [linear(x, packed, { lora }) as Tensor];
          await measure('lora.int4', adapted, forward(packed));
        }
        disposePacked(packed);
        whole.dispose();
      }
      tf.dispose([x, dy, lora.a, lora.b]);
    }
    return { rows, ratios };
  });
};
