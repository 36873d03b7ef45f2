import type { LoadedModel } from '../load/loaded-model';
import type { HostWeights, WeightStorage } from '../model/host-weights';
import { linearModules } from '../model/linear-modules';
import type { LoraScale, LoraSettings } from '../model/lora';
import { freshLora, loraScales, uploadLora } from '../model/lora';
import type { Network, Weights } from '../model/network';
import { disposeParameters, loadParameters, loadWeights } from '../model/parameters';
import type { PeftAdapter } from '../model/peft';
import type { Tensor } from '../tf';
import { uploadKept } from '../tf';
import { sha256Hex } from '../util/hash';
import { createRng } from '../util/rng';
import type { AdapterDocument, RunDocument } from './run-document';

/** What a run trains and from where, before anything is on the device. */
export interface PolicyPlan {
  model: LoadedModel;
  storage: WeightStorage;
  /** The adapter as the run begins with it; undefined when all weights are trained. */
  adapter:
    | { settings: LoraSettings; initial: HostWeights; reference: AdapterDocument['reference'] }
    | undefined;
}

/** The weights of a run on the device. */
export interface Policy {
  /** All weights, or the adapter's. */
  trained: Map<string, Tensor>;
  /** The model's own beside an adapter, packed or not; empty when all are trained. */
  frozen: Weights;
  lora: LoraScale | undefined;
}

/**
 * What the document asks for, with the initial adapter: the stored one it names, or a fresh one from the run's seed.
 * @param stored the adapter that `document.adapter.from` names
 * @throws LoraError when the target modules do not fit the model
 */
export const planPolicy = (
  model: LoadedModel,
  document: Pick<RunDocument, 'weights' | 'adapter' | 'seed'>,
  stored: PeftAdapter | undefined,
): PolicyPlan => {
  const { adapter, weights: storage } = document;
  if (!adapter) return { model, storage: 'f32', adapter: undefined };
  const { from: _from, reference, ...fresh } = adapter;
  // Its own rank, scale and modules come with a stored one; dropout is how it is trained, not what it is.
  const settings = stored ? { ...stored.settings, dropout: adapter.dropout } : fresh;
  const modules = linearModules(model.config);
  const initial = stored?.tensors ?? freshLora(modules, settings, createRng(document.seed).fork('lora'));
  return { model, storage, adapter: { settings, initial, reference } };
};

/** Content hash of what the run begins with: of the model, how it lies on the device, and the adapter. */
export const planHash = async ({ model, storage, adapter }: PolicyPlan): Promise<string> => {
  if (!adapter) return model.hash;
  const parts: (string | Float32Array)[] = [model.hash, storage, JSON.stringify(adapter.settings)];
  for (const [name, { data }] of adapter.initial) parts.push(name, data);
  return sha256Hex(parts);
};

/**
 * Content hash of the reference. A fresh adapter changes nothing, so the model alone decides unless the run goes on
 * with an adapter and compares with it.
 */
export const referenceHash = async (plan: PolicyPlan): Promise<string> => {
  if (!plan.adapter) return plan.model.hash;
  if (plan.adapter.reference === 'adapter') return planHash(plan);
  return sha256Hex([plan.model.hash, plan.storage]);
};

/** The weights that the run trains, as they are at its beginning. */
export const initialTrained = ({ model, adapter }: PolicyPlan): HostWeights =>
  adapter ? adapter.initial : model.weights;

/** The tensors that are trained: all of the model's, or the adapter's. */
export const uploadTrained = ({ model, adapter }: PolicyPlan, trained: HostWeights): Map<string, Tensor> =>
  adapter ? uploadLora(trained) : uploadAll(model, trained);

/** All weights of a model; those of one that draws were checked when its files were read. */
const uploadAll = (model: LoadedModel, weights: HostWeights): Map<string, Tensor> =>
  model.denoiser
    ? new Map([...weights].map(([name, { shape, data }]) => [name, uploadKept(data, [...shape])]))
    : loadParameters(model.config, weights);

/** Puts everything on the device; `trained` instead of the initial values when a run goes on. */
export const createPolicy = (plan: PolicyPlan, trained: HostWeights = initialTrained(plan)): Policy => {
  const { model, storage, adapter } = plan;
  if (!adapter) return { trained: uploadTrained(plan, trained), frozen: new Map(), lora: undefined };
  const frozen = loadWeights(model.config, model.weights, storage);
  try {
    return { frozen, trained: uploadTrained(plan, trained), lora: loraScales(adapter.settings) };
  } catch (error) {
    disposeParameters(frozen);
    throw error;
  }
};

/** The policy's frozen weights with these trained ones beside them. */
export const networkWith = (
  { model }: PolicyPlan,
  { frozen, lora }: Pick<Policy, 'frozen' | 'lora'>,
  trained: ReadonlyMap<string, Tensor>,
): Network => ({
  get config() {
    return model.config; // which a model that draws does not have
  },
  weights: new Map([...frozen, ...trained]),
  ...(lora ? { lora } : {}),
});

/** Sets the trained weights back, without touching the frozen ones. */
export const resetTrained = (plan: PolicyPlan, policy: Policy, trained: HostWeights) => {
  const next = uploadTrained(plan, trained);
  disposeParameters(policy.trained);
  policy.trained = next;
};

/**
 * The reference on the device: beside an adapter the same frozen weights, so that there is no second copy; else a copy
 * of the initial weights.
 * @returns the network, and what `dispose` frees of it
 */
export const createReference = (plan: PolicyPlan, policy: Policy): { network: Network; dispose(): void } => {
  const { model } = plan;
  if (!plan.adapter) {
    const own = uploadAll(model, model.weights);
    return {
      network: networkWith(plan, { frozen: new Map(), lora: undefined }, own),
      dispose: () => disposeParameters(own),
    };
  }
  if (plan.adapter.reference === 'base') {
    return { network: { config: model.config, weights: policy.frozen }, dispose: () => undefined };
  }
  const own = uploadTrained(plan, plan.adapter.initial);
  return { network: networkWith(plan, policy, own), dispose: () => disposeParameters(own) };
};

export const disposePolicy = (policy: Policy) => {
  disposeParameters(policy.trained);
  disposeParameters(policy.frozen);
};
