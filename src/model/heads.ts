import type { Tensor } from '../tf';
import { uploadKept } from '../tf';
import type { HostWeights } from './host-weights';

/** Names of a linear head's tensors: trained beside the model or its adapter, in no checkpoint of the field. */
export const headWeight = (name: string) => `heads.${name}.weight`; // [1, d]
export const headBias = (name: string) => `heads.${name}.bias`; // [1]

export const isHeadTensor = (name: string) => name.startsWith('heads.');

/** A head that says 0 everywhere, as a value head begins. */
export const freshHead = (name: string, hiddenSize: number): HostWeights =>
  new Map([
    [headWeight(name), { shape: [1, hiddenSize], data: new Float32Array(hiddenSize) }],
    [headBias(name), { shape: [1], data: new Float32Array(1) }],
  ]);

/** A set of trained weights as the model's (or the adapter's) own and those of heads. */
export const splitHeads = (weights: HostWeights): { own: HostWeights; heads: HostWeights } => {
  const own: HostWeights = new Map();
  const heads: HostWeights = new Map();
  for (const [name, tensor] of weights) (isHeadTensor(name) ? heads : own).set(name, tensor);
  return { own, heads };
};

/** Tensors that outlive every tidy scope until they are disposed. */
export const uploadHeads = (heads: HostWeights): Map<string, Tensor> =>
  new Map([...heads].map(([name, { data, shape }]) => [name, uploadKept(data, [...shape])]));
