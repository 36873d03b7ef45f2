import code from '../../shaders/swiglu.wgsl?raw';
import gradCode from '../../shaders/swiglu-grad.wgsl?raw';
import type { Tensor, Tensor2D } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { checkTensor } from './check';
import { dispatch, grid, run } from './dispatch';
import { defineOp, useHost, useShaders } from './op';

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

const swigluHost = defineOp<'gate' | 'up'>({
  name: 'SwigluHost',
  backends: ['wasm', 'cpu'],
  inputs: ['gate', 'up'],
  forward: ({ gate, up }) => {
    const y = makeHostInfo(gate.shape);
    const [g, u, out] = [hostFloats(gate), hostFloats(up), hostFloats(y)];
    for (let i = 0; i < g.length; i++) out[i] = (g[i]! / (1 + Math.exp(-g[i]!))) * u[i]!;
    return [y];
  },
  backward: ([dy], { inputs: { gate, up } }) => {
    const outputs = [makeHostInfo(gate.shape), makeHostInfo(gate.shape)] as const;
    const [g, u, d] = [hostFloats(gate), hostFloats(up), hostFloats(dy!)];
    const [dGate, dUp] = [hostFloats(outputs[0]), hostFloats(outputs[1])];
    for (let i = 0; i < g.length; i++) {
      const s = 1 / (1 + Math.exp(-g[i]!));
      const silu = g[i]! * s;
      dUp[i] = d[i]! * silu;
      dGate[i] = d[i]! * u[i]! * (s + silu * (1 - s));
    }
    return thunks(outputs.map(toTensor));
  },
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
  if (useHost()) return swigluHost({ gate, up }, {})[0] as Tensor2D;
  return swigluPlain(gate, up);
};
