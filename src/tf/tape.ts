import * as tf from '@tensorflow/tfjs';

/**
 * Calls `start` with the names of the inputs whose gradients are wanted, just before the gradient of the kernel recorded
 * last is computed. tfjs itself tells a gradient function only by calling its thunks one by one.
 */
export const onBackward = (kernelName: string, start: (wanted: string[]) => void) => {
  const node = tf.engine().state.activeTape?.at(-1);
  const inner = node?.gradient;
  if (!node || !inner || node.kernelName !== kernelName) return; // no tape is being recorded
  node.gradient = function (this: { inputs: object }, dys) {
    start(Object.keys(this.inputs)); // tfjs calls it on a copy of the node whose inputs are pruned to the wanted ones
    return inner(dys);
  };
};

/**
 * Runs f, which takes gradients, inside the gradient of another computation. tfjs has one tape: without this the inner
 * gradient would end the outer one, or leave what it saved alive until the outer one ends.
 */
export const withOwnTape = <T>(f: () => T): T => {
  const { state } = tf.engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return f();
  } finally {
    Object.assign(state, { activeTape, gradientDepth });
  }
};
