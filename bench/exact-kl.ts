import type { Direction } from '../src/kernels/linear-kl';
import { linearKl, linearKlPlain } from '../src/kernels/linear-kl';
import type { Scalar, Tensor, Tensor2D } from '../src/tf';
import { guardGpu, tf } from '../src/tf';
import type { KernelBench, KernelRow } from './kernels-linear';
import { checkParity, compareSides, filled, needGpu } from './kernels-linear';

type Op = typeof linearKl;

/**
 * Exact divergence of two models' next-token distributions, forward and backward, 128 x 64 x V, against the same with both
 * logits in full. `exactKl.bytes` is what two stored logits take over the extra peak of ours, beside a frozen head; the
 * gradient of a trained one is a result, of the head's size.
 */
export const benchExactKl = async (): Promise<KernelBench> => {
  needGpu();
  return guardGpu(async () => {
    const [R, d] = [128, 64];
    const rows: KernelRow[] = [];
    const ratios: Record<string, number> = {};
    for (const V of [8192, 49_152]) {
      const [hidden, head] = [filled(R, d, 5), filled(V, d, 6)];
      const reference = { hidden: filled(R, d, 7), head: filled(V, d, 8) };
      const c = tf.cos(tf.range(0, R));
      const side = (op: Op, direction: Direction, trained: boolean) => () => {
        const loss = (h: Tensor, w: Tensor) =>
          tf.sum(
            tf.mul(op({ hidden: h as Tensor2D, head: w as Tensor2D }, reference, direction), c),
          ) as Scalar;
        const { value, grads } = trained
          ? tf.valueAndGrads(loss)([hidden, head])
          : tf.valueAndGrads((h) => loss(h!, head))([hidden]);
        return [value, ...grads];
      };
      for (const direction of ['policy||reference', 'reference||policy'] as const) {
        const [ours, twin] = [linearKl, linearKlPlain].map((op) => tf.tidy(side(op, direction, true)));
        for (const [i, part] of ['value', 'dHidden', 'dHead'].entries()) {
          await checkParity(`KL(${direction}) at V = ${V}, ${part}`, ours![i]!, twin![i]!);
        }
        tf.dispose([ours!, twin!]);
      }
      for (const [name, trained] of [
        ['frozen head', false],
        ['trained head', true],
      ] as const) {
        const row = await compareSides(
          `exactKl, ${name}`,
          `${R} x ${d} x ${V}`,
          side(linearKl, 'policy||reference', trained),
          side(linearKlPlain, 'policy||reference', trained),
          { ours: 2, other: 1 },
        );
        rows.push(row);
        if (trained) continue;
        ratios[`exactKl.time.${V}`] = row.otherMs / row.oursMs;
        ratios[`exactKl.bytes.${V}`] = (2 * 4 * R * V) / row.oursPeakBytes;
      }
      tf.dispose([hidden, head, c, { ...reference }]);
    }
    ratios['exactKl.bytes'] = ratios['exactKl.bytes.49152']!;
    return { rows, ratios };
  });
};
