import type { Scalar, Tensor } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import type { FlatState } from './adamw-flat';
import { createFlat, disposeFlat, readFlat, stepFlat, writeFlat } from './adamw-flat';
import type { AdamWHyper, Slot } from './adamw-slots';
import { corrections, lookUp, slotsOf } from './adamw-slots';
import { useHost, useShaders } from './op';

export type { AdamWHyper } from './adamw-slots';
export { copyTensor } from './copy-tensor';

interface HostState {
  kind: 'host';
  slots: Slot[];
  m: Map<string, Float32Array>;
  v: Map<string, Float32Array>;
}

interface PlainState {
  kind: 'plain';
  slots: Slot[];
  m: Map<string, Tensor>;
  v: Map<string, Tensor>;
}

/** First and second moments of all parameters. Dispose with `disposeAdamW`. */
export type AdamWState = FlatState | HostState | PlainState;

/**
 * Moments of zero. On our GPU device everything lies in four flat buffers, cut into segments where a device binds no more than
 * a part of them; on the wasm and cpu backends the moments are plain arrays.
 *
 * Parameters must own their memory (see `copyTensor`): the GPU step writes them in place, and a clone would change too.
 */
export const createAdamW = (parameters: ReadonlyMap<string, Tensor>): AdamWState => {
  if (useShaders()) return createFlat(parameters);
  if (!useHost()) return createAdamWPlain(parameters);
  const { slots } = slotsOf(parameters);
  const zeros = () => new Map(slots.map((slot) => [slot.name, new Float32Array(slot.length)]));
  return { kind: 'host', slots, m: zeros(), v: zeros() };
};

/** The twin's state: tensors, one of each per parameter. */
export const createAdamWPlain = (parameters: ReadonlyMap<string, Tensor>): AdamWState => {
  const { slots } = slotsOf(parameters);
  const zeros = () => new Map(slots.map((slot) => [slot.name, tf.keep(tf.zeros(slot.shape))]));
  return { kind: 'plain', slots, m: zeros(), v: zeros() };
};

export const disposeAdamW = (state: AdamWState) => {
  if (state.kind === 'flat') disposeFlat(state);
  if (state.kind === 'plain') tf.dispose([...state.m.values(), ...state.v.values()]);
};

/** Replaces the tensor of a parameter by one that outlives the current tidy scope. */
const replace = (parameters: Map<string, Tensor>, name: string, next: Tensor) => {
  parameters.get(name)?.dispose();
  parameters.set(name, tf.keep(next));
};

const stepHost = (
  state: HostState,
  parameters: Map<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  hyper: AdamWHyper,
): Tensor => {
  const { beta1, beta2, epsilon, learningRate, weightDecay, maxGradNorm } = hyper;
  const { stepSize, rootCorrection2 } = corrections(hyper);
  let sum = 0;
  for (const slot of state.slots) {
    lookUp('parameter', parameters, slot);
    for (const g of hostFloats(lookUp('gradient', gradients, slot))) sum += g * g;
  }
  const norm = Math.sqrt(sum);
  if (Number.isFinite(norm)) {
    const scale = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1;
    for (const { name, shape } of state.slots) {
      // A new tensor and not the old one's memory: the wasm backend keeps packed weights by tensor.
      const next = makeHostInfo(shape);
      const [before, gradient, after] = [
        hostFloats(parameters.get(name)!),
        hostFloats(gradients.get(name)!),
        hostFloats(next),
      ];
      const [m, v] = [state.m.get(name)!, state.v.get(name)!];
      const keep = (hyper.decay?.(name) ?? true) ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < after.length; i++) {
        const g = gradient[i]! * scale;
        const first = beta1 * m[i]! + (1 - beta1) * g;
        const second = beta2 * v[i]! + (1 - beta2) * g * g;
        m[i] = first;
        v[i] = second;
        after[i] = before[i]! * keep - (stepSize * first) / (Math.sqrt(second) / rootCorrection2 + epsilon);
      }
      replace(parameters, name, toTensor(next));
    }
  }
  return tf.scalar(norm);
};

const stepPlain = (
  state: PlainState,
  parameters: Map<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  hyper: AdamWHyper,
): Tensor => {
  const { beta1, beta2, epsilon, learningRate, weightDecay, maxGradNorm } = hyper;
  const { stepSize, rootCorrection2 } = corrections(hyper);
  return tf.tidy(() => {
    const squares = state.slots.map((slot) => tf.sum(tf.square(lookUp('gradient', gradients, slot))));
    // not addN, which binds all of them in one dispatch
    const norm = tf.sqrt(squares.reduce((a, b) => tf.add(a, b))) as Scalar;
    const sound = tf.isFinite(norm);
    const scale = maxGradNorm > 0 ? tf.minimum(1, tf.div(maxGradNorm, tf.add(norm, 1e-6))) : tf.scalar(1);
    const swap = (map: Map<string, Tensor>, name: string, old: Tensor, next: Tensor) =>
      replace(map, name, tf.where(sound, next, old));
    for (const slot of state.slots) {
      const { name, shape } = slot;
      const old = lookUp('parameter', parameters, slot);
      const [m, v] = [state.m.get(name)!, state.v.get(name)!];
      const g = tf.reshape(tf.mul(gradients.get(name)!, scale), shape);
      const first = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
      const second = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
      const keep = (hyper.decay?.(name) ?? true) ? 1 - learningRate * weightDecay : 1;
      const move = tf.div(tf.mul(first, stepSize), tf.add(tf.div(tf.sqrt(second), rootCorrection2), epsilon));
      swap(parameters, name, old, tf.sub(tf.mul(old, keep), move));
      swap(state.m, name, m, first);
      swap(state.v, name, v, second);
    }
    return norm;
  });
};

/**
 * One step of AdamW over all parameters at once, with PyTorch's semantics (`torch.optim.AdamW` after
 * `clip_grad_norm_`). Loshchilov and Hutter, 2019, arXiv 1711.05101.
 *
 * Returns the global gradient norm before clipping, on the device. When it is not finite, neither parameters nor
 * moments change (gradients so large that their squares overflow f32, above about 1e19, count as not finite).
 *
 * On our GPU device parameters are written in place, in three dispatches however many there are, two more for each further segment. Elsewhere the
 * map's entries are replaced by new, kept tensors and the old ones disposed. Either way: read the map again.
 */
export const adamWStep = (
  state: AdamWState,
  parameters: Map<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  hyper: AdamWHyper,
): Tensor => {
  switch (state.kind) {
    case 'flat':
      return stepFlat(state, parameters, gradients, hyper);
    case 'host':
      return stepHost(state, parameters, gradients, hyper);
    case 'plain':
      return stepPlain(state, parameters, gradients, hyper);
  }
};

/** First and second moments by parameter. */
export interface AdamWArrays {
  m: Map<string, Float32Array>;
  v: Map<string, Float32Array>;
}

/** Copies the moments out, for a checkpoint. */
export const adamWToArrays = async (state: AdamWState): Promise<AdamWArrays> => {
  const read = async (which: 'm' | 'v') => {
    if (state.kind === 'flat') return readFlat(state, which);
    const result = new Map<string, Float32Array>();
    for (const { name } of state.slots) {
      if (state.kind === 'host') result.set(name, state[which].get(name)!.slice());
      else result.set(name, (await state[which].get(name)!.data()) as Float32Array);
    }
    return result;
  };
  return { m: await read('m'), v: await read('v') };
};

/**
 * The state that had these moments.
 * @throws Error when a parameter's moments are missing or of another length.
 */
export const adamWFromArrays = (parameters: ReadonlyMap<string, Tensor>, arrays: AdamWArrays): AdamWState => {
  const state = createAdamW(parameters);
  for (const which of ['m', 'v'] as const) {
    const get = ({ name, length }: Slot) => {
      const values = arrays[which].get(name);
      if (values?.length === length) return values;
      disposeAdamW(state);
      throw new Error(
        `AdamW: moment ${which} of parameter "${name}" has ${values?.length ?? 'no'} numbers instead of ${length}; the checkpoint belongs to another model.`,
      );
    };
    if (state.kind === 'flat') {
      writeFlat(state, which, get);
    } else {
      for (const slot of state.slots) {
        if (state.kind === 'host') state[which].get(slot.name)!.set(get(slot));
        else replace(state[which], slot.name, tf.tensor(get(slot), slot.shape));
      }
    }
  }
  return state;
};
