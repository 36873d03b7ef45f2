import { expect } from 'vitest';
import { adamWToArrays, createAdamW, disposeAdamW } from '../../../src/kernels/adamw';
import { logistic } from '../../../src/methods/pairwise/dpo';
import type { ModelConfig } from '../../../src/model/config';
import { parseModelConfig } from '../../../src/model/config';
import type { HostTensor, WeightStorage } from '../../../src/model/host-weights';
import { linearModules } from '../../../src/model/linear-modules';
import { loraScale, uploadLora } from '../../../src/model/lora';
import type { Weights } from '../../../src/model/network';
import { disposeParameters, loadParameters, loadWeights } from '../../../src/model/parameters';
import type { PeftAdapter } from '../../../src/model/peft';
import { readPeftAdapter } from '../../../src/model/peft';
import { readSafetensors } from '../../../src/model/safetensors';
import type { Tensor } from '../../../src/tf';
import { readFloats } from '../../../src/tf';
import { learningRateAt } from '../../../src/train/schedule';
import { scoreTrees } from '../../../src/train/score';
import type { StepHyper, StepState } from '../../../src/train/step';
import { trainStep } from '../../../src/train/step';
import { pairTree } from '../../../src/tree/build';
import type { PreferenceTree } from '../../../src/tree/tree';
import type { GoldenFiles } from '../../support/golden-files';
import { goldenJson } from '../../support/golden-files';

/** What test/golden/make_trl.py writes; its header says what is what. */
export interface Pair {
  prompt: number[];
  chosen: number[];
  rejected: number[];
}

interface BatchGolden {
  pairs: number[];
  beta: number;
  loss: number;
  metrics: Record<string, number>;
}

interface StepsGolden {
  beta: number;
  peakLearningRate: number;
  schedule: 'constant' | 'linear' | 'cosine';
  warmup: number;
  adamW: { beta1: number; beta2: number; epsilon: number };
  weightDecay: number;
  maxGradNorm: number;
  steps: ({ microBatches: number[][] } & Record<string, number>)[];
}

export type BatchName = 'batch-lora' | 'batch-rslora';
export type RunName = 'lora' | 'lora-accumulated' | 'full';

interface Base {
  config: ModelConfig;
  tensors: ReadonlyMap<string, HostTensor>;
  trees: PreferenceTree[];
}

export const readAdapter = async (
  files: GoldenFiles,
  folder: string,
  config: ModelConfig,
): Promise<PeftAdapter> => {
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  const bytes = await Promise.all(names.map((name) => files.bytes(`${folder}/${name}`)));
  return readPeftAdapter(new Map(names.map((name, i) => [name, bytes[i]!])), linearModules(config));
};

export const treeOf = ({ prompt, chosen, rejected }: Pair, i: number): PreferenceTree =>
  pairTree({ id: `${i}`, prompt, chosenSteps: [chosen], rejectedSteps: [rejected] });

const readTensors = async (files: GoldenFiles, path: string) =>
  readSafetensors(await files.bytes(path), path).tensors;

export const openBase = async (files: GoldenFiles): Promise<Base> => {
  const pairs = await goldenJson<Pair[]>(files, 'trl/pairs.json');
  return {
    config: parseModelConfig(await goldenJson(files, 'trl/base/config.json')),
    tensors: await readTensors(files, 'trl/base/model.safetensors'),
    trees: pairs.map(treeOf),
  };
};

const method = (beta: number) => ({ objective: logistic({ beta }) });

/** PEFT's names of the trained tensors are ours behind this prefix; a full model's are ours as they are. */
const golden = (tensors: ReadonlyMap<string, HostTensor>, name: string): HostTensor => {
  const tensor = tensors.get(name) ?? tensors.get(`base_model.model.${name}`);
  if (!tensor) throw new Error(`The fixture has no tensor ${name}.`);
  return tensor;
};

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, value) => Math.max(max, Math.abs(value)), 0);

const expectMetrics = (ours: Record<string, number>, theirs: Record<string, number>, tolerance: number) => {
  for (const name of [
    'rewards/chosen',
    'rewards/rejected',
    'rewards/margins',
    'logps/chosen',
    'logps/rejected',
  ]) {
    const expected = theirs[name]!;
    expect(ours[name], name).toBeAllclose(expected, { rtol: tolerance, atol: tolerance / 10 });
  }
};

/** Log-probs of the reference: the base with the adapter off, though its tensors lie in the same map. */
export const referenceOf = async (
  { config, trees }: Base,
  weights: Weights,
  adapter: Map<string, Tensor>,
) => ({
  read: 'logProb' as const,
  byTree: await scoreTrees({ config, weights: new Map([...weights, ...adapter]) }, trees, async () => {}),
});

export interface BatchOptions {
  storage?: WeightStorage;
  checkpointing?: boolean;
  /** Instead of the adapter's own: to show that the comparison tells. */
  scale?: number;
}

/**
 * Loss, metrics, gradient norm and the gradient of every adapter tensor on TRL's batch of four pairs, within 1e-4. The
 * gradients are read out of the optimiser: with beta1 = 0 and no clipping the first moment is the gradient itself.
 */
export const expectTrlBatch = async (files: GoldenFiles, name: BatchName, options: BatchOptions = {}) => {
  const base = await openBase(files);
  const fixture = await goldenJson<BatchGolden>(files, `trl/${name}.json`);
  const gradients = await readTensors(files, `trl/${name}.gradients.safetensors`);
  const { settings, tensors } = await readAdapter(files, `trl/${name}`, base.config);
  const frozen = loadWeights(base.config, base.tensors, options.storage ?? 'f32');
  const parameters = uploadLora(tensors);
  expect(parameters.size).toBe(gradients.size);
  const reference = await referenceOf(base, frozen, parameters);
  const state: StepState = {
    config: base.config,
    parameters,
    frozen,
    lora: { scale: options.scale ?? loraScale(settings) },
    ...(options.checkpointing === undefined ? {} : { checkpointing: options.checkpointing }),
    optimizer: createAdamW(parameters),
    ...method(fixture.beta),
    constants: { reference },
  };
  const hyper: StepHyper = {
    learningRate: 0,
    beta1: 0,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 0,
    step: 1,
  };
  try {
    const { metrics } = await trainStep(state, [fixture.pairs.map((i) => base.trees[i]!)], hyper);
    expect(metrics['loss']).toBeAllclose(fixture.loss, { rtol: 1e-4, atol: 0 });
    expectMetrics(metrics, fixture.metrics, 1e-4);
    expect(metrics['rewards/accuracies']).toBe(fixture.metrics['rewards/accuracies']);
    const { m } = await adamWToArrays(state.optimizer);
    expect([...m.keys()].sort()).toEqual([...parameters.keys()].sort());
    let squares = 0;
    for (const [tensor, ours] of m) {
      const theirs = golden(gradients, tensor).data;
      for (const g of theirs) squares += g * g;
      expect(ours, tensor).toBeAllclose(theirs, { rtol: 1e-4, atol: 1e-5 * largest(theirs) });
    }
    expect(metrics['grad_norm']).toBeAllclose(Math.sqrt(squares), { rtol: 1e-4, atol: 0 });
  } finally {
    disposeAdamW(state.optimizer);
    disposeParameters(parameters);
    disposeParameters(frozen);
  }
};

/** The worst was 5e-7 on every backend; a real GPU may sum in another order. */
const LOSS_TOLERANCE = 1e-4;

/** From this step on the policy differs from the reference, and a win is more than a rounding error. */
const FIRST_MOVED = 2;

/**
 * Twenty steps on TRL's own data order: each step's loss, gradient norm, rewards and log-probs, and the trained tensors
 * afterwards. The learning rates are ours, and equal to those that were logged.
 */
export const expectTrlSteps = async (files: GoldenFiles, run: RunName) => {
  const base = await openBase(files);
  const fixture = await goldenJson<StepsGolden>(files, `trl/steps-${run}.json`);
  const full = run === 'full';
  const adapter = full ? undefined : await readAdapter(files, 'trl/steps-initial', base.config);
  const frozen: Weights = full ? new Map() : loadWeights(base.config, base.tensors, 'f32');
  const parameters = adapter ? uploadLora(adapter.tensors) : loadParameters(base.config, base.tensors);
  const state: StepState = {
    config: base.config,
    parameters,
    frozen,
    ...(adapter ? { lora: { scale: loraScale(adapter.settings) } } : {}),
    optimizer: createAdamW(parameters),
    ...method(fixture.beta),
    constants: { reference: await referenceOf(base, frozen, parameters) },
  };
  try {
    for (const [i, theirs] of fixture.steps.entries()) {
      const learningRate = learningRateAt(
        { kind: fixture.schedule, warmup: fixture.warmup },
        fixture.peakLearningRate,
        i,
        fixture.steps.length,
      );
      expect(learningRate).toBeCloseTo(theirs['learning_rate']!, 12);
      const microBatches = theirs.microBatches.map((indices) => indices.map((t) => base.trees[t]!));
      const { metrics } = await trainStep(state, microBatches, {
        learningRate,
        ...fixture.adamW,
        weightDecay: fixture.weightDecay,
        maxGradNorm: fixture.maxGradNorm,
        step: i + 1,
      });
      const difference = Math.abs(metrics['loss']! - theirs['loss']!);
      expect(difference, `loss of step ${i}`).toBeLessThan(LOSS_TOLERANCE);
      expect(metrics['grad_norm'], `gradient norm of step ${i}`).toBeAllclose(theirs['grad_norm']!, {
        rtol: 1e-3,
        atol: 0,
      });
      expectMetrics(metrics, theirs, 1e-3);
      if (i >= FIRST_MOVED) expect(metrics['rewards/accuracies']).toBe(theirs['rewards/accuracies']);
    }
    for (const [name, { data }] of await readTensors(files, `trl/steps-${run}.final.safetensors`)) {
      const ours = parameters.get(name.replace(/^base_model\.model\./, ''));
      if (!ours) throw new Error(`There is no trained tensor ${name}.`);
      expect(await readFloats(ours), name).toBeAllclose(data, { rtol: 1e-3, atol: 1e-3 * largest(data) });
    }
  } finally {
    disposeAdamW(state.optimizer);
    disposeParameters(parameters);
    disposeParameters(frozen);
  }
};
