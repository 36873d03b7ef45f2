import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointed } from '../../../src/kernels/checkpointed';
import { linear } from '../../../src/kernels/linear';
import { swiglu } from '../../../src/kernels/swiglu';
import type { Tensor, Tensor2D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { randomTensor } from '../../support/gradients';

const layer = (x: Tensor, a: Tensor, b: Tensor): Tensor => {
  const h = swiglu(linear(x as Tensor2D, a as Tensor2D), linear(x as Tensor2D, b as Tensor2D));
  return tf.add(x, h);
};

/** Three layers with weights of their own; the last one's second matrix is a constant. */
const deep = (wrap: boolean) => (x: Tensor, a: Tensor, b: Tensor, c: Tensor) => {
  const frozen = randomTensor([4, 4], 9);
  let y = x;
  for (const w of [a, b]) {
    y = wrap ? checkpointed(([u, v]) => layer(u!, v!, v!), [y, w]) : layer(y, w, w);
  }
  const last = wrap
    ? checkpointed(([u, v], [k]) => layer(u!, v!, k!), [y, c], [frozen])
    : layer(y, c, frozen);
  frozen.dispose(); // the caller may let go of a constant before the backward pass
  return tf.sum(tf.square(last)) as Tensor;
};

describe('checkpointed', () => {
  beforeAll(async () => {
    await initBackend('cpu');
  });

  const inputs = () => [randomTensor([3, 4], 1), ...[2, 3, 4].map((seed) => randomTensor([4, 4], seed, 0.5))];

  it('gives the value and the gradients of the function itself, bit for bit', async () => {
    const read = async (wrap: boolean) => {
      const f = deep(wrap) as (...args: Tensor[]) => Tensor;
      const { value, grads } = tf.valueAndGrads(f)(inputs());
      return Promise.all([value, ...grads].map(async (t) => Array.from(await t.data())));
    };
    expect(await read(true)).toEqual(await read(false));
  });

  it('leaves no tensor behind, with or without a tape', () => {
    const given = inputs();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => {
        tf.valueAndGrads(deep(true) as (...args: Tensor[]) => Tensor)(given);
      });
      tf.tidy(() => {
        (deep(true) as (...args: Tensor[]) => Tensor)(...given);
      });
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('keeps fewer tensors between the passes than the function itself', () => {
    const keptBy = (wrap: boolean) =>
      tf.tidy(() => {
        let kept = 0;
        const f = (...args: Tensor[]) => {
          const y = tf.tidy(() => (deep(wrap) as (...a: Tensor[]) => Tensor)(...args));
          kept = tf.memory().numTensors;
          return y;
        };
        tf.valueAndGrads(f)(inputs());
        return kept;
      });
    expect(keptBy(true)).toBeLessThan(keptBy(false));
  });

  it('computes nothing twice where nothing is differentiable', () => {
    let calls = 0;
    const y = checkpointed(
      (_, [x]) => {
        calls++;
        return tf.square(x!);
      },
      [],
      [tf.scalar(3)],
    );
    expect(y.dataSync()[0]).toBe(9);
    expect(calls).toBe(1);
  });
});
