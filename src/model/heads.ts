import type { Tensor } from '../tf';
import { uploadKept } from '../tf';
import type { HostWeights } from './host-weights';
import type { Network } from './network';

/** Names of a linear head's tensors: trained beside the model or its adapter, in no checkpoint of the field. */
export const headWeight = (name: string) => `heads.${name}.weight`; // [1, d]
export const headBias = (name: string) => `heads.${name}.bias`; // [1]

/** A tensor of the model that a head with a trunk of its own reads, in the place of the policy's. */
const trunkWeight = (head: string, tensor: string) => `heads.${head}.trunk.${tensor}`;

export const isHeadTensor = (name: string) => name.startsWith('heads.');

/** A head that says 0 everywhere, as a value head begins. */
export const freshHead = (name: string, hiddenSize: number): HostWeights =>
  new Map([
    [headWeight(name), { shape: [1, hiddenSize], data: new Float32Array(hiddenSize) }],
    [headBias(name), { shape: [1], data: new Float32Array(1) }],
  ]);

/** A trunk of its own for a head, as it begins: what is trained of the model, once more. */
export const freshTrunk = (name: string, trained: HostWeights): HostWeights =>
  new Map([...trained].map(([tensor, values]) => [trunkWeight(name, tensor), values]));

/** The network that a head with a trunk of its own sits on: what is not trained is shared with the policy. */
export const trunkOf = (network: Network, name: string): Network => {
  const prefix = trunkWeight(name, '');
  const weights = new Map(network.weights);
  for (const [own, tensor] of network.weights)
    if (own.startsWith(prefix)) weights.set(own.slice(prefix.length), tensor);
  return { ...network, weights };
};

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
