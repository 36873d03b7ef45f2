import { createAdamW, disposeAdamW } from '../src/kernels/adamw';
import { logistic } from '../src/methods/pairwise/dpo';
import { disposeParameters, loadParameters } from '../src/model/parameters';
import { gpuStats, resetGpuStats } from '../src/tf';
import { scoreTrees } from '../src/train/score';
import type { StepHyper, StepState } from '../src/train/step';
import { trainStep } from '../src/train/step';
import { joinTreeNumbers } from '../src/train/tree-numbers';
import { packForest } from '../src/tree/pack';
import { createRng } from '../src/util/rng';
import { jaxjsStep } from './jaxjs-step';
import { assertClose, timeInTurns } from './measure';
import { arithSmall, seededWeights } from './model-shape';
import { answerPairs, padPairs } from './pairs';
import { plainStep } from './plain-step';
import type { Ratios, Say } from './report';

export interface DpoBenchOptions {
  pairs?: number;
  rounds?: number;
}

const hyper = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const CHECKED_STEPS = 2;

/**
 * One DPO step (policy forward and backward, AdamW; the reference's log-probs are cached) of the arith-small shape:
 * ours on a packed batch, against the same model in plain tfjs ops and in jit-compiled jax-js on padded rows. All three
 * begin at the same weights and must agree on the losses of the first steps.
 */
export const benchDpoStep = async (
  say: Say,
  { pairs = 8, rounds = 3 }: DpoBenchOptions = {},
): Promise<Ratios> => {
  const config = arithSmall;
  const weights = seededWeights(config, 7);
  const trees = answerPairs(createRng(11), pairs, config.vocabSize);
  const padded = padPairs(trees);

  const frozen = loadParameters(config, seededWeights(config, 7, 0.05));
  const byTree = await scoreTrees({ config, weights: frozen }, trees, async () => {});
  const reference = { read: 'logProb' as const, byTree };
  disposeParameters(frozen);
  const batch = packForest(trees);
  const refLogProb = joinTreeNumbers(batch, reference);
  const refSum = Float32Array.from(
    batch.comparisons.flatMap(({ chosen, rejected }) =>
      [chosen, rejected].map((r) => {
        const { entryStart, entryEnd } = batch.responses[r]!;
        return refLogProb.subarray(entryStart, entryEnd).reduce((x, y) => x + y, 0);
      }),
    ),
  );

  const parameters = loadParameters(config, weights);
  const beta = 0.1;
  const state: StepState = {
    config,
    parameters,
    optimizer: createAdamW(parameters),
    objective: logistic({ beta }),
    constants: { reference },
  };
  let counts = { ours: 0, tfjs: 0, jaxjs: 0 };
  const next = (side: keyof typeof counts): StepHyper => {
    counts = { ...counts, [side]: counts[side] + 1 };
    return { ...hyper, step: counts[side] };
  };
  const ours = async () => (await trainStep(state, [trees], next('ours'))).metrics['loss']!;
  const plain = plainStep(config, weights, padded, refSum, beta);
  const jax = await jaxjsStep(config, weights, padded, refSum, beta, hyper);

  // These first steps are also everyone's warm-up.
  for (let i = 0; i < CHECKED_STEPS; i++) {
    const timed = async (side: string, step: () => Promise<number>) => {
      const start = performance.now();
      const loss = await step();
      say(`warm-up ${i + 1}, ${side}: ${(performance.now() - start).toFixed(0)} ms, loss ${loss.toFixed(6)}`);
      return loss;
    };
    const a = await timed('ours', ours);
    const b = await timed('tfjs', () => plain.step(next('tfjs')));
    const c = await timed('jax-js', () => jax.step(next('jaxjs')));
    assertClose(`loss at step ${i + 1}, ours and tfjs`, a, b, 1e-4);
    assertClose(`loss at step ${i + 1}, ours and jax-js`, a, c, 1e-4);
  }

  resetGpuStats();
  const before = gpuStats().bytes;
  await ours();
  const { dispatches, peakBytes } = gpuStats();
  resetGpuStats();
  await plain.step(next('tfjs'));
  const other = gpuStats();

  const ms = await timeInTurns(
    { ours, tfjs: () => plain.step(next('tfjs')), jaxjs: () => jax.step(next('jaxjs')) },
    rounds,
  );
  plain.dispose();
  jax.dispose();
  disposeAdamW(state.optimizer);
  disposeParameters(parameters);

  const rate = (t: number) => `${t.toFixed(0)} ms, ${((1000 * padded.tokenCount) / t).toFixed(0)} tokens/s`;
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  say(
    `${pairs} pairs, ${padded.tokenCount} tokens along their paths, ${padded.rows} x ${padded.length} padded`,
  );
  say(`ours   ${rate(ms.ours)}, ${dispatches} dispatches, ${mega(peakBytes - before)} above rest`);
  say(
    `tfjs   ${rate(ms.tfjs)}, ${other.dispatches} dispatches, ${mega(other.peakBytes - before)} above rest`,
  );
  say(`jax-js ${rate(ms.jaxjs)}`);
  say(
    `dispatches: ${dispatches} of at most ${50 * config.layers + 40} (${((dispatches - 40) / config.layers).toFixed(1)} per layer after 40)`,
  );
  return {
    'dpoStep.tfjs': ms.tfjs / ms.ours,
    'dpoStep.jaxjs': ms.jaxjs / ms.ours,
    dispatchesPerStep: dispatches,
  };
};
