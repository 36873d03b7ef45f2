import code from '../../shaders/silu.wgsl?raw';
import gradCode from '../../shaders/silu-grad.wgsl?raw';
import type { Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid, run } from './dispatch';
import { elements } from './elements';
import { defineOp, useHost, useShaders } from './op';

const siluOp = defineOp<'x'>({
  name: 'Silu',
  inputs: ['x'],
  forward: ({ x }) => {
    const size = x.shape.reduce((a, b) => a * b, 1);
    return dispatch({
      label: 'silu',
      code,
      inputs: [x],
      outputs: [{ shape: x.shape, dtype: 'float32' }],
      uniforms: [size],
      workgroups: grid(Math.ceil(size / 64)),
    });
  },
  backward: ([dy], { inputs: { x } }) => ({
    x: () =>
      run({
        label: 'silu gradient',
        code: gradCode,
        inputs: [x, dy!],
        outputs: [{ shape: x.shape, dtype: 'float32' }],
        uniforms: [x.size],
        workgroups: grid(Math.ceil(x.size / 64)),
      })[0]!,
  }),
});

/** Outputs: y, and the sigmoid of x, which tfjs computes many times faster than Math.exp in a loop would. */
const siluHost = defineOp<'x'>({
  name: 'SiluHost',
  backends: ['wasm', 'cpu'],
  inputs: ['x'],
  forward: ({ x }) => {
    const share = tf.sigmoid(x as Tensor2D);
    const y = makeHostInfo(x.shape);
    const [a, s, out] = [hostFloats(x), hostFloats(share), hostFloats(y)];
    elements().multiply(a!, s!, out!);
    return [y, share];
  },
  saveOutputs: [1],
  backward: ([dy], { inputs: { x }, outputs: [, share] }) => ({
    x: () => {
      const dx = makeHostInfo(x.shape);
      const [a, s, g, out] = [hostFloats(x), hostFloats(share!), hostFloats(dy!), hostFloats(dx)];
      for (let i = 0; i < out.length; i++) out[i] = g[i]! * s[i]! * (1 + a[i]! * (1 - s[i]!));
      return toTensor(dx);
    },
  }),
});

/** The same in tfjs ops. */
export const siluPlain = (x: Tensor2D): Tensor2D => tf.tidy(() => tf.mul(x, tf.sigmoid(x)));

/**
 * x times its sigmoid. Elfwing, Uchibe and Doya, 2017, arXiv 1702.03118.
 * @param x [N, f]
 * @returns [N, f]
 */
export const silu = (x: Tensor2D): Tensor2D => {
  checkTensor('silu', 'x', x, [-1, -1]);
  if (useShaders()) return siluOp({ x }, {})[0] as Tensor2D;
  if (useHost()) {
    const [y, share] = siluHost({ x }, {});
    share!.dispose(); // the tape has a handle of its own
    return y as Tensor2D;
  }
  return siluPlain(x);
};
