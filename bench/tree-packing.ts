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
import type { PackedBatch } from '../src/tree/packed-batch';
import { pairsOf } from '../src/tree/pairs-of';
import { createRng } from '../src/util/rng';
import { assertClose, timeInTurns } from './measure';
import { arithSmall, seededWeights } from './model-shape';
import { searchedTrees, stepPairs } from './pairs';
import type { Ratios, Say } from './report';

const hyper = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

/** A step of Step-DPO's loss on one batch, with weights of its own that begin alike. */
const makeSide = async (batch: PackedBatch) => {
  const config = arithSmall;
  const frozen = loadParameters(config, seededWeights(config, 7, 0.05));
  const reference = await scoreOne({ config, weights: frozen }, batch);
  disposeParameters(frozen);
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

/** How many times longer a step on `apart` takes than one on `packed`, which are the same pairs. Losses must agree. */
const ratioOf = async (say: Say, name: string, packed: PackedBatch, apart: PackedBatch, rounds: number) => {
  const [ours, other] = [await makeSide(packed), await makeSide(apart)];
  for (let i = 0; i < 2; i++) {
    const [a, b] = [await ours.step(), await other.step()];
    say(`${name}, loss at step ${i + 1}: packed ${a.toFixed(6)}, apart ${b.toFixed(6)}`);
    assertClose(`${name}, loss at step ${i + 1}, packed and apart`, a, b, 1e-4);
  }
  const ms = await timeInTurns({ packed: ours.step, apart: other.step }, rounds);
  ours.dispose();
  other.dispose();
  say(
    `${name}: packed ${ms.packed.toFixed(0)} ms for ${packed.tokenCount} tokens, apart ${ms.apart.toFixed(0)} ms for ${apart.tokenCount}`,
  );
  return ms.apart / ms.packed;
};

/**
 * One step on pairs that share much of their paths, the same kernels on both sides and no padding: Step-DPO's pairs, four fifths
 * of whose paths are shared, packed as trees against every response written whole; and the trees of a search against each of
 * their pairs as a tree of its own.
 */
export const benchTreePacking = async (
  say: Say,
  { pairs = 10, searches = 2, rounds = 5 } = {},
): Promise<Ratios> => {
  const steps = stepPairs(createRng(5), pairs, arithSmall.vocabSize);
  const searched = searchedTrees(createRng(6), searches, arithSmall.vocabSize);
  const pack = (trees: typeof steps, sides: 'shared' | 'apart' = 'shared') =>
    packForest(trees, { pad: 'none', sides });
  return {
    'treePacking.time': await ratioOf(say, 'steps', pack(steps), pack(steps, 'apart'), rounds),
    'treePacking.search': await ratioOf(
      say,
      'search',
      pack(searched),
      pack(searched.flatMap(pairsOf)),
      rounds,
    ),
  };
};
