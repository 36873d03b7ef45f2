import code from '../../shaders/swiglu.wgsl?raw';
import gradCode from '../../shaders/swiglu-grad.wgsl?raw';
import type { Tensor, Tensor2D } from '../tf';
import { tf } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid, run } from './dispatch';
import { defineOp, useShaders } from './op';

/** Both gradients come from one pass, outside the thunks: tfjs tidies a thunk, which would dispose the other's share. */
const thunks = ([gate, up]: Tensor[]) => ({ gate: () => gate!, up: () => up! });

const swigluOp = defineOp<'gate' | 'up'>({
  name: 'Swiglu',
  inputs: ['gate', 'up'],
  forward: ({ gate, up }) =>
    dispatch({
      label: 'swiglu',
      code,
      inputs: [gate, up],
      outputs: [{ shape: gate.shape, dtype: 'float32' }],
      uniforms: [gate.shape[0]! * gate.shape[1]!],
      workgroups: grid(Math.ceil((gate.shape[0]! * gate.shape[1]!) / 64)),
    }),
  backward: ([dy], { inputs: { gate, up } }) =>
    thunks(
      run({
        label: 'swiglu gradient',
        code: gradCode,
        inputs: [gate, up, dy!],
        outputs: [
          { shape: gate.shape, dtype: 'float32' },
          { shape: gate.shape, dtype: 'float32' },
        ],
        uniforms: [gate.size],
        workgroups: grid(Math.ceil(gate.size / 64)),
      }),
    ),
});

/** The same in tfjs ops. */
export const swigluPlain = (gate: Tensor2D, up: Tensor2D): Tensor2D =>
  tf.tidy(() => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up));

/**
 * The gated activation of Llama's MLP: silu(gate) * up. Shazeer, 2020, arXiv 2002.05202.
 * @param gate [N, f]
 * @param up [N, f]
 * @returns [N, f]
 */
export const swiglu = (gate: Tensor2D, up: Tensor2D): Tensor2D => {
  checkTensor('swiglu', 'gate', gate, [-1, -1]);
  checkTensor('swiglu', 'up', up, gate.shape);
  if (useShaders()) return swigluOp({ gate, up }, {})[0] as Tensor2D;
  // also the fastest on wasm: its sigmoid is vectorised, which Math.exp in a loop is not
  return swigluPlain(gate, up);
};
