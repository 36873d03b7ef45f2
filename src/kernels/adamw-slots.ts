import type { Tensor } from '../tf';

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
export interface Slot {
  name: string;
  shape: number[];
  offset: number;
  length: number;
}

/** Numbers that share a place's alignment and a flag for decay. */
export const block = 64;

/** @throws Error when there is nothing to train, or a parameter is not float32. */
export const slotsOf = (parameters: ReadonlyMap<string, Tensor>): { slots: Slot[]; size: number } => {
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

/** The tensor of a slot. @throws Error when it is missing or of another size */
export const lookUp = (what: string, tensors: ReadonlyMap<string, Tensor>, slot: Slot): Tensor => {
  const tensor = tensors.get(slot.name);
  if (!tensor) throw new Error(`AdamW: there is no ${what} "${slot.name}".`);
  if (tensor.size !== slot.length) {
    throw new Error(
      `AdamW: ${what} "${slot.name}" is [${tensor.shape}], but the state was made for [${slot.shape}].`,
    );
  }
  return tensor;
};

/** Adam's bias corrections, worked into the step and the root of the second moment. */
export const corrections = ({ beta1, beta2, step, learningRate }: AdamWHyper) => {
  if (!(step >= 1)) throw new Error(`AdamW: step is ${step}; it counts from 1.`);
  return { stepSize: learningRate / (1 - beta1 ** step), rootCorrection2: Math.sqrt(1 - beta2 ** step) };
};
