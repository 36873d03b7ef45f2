import { beforeAll, describe, expect, it } from 'vitest';
import { createAdamW, disposeAdamW } from '../../../src/kernels/adamw';
import { methodById } from '../../../src/methods';
import { mainPass } from '../../../src/methods/method';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import { loraScale, uploadLora } from '../../../src/model/lora';
import { disposeParameters, loadWeights } from '../../../src/model/parameters';
import { initBackend } from '../../../src/tf';
import { learningRateAt } from '../../../src/train/schedule';
import { trainStep } from '../../../src/train/step';
import type { PreferenceTree, TreeNode } from '../../../src/tree/tree';
import pairs from '../../golden/trl/pairs.json';
import golden from '../../golden/trl-methods.json';
import { goldenFiles } from '../../support/golden-node';
import type { Pair } from './trl-parity';
import { openBase, readAdapter, referenceOf, treeOf } from './trl-parity';

/** What test/golden/make_trl_methods.py writes; its header says what is what. */
interface Run {
  trainer: string;
  promptTokens?: number;
  steps: ({ microBatches: number[][] } & Record<string, number>)[];
}

interface Golden {
  common: { learning_rate: number; per_device_train_batch_size: number };
  answers: { pair: number; side: 'chosen' | 'rejected'; desirable: boolean }[];
  runs: Record<string, Run>;
}

const { common, answers, runs } = golden as unknown as Golden;

const rewards = ['rewards/chosen', 'rewards/rejected', 'rewards/margins', 'rewards/accuracies'];
const logps = ['logps/chosen', 'logps/rejected'];

interface Ours {
  method: string;
  params: Params;
  /** Metrics that are the same number, ours first where the names differ. */
  metrics?: readonly (string | readonly [string, string])[];
  /** Losses alone are compared. */
  lossOnly?: true;
}

const ours: Record<string, Ours> = {
  dpo: { method: 'dpo', params: { beta: 0.1 } },
  'dpo, accumulated': { method: 'dpo', params: { beta: 0.1 } },
  'dpo, forward KL': { method: 'dpo', params: { beta: 0.1, fDivergence: 'forward_kl' } },
  'dpo, Jensen-Shannon': { method: 'dpo', params: { beta: 0.1, fDivergence: 'js' } },
  'dpo, alpha divergence': { method: 'dpo', params: { beta: 0.1, fDivergence: 'alpha', fAlpha: 0.5 } },
  // TRL's logps carry the coefficients, ours are the answers' own.
  'ld-dpo': { method: 'ld-dpo', params: { beta: 0.1, alpha: 0.4 }, metrics: rewards },
  'dpo-norm': { method: 'dpo-norm', params: { beta: 2 } },
  ipo: { method: 'ipo', params: { beta: 0.1, average: 'token-mean' } },
  hinge: { method: 'hinge', params: { beta: 0.1 } },
  exo: { method: 'exo', params: { beta: 0.1, labelSmoothing: 0.05 } },
  nca: { method: 'nca', params: { beta: 0.1 } },
  'robust-dpo': { method: 'robust-dpo', params: { beta: 0.1, labelSmoothing: 0.1 } },
  'bco-pair': { method: 'bco-pair', params: { beta: 0.1 } },
  sppo: { method: 'sppo', params: { beta: 0.1 } },
  aot: { method: 'aot', params: { beta: 0.1, labelSmoothing: 0.1 } },
  'aot-unpaired': { method: 'aot-unpaired', params: { beta: 0.1, labelSmoothing: 0.1 } },
  'apo-zero': { method: 'apo-zero', params: { beta: 0.1 } },
  'apo-down': { method: 'apo-down', params: { beta: 0.1 } },
  discopop: { method: 'discopop', params: { beta: 0.1, tau: 0.5 } },
  mpo: { method: 'mpo', params: { beta: 0.1, average: 'token-mean' } },
  rpo: { method: 'rpo', params: { beta: 0.01, eta: 0.005, average: 'token-mean' } },
  // CPOTrainer's logps are means over tokens; so is its gamma a margin of rewards, ours a ratio to beta.
  simpo: { method: 'simpo', params: { beta: 2, gammaRatio: 0.5 }, metrics: rewards },
  'simpo, with SFT': {
    method: 'simpo',
    params: { beta: 2, gammaRatio: 0.5, sftWeight: 0.5, labelSmoothing: 0.1 },
    metrics: rewards,
  },
  // TRL learns the prompt too and averages over all tokens of a batch; with one token of prompt and one pair in a micro-batch,
  // as this run has, that is our mean over answers. Its beta is the weight of the odds term; its rewards are mean log-probs, ours
  // log-odds, whose margin TRL logs as well.
  orpo: {
    method: 'orpo',
    params: { beta: 1, lambda: 0.25, sftWeight: 1 },
    metrics: [['rewards/margins', 'log_odds_chosen'], 'rewards/accuracies'],
  },
  kto: {
    method: 'kto',
    params: { beta: 0.1, desirableWeight: 1, undesirableWeight: 1.5 },
    metrics: ['kl'],
  },
};

/** A prompt with an answer that is judged, and one of another prompt beside it. */
const judgedTree = (id: string, prompt: number[], answer: number[], desirable: boolean, other: number[]) => {
  const step = (tokens: number[]): TreeNode => ({ parent: 0, tokens, role: 'step', scored: true });
  const tree: PreferenceTree = {
    id,
    nodes: [{ parent: -1, tokens: prompt, role: 'prompt', scored: false }, step(answer), step(other)],
    responses: [
      { leaf: 1, labels: { desirable: desirable ? 1 : 0 } },
      { leaf: 2, labels: { mismatched: 1 } },
    ],
    comparisons: [],
  };
  return tree;
};

/** KTOTrainer's examples, each with the mismatched answer that TRL's batch gives it: the one before, the first has the last. */
const judgedTrees = (): PreferenceTree[] => {
  const size = common.per_device_train_batch_size;
  const textOf = (i: number) => {
    const { pair, side } = answers[i]!;
    return pairs[pair]![side];
  };
  return answers.map(({ pair, desirable }, i) => {
    const first = i - (i % size);
    const before = first + ((i - first + size - 1) % size);
    return judgedTree(`${i}`, pairs[pair]!.prompt, textOf(i), desirable, textOf(before));
  });
};

const treesOf = ({ trainer, promptTokens }: Run): PreferenceTree[] =>
  trainer === 'KTOTrainer'
    ? judgedTrees()
    : (pairs as Pair[]).map((pair, i) => treeOf({ ...pair, prompt: pair.prompt.slice(0, promptTokens) }, i));

/** Of the loss, or of 1 where it is smaller. The worst was 1.7e-6, SPPO's, whose loss begins at 50. */
const LOSS_TOLERANCE = 5e-6;

/** Takes the run's steps with our loss, and compares metrics. @returns the largest difference of a loss */
const trainBeside = async (run: Run, { method: id, params, metrics: kept, lossOnly }: Ours) => {
  const method = methodById(id);
  const trees = treesOf(run);
  const base = { ...(await openBase(goldenFiles)), trees };
  const adapter = await readAdapter(goldenFiles, 'trl/steps-initial', base.config);
  const frozen = loadWeights(base.config, base.tensors, 'f32');
  const parameters = uploadLora(adapter.tensors);
  const { objective } = mainPass(method, { ...defaultParams(method), ...params });
  const state = {
    config: base.config,
    parameters,
    frozen,
    lora: { scale: loraScale(adapter.settings) },
    optimizer: createAdamW(parameters),
    objective,
    constants: objective.reads.reference ? { reference: await referenceOf(base, frozen, parameters) } : {},
  };
  const schedule = { kind: 'linear', warmup: 0 } as const;
  const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
  let worst = 0;
  try {
    expect(run.steps).toHaveLength(10);
    for (const [i, theirs] of run.steps.entries()) {
      const learningRate = learningRateAt(schedule, common.learning_rate, i, run.steps.length);
      expect(learningRate).toBeCloseTo(theirs['learning_rate']!, 12);
      const microBatches = theirs.microBatches.map((indices) => indices.map((t) => trees[t]!));
      const { metrics } = await trainStep(state, microBatches, { ...adamW, learningRate, step: i + 1 });
      const loss = theirs['loss']!;
      worst = Math.max(worst, Math.abs(metrics['loss']! - loss) / Math.max(1, loss));
      if (lossOnly) continue;
      expect(metrics['grad_norm'], `gradient norm of step ${i}`).toBeAllclose(theirs['grad_norm']!, {
        rtol: 1e-3,
        atol: 0,
      });
      for (const entry of kept ?? [...rewards, ...logps]) {
        const [mine, other] = typeof entry === 'string' ? [entry, entry] : entry;
        // While policy and reference are the same a win is a rounding error.
        if (mine === 'rewards/accuracies' && i === 0) continue;
        expect(metrics[mine], `${mine} of step ${i}`).toBeAllclose(theirs[other]!, {
          rtol: 1e-3,
          atol: 1e-4,
        });
      }
    }
  } finally {
    disposeAdamW(state.optimizer);
    disposeParameters(parameters);
    disposeParameters(frozen);
  }
  return worst;
};

beforeAll(async () => {
  await initBackend('cpu');
});

describe("ten steps of TRL's trainers", () => {
  it('has a method of ours for each', () => {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(runs).sort());
  });

  it.each(Object.keys(runs))('%s', async (name) => {
    expect(await trainBeside(runs[name]!, ours[name]!)).toBeLessThan(LOSS_TOLERANCE);
  });

  it('tells losses apart', async () => {
    const other = { ...ours['mpo']!, lossOnly: true } as const;
    const average = { ...other, params: { ...other.params, average: 'answer-mean' } };
    expect(await trainBeside(runs['mpo']!, average)).toBeGreaterThan(1e-3);
    const weight = { ...other, params: { ...other.params, qualityWeight: 0.21 } };
    expect(await trainBeside(runs['mpo']!, weight)).toBeGreaterThan(1e-3);
  });
});
