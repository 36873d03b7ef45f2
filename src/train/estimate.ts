/**
 * What a run will take of memory and time, from shapes alone. Held against the measured peak in test/gpu/estimate.test.ts.
 */
import type { Estimate } from '../../workers/protocol';
import { remediesOf } from './remedies';
import type { RunDocument } from './run-document';
import type { EstimateInput } from './run-facts';
import { plainMethod } from './run-facts';
import { dataOf, numbersOf, problemOf, sizesOf } from './run-sizes';
import { timeAhead } from './time-ahead';

/** A step takes longer than its products: attention, norms, the optimiser. Measured 1.5 to 1.7, on wasm and a software GPU. */
const BESIDE_PRODUCTS = 1.6;

/** Passes over the weights per token: forward, gradient of the activations, of the weights, and what is computed again. */
const passes = ({ adapter, checkpointing }: RunDocument) => 2 + (adapter ? 0 : 1) + (checkpointing ? 1 : 0);

/**
 * Memory and time of a run. When it does not fit, the changes that together would make it fit.
 * @param adapter what a change to an adapter would set
 */
export const estimateRun = (input: EstimateInput, adapter: RunDocument['adapter']): Estimate => {
  const { device, document, config, data } = input;
  const method = input.method ?? plainMethod(document.steps);
  const sizes = sizesOf(input);
  const problem = problemOf(sizes, device);
  const remedies = problem === '' ? [] : remediesOf(input, adapter);
  const forwards = method.trunk ? 2 : 1;
  const work = 2 * numbersOf(config) * passes(document) * forwards * sizes.tokensPerStep;
  const secondsPerStep = device.flops ? (BESIDE_PRODUCTS * work) / device.flops : undefined;
  return {
    ...sizes,
    longest: Math.round(data.longest),
    limitBytes: device.memory,
    secondsPerStep,
    passes: method.passes,
    allSteps: method.allSteps,
    ...timeAhead({
      document,
      ...method,
      trees: document.data.dataset ? data.trees : document.data.trees,
      heldOut: data.heldOut,
      there: data.there ?? false,
      treeTokens: dataOf(input).meanTokens,
      answerTokens: data.meanScored / 2,
      numbers: numbersOf(config),
      flops: device.flops,
      secondsPerStep,
    }),
    fits: problem === '',
    problem:
      problem !== '' && remedies.length === 0
        ? `${problem} No settings here would make it fit; choose a smaller model.`
        : problem,
    remedies,
  };
};
