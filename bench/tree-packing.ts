import { adamWStep, createAdamW, disposeAdamW } from '../src/kernels/adamw';
import { mainPass } from '../src/methods/method';
import { defaultParams } from '../src/methods/params';
import { stepDpo } from '../src/methods/stepwise/step-dpo';
import { disposeParameters, loadParameters } from '../src/model/parameters';
import { scoreBatch, uploadBatch } from '../src/model/transformer';
import type { Scalar, Tensor } from '../src/tf';
import { readFloats, tf } from '../src/tf';
import { lossInput } from '../src/train/inputs/loss-input';
import { scoreOne } from '../src/train/score';
import { packForest } from '../src/tree/pack';
import { createRng } from '../src/util/rng';
import { assertClose, timeInTurns } from './measure';
import { arithSmall, seededWeights } from './model-shape';
import { stepPairs } from './pairs';
import type { Ratios, Say } from './report';

const hyper = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

/**
 * One Step-DPO step on pairs that share four fifths of their paths: packed as trees, against every response written
 * whole. The same kernels, the same entries in the same order; no padding on either side. Losses must agree.
 */
export const benchTreePacking = async (say: Say, { pairs = 10, rounds = 5 } = {}): Promise<Ratios> => {
  const config = arithSmall;
  const trees = stepPairs(createRng(5), pairs, config.vocabSize);
  const frozen = loadParameters(config, seededWeights(config, 7, 0.05));
  const shared = packForest(trees, { pad: 'none' });
  const reference = await scoreOne({ config, weights: frozen }, shared);
  disposeParameters(frozen);

  const makeSide = (sides: 'shared' | 'apart') => {
    const batch = packForest(trees, { pad: 'none', sides });
    const parameters = loadParameters(config, seededWeights(config, 7));
    const names = [...parameters.keys()];
    const optimizer = createAdamW(parameters);
    const { objective } = mainPass(stepDpo, defaultParams(stepDpo));
    let count = 0;
    const step = async (): Promise<number> => {
      const { value, grads } = tf.tidy(() => {
        const tensors = uploadBatch(batch, config);
        return tf.valueAndGrads((...values: Tensor[]) => {
          const weights = new Map(names.map((name, i) => [name, values[i]!]));
          const policy = scoreBatch({ config, weights }, tensors);
          return objective.loss(lossInput(batch, policy, { reference })).loss as Scalar;
        })([...parameters.values()]);
      });
      const gradients = new Map(names.map((name, i) => [name, grads[i]!]));
      const norm = adamWStep(optimizer, parameters, gradients, { ...hyper, step: ++count });
      tf.dispose(grads);
      const loss = (await readFloats(value))[0]!;
      await readFloats(tf.tidy(() => tf.sum(parameters.get(names.at(-1)!)!)));
      tf.dispose([value, norm]);
      return loss;
    };
    const dispose = () => {
      disposeAdamW(optimizer);
      disposeParameters(parameters);
    };
    return { batch, step, dispose };
  };
  const packed = makeSide('shared');
  const apart = makeSide('apart');
  for (let i = 0; i < 2; i++) {
    const [a, b] = [await packed.step(), await apart.step()];
    say(`loss at step ${i + 1}: packed ${a.toFixed(6)}, apart ${b.toFixed(6)}`);
    assertClose(`loss at step ${i + 1}, packed and apart`, a, b, 1e-4);
  }
  const ms = await timeInTurns({ packed: packed.step, apart: apart.step }, rounds);
  packed.dispose();
  apart.dispose();
  say(
    `packed ${ms.packed.toFixed(0)} ms for ${packed.batch.tokenCount} tokens, apart ${ms.apart.toFixed(0)} ms for ${apart.batch.tokenCount}`,
  );
  return { 'treePacking.time': ms.apart / ms.packed };
};
