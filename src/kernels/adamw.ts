import code from '../../shaders/adamw.wgsl?raw';
import normCode from '../../shaders/gradient-norm.wgsl?raw';
import type { Scalar, Tensor } from '../tf';
import { hostFloats, makeHostInfo, tf, toTensor } from '../tf';
import { type Copy, copyBuffers, f32, grid, run } from './dispatch';
import { useHost, useShaders } from './op';

export { copyTensor } from './copy-tensor';

export interface AdamWHyper {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled: p shrinks by learningRate * weightDecay before the step. */
  weightDecay: number;
  /** Gradients are scaled down to this global norm; 0 turns clipping off. */
  maxGradNorm: number;
  /** 1 at the first step. */
  step: number;
  /** Which parameters decay; all when left out. */
  decay?: (name: string) => boolean;
}

/** A parameter's place in the flat buffers. Each starts at a multiple of 64, and the gaps stay zero. */
interface Slot {
  name: string;
  shape: number[];
  offset: number;
  length: number;
}

interface FlatState {
  kind: 'flat';
  slots: Slot[];
  /** Multiple of 64. */
  size: number;
  parameter: Tensor;
  gradient: Tensor;
  m: Tensor;
  v: Tensor;
  /** Which blocks of 64 decay, and the answers of `decay` that it was made from. */
  decays: Tensor;
  decayKey: string;
}

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

const block = 64;

const slotsOf = (parameters: ReadonlyMap<string, Tensor>): { slots: Slot[]; size: number } => {
  let offset = 0;
  const slots = [...parameters].map(([name, tensor]) => {
    if (tensor.dtype !== 'float32') {
      throw new Error(
        `AdamW: parameter "${name}" is ${tensor.dtype}; only float32 parameters can be trained.`,
      );
    }
    const slot = { name, shape: tensor.shape, offset, length: tensor.size };
    offset += Math.ceil(tensor.size / block) * block;
    return slot;
  });
  if (offset === 0) throw new Error('AdamW: there are no parameters to train.');
  return { slots, size: offset };
};

const keptZeros = (size: number, dtype: 'float32' | 'int32' = 'float32') => tf.keep(tf.zeros([size], dtype));

/**
 * Moments of zero. On our GPU device everything lies in four flat buffers; on the wasm and cpu backends the moments
 * are plain arrays.
 *
 * Parameters must own their memory (see `copyTensor`): the GPU step writes them in place, and a clone would change too.
 */
export const createAdamW = (parameters: ReadonlyMap<string, Tensor>): AdamWState => {
  if (useShaders()) {
    const { slots, size } = slotsOf(parameters);
    return {
      kind: 'flat',
      slots,
      size,
      parameter: keptZeros(size),
      gradient: keptZeros(size),
      m: keptZeros(size),
      v: keptZeros(size),
      decays: keptZeros(size / block, 'int32'),
      decayKey: '',
    };
  }
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
  if (state.kind === 'flat') tf.dispose([state.parameter, state.gradient, state.m, state.v, state.decays]);
  if (state.kind === 'plain') tf.dispose([...state.m.values(), ...state.v.values()]);
};

const lookUp = (what: string, tensors: ReadonlyMap<string, Tensor>, slot: Slot): Tensor => {
  const tensor = tensors.get(slot.name);
  if (!tensor) throw new Error(`AdamW: there is no ${what} "${slot.name}".`);
  if (tensor.size !== slot.length) {
    throw new Error(
      `AdamW: ${what} "${slot.name}" is [${tensor.shape}], but the state was made for [${slot.shape}].`,
    );
  }
  return tensor;
};

const corrections = ({ beta1, beta2, step, learningRate }: AdamWHyper) => {
  if (!(step >= 1)) throw new Error(`AdamW: step is ${step}; it counts from 1.`);
  return { stepSize: learningRate / (1 - beta1 ** step), rootCorrection2: Math.sqrt(1 - beta2 ** step) };
};

/** Replaces the tensor of a parameter by one that outlives the current tidy scope. */
const replace = (parameters: Map<string, Tensor>, name: string, next: Tensor) => {
  parameters.get(name)?.dispose();
  parameters.set(name, tf.keep(next));
};

const stepFlat = (
  state: FlatState,
  parameters: Map<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  hyper: AdamWHyper,
): Tensor => {
  const { slots, size } = state;
  const { stepSize, rootCorrection2 } = corrections(hyper);
  const decays = slots.map((slot) => hyper.decay?.(slot.name) ?? true);
  const decayKey = decays.join();
  if (decayKey !== state.decayKey) {
    const flags = new Int32Array(size / block);
    slots.forEach((slot, i) => {
      flags.fill(decays[i] ? 1 : 0, slot.offset / block, Math.ceil((slot.offset + slot.length) / block));
    });
    state.decays.dispose();
    state.decays = tf.keep(tf.tensor1d(flags, 'int32'));
    state.decayKey = decayKey;
  }
  const copies: Copy[] = [];
  const back: Copy[] = [];
  for (const slot of slots) {
    const { offset, length } = slot;
    const parameter = lookUp('parameter', parameters, slot);
    copies.push({ from: parameter, to: state.parameter, toOffset: offset, length });
    copies.push({ from: lookUp('gradient', gradients, slot), to: state.gradient, toOffset: offset, length });
    back.push({ from: state.parameter, fromOffset: offset, to: parameter, length });
  }
  copyBuffers(copies);
  const infinity = 0x7f800000;
  const [partials] = run({
    label: 'gradient norm, partial sums',
    code: normCode,
    entryPoint: 'partials',
    inputs: [state.gradient],
    outputs: [{ shape: [1024], dtype: 'float32' }],
    uniforms: [size, infinity],
    workgroups: [16],
  });
  const [norm] = run({
    label: 'gradient norm',
    code: normCode,
    entryPoint: 'finish',
    inputs: [partials!],
    outputs: [{ shape: [], dtype: 'float32' }],
    uniforms: [size, infinity],
    workgroups: [1],
  });
  run({
    label: 'adamW',
    code,
    inputs: [state.gradient, norm!, state.decays],
    outputs: [state.parameter, state.m, state.v],
    uniforms: [
      size,
      f32(hyper.learningRate),
      f32(1 - hyper.beta1),
      f32(hyper.beta2),
      f32(1 - hyper.beta2),
      f32(hyper.epsilon),
      f32(hyper.weightDecay),
      f32(hyper.maxGradNorm),
      f32(stepSize),
      f32(rootCorrection2),
    ],
    workgroups: grid(size / block),
  });
  copyBuffers(back);
  partials!.dispose();
  return norm!;
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
 * On our GPU device parameters are written in place, in three dispatches however many there are. Elsewhere the
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
    const result = new Map<string, Float32Array>();
    const flat = state.kind === 'flat' ? ((await state[which].data()) as Float32Array) : undefined;
    for (const { name, offset, length } of state.slots) {
      if (flat) result.set(name, flat.slice(offset, offset + length));
      else if (state.kind === 'host') result.set(name, state[which].get(name)!.slice());
      else if (state.kind === 'plain')
        result.set(name, (await state[which].get(name)!.data()) as Float32Array);
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
      const flat = new Float32Array(state.size);
      for (const slot of state.slots) flat.set(get(slot), slot.offset);
      state[which].dispose();
      state[which] = tf.keep(tf.tensor1d(flat));
    } else {
      for (const slot of state.slots) {
        if (state.kind === 'host') state[which].get(slot.name)!.set(get(slot));
        else replace(state[which], slot.name, tf.tensor(get(slot), slot.shape));
      }
    }
  }
  return state;
};
