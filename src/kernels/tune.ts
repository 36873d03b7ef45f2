import { onOwnGpu, onSoftwareGpu, readFloats, submitLimit, tf, toTensor } from '../tf';
import type { KernelChoice, MatmulVariant } from './kernel-choice';
import { hasSubgroups, kernelChoice, setKernelChoice } from './kernel-choice';
import { product } from './matmul';

const timeOf = async (variant: MatmulVariant, size: number, a: tf.Tensor, b: tf.Tensor): Promise<number> => {
  const once = async () => {
    const start = performance.now();
    const out = toTensor(
      product({ label: 'tune', a, b, m: size, n: size, k: size, transposeB: true }, variant),
    );
    const first = tf.slice(out, [0, 0], [1, 1]);
    await readFloats(first);
    tf.dispose([out, first]);
    return performance.now() - start;
  };
  await once(); // compiles
  return Math.min(await once(), await once(), await once());
};

/** How much faster the other variant must be to take the default's place, so that noise does not change the numbers. */
const WORTH_IT = 1.25;

/** Side of the product that is measured. */
const sizeOn = (variant: MatmulVariant) => (variant === 'subgroup' ? 192 : 1024);

/** A command buffer of a fast GPU may hold more: 50 ms of what was measured, waits included. */
const setSubmitLimit = ({ matmul, measured }: KernelChoice) => {
  const ms = measured?.[matmul];
  if (onSoftwareGpu() || ms === undefined || ms <= 0) return;
  submitLimit.work = Math.max(submitLimit.work, (50 * 2 * sizeOn(matmul) ** 3) / ms);
};

/**
 * Measures the variants once per adapter (three products of 192 x 192 each, or 1024 x 1024 on a real GPU; well under a
 * second) and remembers the default one, or
 * the other where it is clearly faster. A later call returns the remembered choice. Does nothing without our own GPU.
 */
export const tuneKernels = async (): Promise<KernelChoice | undefined> => {
  if (!onOwnGpu()) return undefined;
  const known = kernelChoice();
  if (known.measured) {
    setSubmitLimit(known);
    return known;
  }
  const size = sizeOn(known.matmul);
  const values = new Float32Array(size * size).map((_, i) => ((i * 7919) % 1024) / 1024 - 0.5);
  const [a, b] = [tf.tensor2d(values, [size, size]), tf.tensor2d(values, [size, size])];
  const measured: Partial<Record<MatmulVariant, number>> = {};
  for (const variant of hasSubgroups() ? (['subgroup', 'tiled'] as const) : (['tiled'] as const)) {
    measured[variant] = await timeOf(variant, size, a, b);
  }
  tf.dispose([a, b]);
  const other: MatmulVariant = known.matmul === 'subgroup' ? 'tiled' : 'subgroup';
  const gain = (measured[known.matmul] ?? Infinity) / (measured[other] ?? Infinity);
  const matmul = gain >= WORTH_IT ? other : known.matmul;
  const choice: KernelChoice = { adapter: known.adapter, matmul, measured };
  setKernelChoice(choice);
  setSubmitLimit(choice);
  return choice;
};
