import type { BackendName, Tensor, TensorInfo } from '../tf';
import { onBackward, onHost, onOwnGpu, tf } from '../tf';

let plainDepth = 0;

/** True when our shaders should run: on our own GPU device, and not inside `withPlainKernels`. */
export const useShaders = (): boolean => plainDepth === 0 && onOwnGpu();

/** True when kernels written as JavaScript loops should run: on the wasm or cpu backend, and not inside `withPlainKernels`. */
export const useHost = (): boolean => plainDepth === 0 && onHost();

/**
 * Runs f with every kernel replaced by its plain twin of tfjs ops, on whatever backend is active: the oracle of the
 * tests and the baseline of the benchmarks. f must be synchronous.
 */
export const withPlainKernels = <T>(f: () => T): T => {
  plainDepth++;
  try {
    return f();
  } finally {
    plainDepth--;
  }
};

export interface OpSpec<In extends string, Attrs extends object> {
  /** Unique; registered with tfjs as `Marginalia/<name>`. */
  name: string;
  inputs: readonly In[];
  /** Where it runs; ['webgpu'] when left out. For JavaScript loops on tensors' own memory: ['wasm', 'cpu']. */
  backends?: readonly BackendName[];
  /** Records dispatches (see `dispatch`); returns one or more outputs. */
  forward(inputs: Record<In, TensorInfo>, attrs: Attrs): TensorInfo[];
  /** Which inputs (default: all) and outputs (default: none) the gradient needs. */
  saveInputs?: readonly In[];
  saveOutputs?: readonly number[];
  /**
   * dy has one tensor per output (zeros where the loss does not depend on it). Returns one thunk per differentiable
   * input; tfjs calls only those on the way to the variables, so a frozen weight costs nothing. `wanted` names them
   * beforehand, for gradients that share work.
   */
  backward?(
    dy: readonly Tensor[],
    saved: { inputs: Record<In, Tensor>; outputs: readonly Tensor[] },
    attrs: Attrs,
    wanted: ReadonlySet<In>,
  ): Partial<Record<In, () => Tensor>>;
}

/**
 * Registers a WGSL kernel and its gradient with tfjs for the `webgpu` backend and returns the differentiable op.
 * Call it once per kernel, at module level. The public function of a kernel's file picks between this op and its
 * plain twin by `useShaders()`.
 */
export const defineOp = <In extends string, Attrs extends object = Record<string, never>>(
  spec: OpSpec<In, Attrs>,
): ((inputs: Record<In, Tensor>, attrs: Attrs) => Tensor[]) => {
  const kernelName = `Marginalia/${spec.name}`;
  const saveInputs = spec.saveInputs ?? spec.inputs;
  const saveOutputs = spec.saveOutputs ?? [];
  for (const backendName of spec.backends ?? ['webgpu']) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const outputs = spec.forward(inputs as Record<In, TensorInfo>, attrs as unknown as Attrs);
        return outputs.length === 1 ? outputs[0]! : outputs;
      },
    });
  }
  const { backward } = spec;
  let wanted: ReadonlySet<In> = new Set(spec.inputs);
  if (backward) {
    const outputsToSave: boolean[] = [];
    for (const i of saveOutputs) outputsToSave[i] = true;
    for (let i = 0; i < outputsToSave.length; i++) outputsToSave[i] ??= false;
    tf.registerGradient({
      kernelName,
      inputsToSave: [...saveInputs],
      outputsToSave,
      gradFunc: (dy, saved, attrs) => {
        const inputs = {} as Record<In, Tensor>;
        saveInputs.forEach((name, i) => {
          inputs[name] = saved[i]!;
        });
        const outputs: Tensor[] = [];
        saveOutputs.forEach((index, i) => {
          outputs[index] = saved[saveInputs.length + i]!;
        });
        const dys = Array.isArray(dy) ? dy : [dy];
        // tfjs wants a thunk per input name; it calls only those it needs.
        return backward(dys, { inputs, outputs }, attrs as unknown as Attrs, wanted) as Record<
          string,
          () => Tensor
        >;
      },
    });
  }
  return (inputs, attrs) => {
    const result = tf.engine().runKernel(kernelName, inputs, attrs as never) as Tensor | Tensor[];
    onBackward(kernelName, (names) => {
      wanted = new Set(names as In[]);
    });
    return Array.isArray(result) ? result : [result];
  };
};
