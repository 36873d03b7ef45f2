import { describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import { mainPass } from '../../../src/methods/method';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import type { HostWeights } from '../../../src/model/host-weights';
import { loadParameters } from '../../../src/model/parameters';
import { uploadBatch } from '../../../src/model/transformer';
import type { Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { scoreTrees } from '../../../src/train/score';
import { forwardPass, prepareBatch } from '../../../src/train/step';
import type { TreeNumbers } from '../../../src/train/tree-numbers';
import type { PreferenceTree, TreeNode } from '../../../src/tree/tree';
import { createRng } from '../../../src/util/rng';
import { tinyModel } from '../../support/tiny-model';

/** A prompt, a scored step that all answers share, and three answers, of which the last has two more steps. */
const treeOf = (id: string, seed: number): PreferenceTree => {
  const rng = createRng(seed);
  const tokens = (n: number) => Array.from({ length: n }, () => 3 + rng.int(12));
  const step = (parent: number, n: number): TreeNode => ({
    parent,
    tokens: tokens(n),
    role: 'step',
    scored: true,
    labels: { score: 0.2 + 0.7 * rng.next(), q: rng.next() * 2 - 1 },
  });
  return {
    id,
    nodes: [
      { parent: -1, tokens: tokens(3), role: 'prompt', scored: false },
      step(0, 2),
      step(1, 3),
      step(1, 1),
      step(1, 2),
      step(4, 2),
    ],
    responses: [
      { leaf: 2, score: 1, labels: { desirable: 1 } },
      { leaf: 3, score: 0.2, labels: { desirable: 0 } },
      { leaf: 5, score: 0.6, labels: { desirable: 1 } },
    ],
    comparisons: [
      { chosen: 0, rejected: 1 },
      { chosen: 2, rejected: 1 },
    ],
  };
};

const trees = [treeOf('a', 1), treeOf('b', 2)];
const eos = 2;

/** Everything that a step of a method needs, on the CPU; the policy is one random model and the reference another. */
const prepare = async (id: string, params: Params) => {
  await initBackend('cpu');
  const method = methodById(id);
  const { objective } = mainPass(method, { ...defaultParams(method), ...params });
  const [policy, reference] = [tinyModel(1), tinyModel(2)];
  const frozen = { config: reference.config, weights: loadParameters(reference.config, reference.weights) };
  const reading = {
    ...(objective.reads.reference && { reference: 'logProb' as const }),
    ...Object.fromEntries(
      Object.entries(objective.reads.frozen ?? {}).map(([name, { read }]) => [name, read]),
    ),
  };
  const constants: Record<string, TreeNumbers> = {};
  for (const [name, read] of Object.entries(reading)) {
    constants[name] = { read, byTree: await scoreTrees(frozen, trees, async () => {}, { read, eos }) };
  }
  const weights: HostWeights = new Map(policy.weights);
  if (objective.reads.head) {
    const [rng, { name }] = [createRng(7), objective.reads.head];
    const data = Float32Array.from({ length: policy.config.hiddenSize }, () => 0.3 * rng.normal());
    weights.set(`heads.${name}.weight`, { shape: [1, data.length], data });
    weights.set(`heads.${name}.bias`, { shape: [1], data: Float32Array.of(0.1) });
  }
  return { objective, config: policy.config, weights, constants };
};

/** The loss, and its gradient by every weight, as a training step has them. */
const lossOf = async (id: string, params: Params) => {
  const { weights, config, ...rest } = await prepare(id, params);
  const names = [...weights.keys()];
  const at = (values: HostWeights) =>
    names.map((n) => tf.tensor(values.get(n)!.data, [...values.get(n)!.shape]));
  const prepared = prepareBatch(trees, { ...rest, config, eos });
  const loss = (...values: Tensor[]) => {
    const network = { config, weights: new Map(names.map((name, i) => [name, values[i]!])) };
    return forwardPass(network, prepared, rest, uploadBatch(prepared.batch, config)).loss;
  };
  const value = (name: string, index: number, by: number) =>
    tf.tidy(() => {
      const { data, shape } = weights.get(name)!;
      const moved = data.slice();
      moved[index]! += by;
      const scalar = loss(...at(new Map(weights).set(name, { data: moved, shape })));
      return { loss: scalar.dataSync()[0]!, at: moved[index]! };
    });
  const grads = tf.tidy(() => tf.grads(loss)(at(weights)));
  const gradient = new Map(names.map((name, i) => [name, grads[i]!.dataSync() as Float32Array]));
  tf.dispose(grads);
  return { value, gradient };
};

/** One method of each grain, with parameters that leave nothing detached but constants. */
describe.each([
  ['tokens', 'gdpo', { alpha: 0.5 }],
  ['steps', '2d-dpo', { robust: 'variance', noise: 0.2, beta: 0.5 }],
  ['answers', 'kto', { beta: 0.5 }],
  ['pairs', 'dpo', { beta: 0.5, fDivergence: 'js', labelSmoothing: 0.1 }],
  ['lists', 'tpo', { beta: 0.5 }],
  ['a value head', 'svpo', { beta: 0.5, sftWeight: 0.2, margin: 1.5 }],
])('the gradient through a model: %s, %s', (_, id, params) => {
  it('is that of central differences in every kind of weight', async () => {
    const { value, gradient } = await lossOf(id, params);
    const largest = Math.max(...[...gradient.values()].map((g) => Math.max(...g.map(Math.abs))));
    expect(largest).toBeGreaterThan(1e-3);
    const wrong: string[] = [];
    for (const [name, g] of gradient) {
      const steepest = g.reduce((best, x, i) => (Math.abs(x) > Math.abs(g[best]!) ? i : best), 0);
      for (const index of new Set([steepest, Math.floor(g.length / 3)])) {
        const [up, down] = [value(name, index, 0.01), value(name, index, -0.01)];
        const numeric = (up.loss - down.loss) / (up.at - down.at);
        if (Math.abs(numeric - g[index]!) > 0.02 * Math.abs(numeric) + 1e-3 * largest) {
          wrong.push(`${name}[${index}]: ${g[index]}, not ${numeric}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
