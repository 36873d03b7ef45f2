import { beforeAll, describe, expect, it } from 'vitest';
import type { AnalysedRun } from '../../../src/analysis/analysis';
import { runAnalysis } from '../../../src/analysis/index';
import { neuronsOf, tapOf } from '../../../src/analysis/neuron-observation';
import { readResponses, throughFinalNorm, valueVectors } from '../../../src/analysis/read-responses';
import { labHooks } from '../../../src/lab/lab-calls';
import { dpo } from '../../../src/methods/pairwise/dpo';
import type { HostWeights } from '../../../src/model/host-weights';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Task } from '../../../src/tasks/task';
import type { Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { chainTree, pairTree } from '../../../src/tree/build';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';
import { createRng } from '../../../src/util/rng';
import { tinyModel } from '../../support/tiny-model';

/* On random models of a few thousand weights, and a property made up for them: an answer that holds a 4 or a 9. */

beforeAll(async () => {
  await initBackend('cpu');
});

const model = tinyModel(3);
const { config } = model;

const on = async <T>(weights: HostWeights, f: (network: Network) => Promise<T>): Promise<T> => {
  const network = { config, weights: loadParameters(config, weights) };
  try {
    return await f(network);
  } finally {
    disposeParameters(network.weights);
  }
};

const sevens: Task = {
  ...arithmetic,
  labels: ['unlucky', 'other'],
  judge: ({ text }) => ({ score: 0, labels: { unlucky: /[49]/.test(text) ? 0 : 1 } }),
};

/** The token table's rows of "4" and "9" turned against where the hidden states mostly lie: a habit unlearned. */
const unlearned = async (): Promise<HostWeights> => {
  const weights: HostWeights = new Map(
    [...model.weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
  const rng = createRng(9);
  for (const [name, { data }] of weights) {
    if (!name.includes('mlp.')) continue;
    for (let i = 0; i < data.length; i++) data[i]! += 0.02 * rng.normal();
  }
  const { responses } = await on(model.weights, (network) =>
    readResponses(network, someTrees(20), async () => {}),
  );
  const table = weights.get('model.embed_tokens.weight')!.data;
  for (let j = 0; j < config.hiddenSize; j++) {
    const mean = responses.reduce((sum, { state }) => sum + state[j]! / responses.length, 0);
    for (const id of model.tokenizer.encode('49')) table[id * config.hiddenSize + j] = -3 * mean;
  }
  return weights;
};

let after: HostWeights;
beforeAll(async () => {
  after = await unlearned();
});

const runOf = (changes: Partial<AnalysedRun> = {}, policy = after): AnalysedRun => {
  const document = defaultRun(dpo, 'tiny');
  return {
    document: { ...document, data: { ...document.data, difficulty: 'easy', maxTokens: 6 } },
    model,
    task: sevens,
    treesMade: [],
    step: 5,
    withModel: (which, f) => on(which === 'policy' ? policy : model.weights, f),
    judge: undefined,
    weightsOf: () => Promise.reject(new Error('no pass')),
    ...changes,
  };
};

const hooks = (seed = 1, signal = new AbortController().signal) => ({
  ...labHooks(seed, signal, () => {}),
  signal,
});

const someTrees = (count: number): PreferenceTree[] => {
  const rng = createRng(4);
  const text = (n: number) => Array.from({ length: n }, () => 3 + rng.int(config.vocabSize - 3));
  return Array.from({ length: count }, (_, i) =>
    i % 2
      ? chainTree({ id: `${i}`, prompt: text(3), steps: [text(2), text(4)] })
      : pairTree({ id: `${i}`, prompt: text(4), chosenSteps: [text(3)], rejectedSteps: [text(5), text(1)] }),
  );
};

describe('reading responses', () => {
  it('means of states and activations are those of each response by itself', async () => {
    const trees = someTrees(5);
    const read = await on(model.weights, (network) =>
      readResponses(network, trees, async () => {}, { neurons: true }),
    );
    let at = 0;
    const sums = Array.from({ length: config.layers }, () => new Float64Array(config.intermediateSize));
    let tokens = 0;
    for (const tree of trees) {
      for (const { leaf } of tree.responses) {
        // The path alone, its scored tokens at the end.
        const path: number[] = [];
        for (let n = leaf; n >= 0; n = tree.nodes[n]!.parent) path.unshift(n);
        const ids = path.flatMap((n) => tree.nodes[n]!.tokens);
        const scored = path.flatMap((n) => tree.nodes[n]!.tokens.map(() => tree.nodes[n]!.scored));
        const batch = packForest([chainTree({ id: 'one', prompt: ids.slice(0, 1), steps: [ids.slice(1)] })], {
          pad: 'none',
        });
        const { hidden, seen } = await on(model.weights, async (network) => {
          const seen: Float32Array[] = [];
          const tap = { read: (_: number, x: Tensor) => void seen.push(x.dataSync() as Float32Array) };
          const out = tf.tidy(() =>
            forwardHidden({ ...network, tap }, uploadBatch(batch, config)).dataSync(),
          );
          return { hidden: out, seen };
        });
        const own = read.responses[at++]!;
        expect(own.tree).toBe(tree.id);
        expect(own.length).toBe(scored.filter(Boolean).length);
        const mean = Float32Array.from({ length: config.hiddenSize }, (_, j) =>
          scored.reduce((sum, is, t) => sum + (is ? hidden[t * config.hiddenSize + j]! / own.length : 0), 0),
        );
        expect([...own.state]).toBeAllclose([...mean], { rtol: 1e-4, atol: 1e-5 });
        scored.forEach((is, t) => {
          if (!is) return;
          tokens++;
          seen.forEach((values, layer) => {
            for (let n = 0; n < config.intermediateSize; n++)
              sums[layer]![n]! += values[t * config.intermediateSize + n]!;
          });
        });
      }
    }
    expect(at).toBe(read.responses.length);
    read.activations.forEach((values, layer) => {
      expect([...values]).toBeAllclose(
        [...sums[layer]!].map((sum) => sum / tokens),
        { rtol: 1e-4, atol: 1e-6 },
      );
    });
  });

  it('value vectors are the columns of the matrix out of the MLP', async () => {
    const vectors = await on(model.weights, (network) => valueVectors(network, 1));
    const down = model.weights.get('model.layers.1.mlp.down_proj.weight')!.data; // [d, f]
    const { hiddenSize: d, intermediateSize: f } = config;
    for (const [n, j] of [
      [0, 0],
      [5, 3],
      [f - 1, d - 1],
    ] as const)
      expect(vectors[n * d + j]).toBeCloseTo(down[j * f + n]!, 6);
  });

  it('a direction goes back through the final norm by its gain', async () => {
    const weights: HostWeights = new Map(model.weights);
    const gain = Float32Array.from({ length: config.hiddenSize }, (_, j) => 0.5 + j / 10);
    weights.set('model.norm.weight', { shape: [config.hiddenSize], data: gain });
    const direction = Float64Array.from({ length: config.hiddenSize }, (_, j) => (j % 3) - 1);
    const back = await on(weights, (network) => throughFinalNorm(network, direction));
    expect([...back]).toBeAllclose(
      [...gain].map((g, j) => g * direction[j]!),
      { rtol: 1e-6 },
    );
  });
});

describe('neurons', () => {
  it('stand with the cosine and projection of their value vectors', () => {
    const vectors = [Float32Array.of(3, 4, 0, -2)]; // two neurons, d = 2
    const [first, second] = neuronsOf([1, 0], vectors, [Float64Array.of(1, 2)], [Float64Array.of(0, 2)]);
    expect(first).toMatchObject({ layer: 0, index: 0, along: 3, before: 1, after: 0 });
    expect(first!.cosine).toBeCloseTo(0.6, 12);
    expect(second).toMatchObject({ cosine: 0, along: 0 });
  });

  it('are held, moved and switched off layer by layer', () => {
    const neuron = (layer: number, index: number, cosine: number, before: number, after: number) => ({
      layer,
      index,
      cosine,
      along: cosine,
      before,
      after,
    });
    const neurons = [
      neuron(0, 4, 0.9, 2, 0.5), // TP-, and the nearest
      neuron(1, 1, 0.4, -1, -2), // TN+
      neuron(1, 2, -0.3, 1, 3), // AP+
      neuron(0, 6, 0.2, 1, 2), // the wrong way
    ];
    const held = tapOf(neurons, { ablate: 0.25, patch: ['TN+'], how: 'hold' })!;
    expect([...held.overwrite]).toEqual([
      [0, { neurons: [4], values: [0], keep: [0] }],
      [1, { neurons: [1], values: [-2], keep: [0] }],
    ]);
    const moved = tapOf(neurons, { ablate: 0, patch: ['TP-', 'AP+'], how: 'shift' })!;
    expect([...moved.overwrite]).toEqual([
      [0, { neurons: [4], values: [-1.5], keep: [1] }],
      [1, { neurons: [2], values: [2], keep: [1] }],
    ]);
    expect(tapOf(neurons, { ablate: 0, patch: [], how: 'hold' })).toBeUndefined();
  });

  const small = { texts: 60, problems: 20 };

  it('tells what training did to a habit, and what the same to the model before does', async () => {
    const result = await runAnalysis('neuron-dynamics', runOf(), small, hooks());
    const { numbers, figures } = result;
    expect(numbers['habit/before']).toBeGreaterThan(numbers['habit/after training']!);
    expect(numbers['probe/auc']).toBeGreaterThan(0.6);
    expect(numbers['projection/before']! - numbers['projection/after']!).toBeCloseTo(
      numbers['gross fall']! - numbers['gross rise']!,
      6,
    );
    const shares = ['TP-', 'AN-', 'TN+', 'AP+'].map((name) => numbers[`share/${name}`]!);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(figures.map(({ id }) => id)).toEqual(['interventions', 'groups', 'cumulative']);
    const bars = figures[0]!;
    expect(bars.kind === 'bars' && bars.bars.length).toBe(12);
  });

  it('switches what it is told to, from the same observation, and shows the answers', async () => {
    const run = runOf();
    const dynamics = await runAnalysis('neuron-dynamics', run, small, hooks());
    const asked: string[] = [];
    const counted = {
      ...run,
      withModel: <T>(which: 'policy' | 'reference', f: (network: Network) => Promise<T>) => {
        asked.push(which);
        return run.withModel(which, f);
      },
    };
    const first = await runAnalysis('neuron-switches', counted, { ...small, ablate: 0, tp: true }, hooks());
    expect(first.numbers['habit/with the switches']).toBe(dynamics.numbers['habit/TP- patched']);
    expect(first.numbers['habit/before']).toBe(dynamics.numbers['habit/before']);
    const observing = asked.length;
    asked.length = 0;
    const off = await runAnalysis('neuron-switches', counted, { ...small, ablate: 0.1 }, hooks());
    expect(asked).toEqual(['reference', 'reference', 'policy']); // nothing is observed again
    expect(observing).toBeGreaterThan(5);
    expect(off.numbers['habit/with the switches']).toBe(dynamics.numbers['habit/top 10.0 % ablated']);
    // From the start again, on another run object: the same numbers.
    expect(await runAnalysis('neuron-switches', runOf(), { ...small, ablate: 0.1 }, hooks())).toEqual(off);
    const nothing = await runAnalysis('neuron-switches', counted, { ...small, ablate: 0 }, hooks());
    expect(nothing.says[0]).toContain('Nothing is switched');
    const texts = nothing.figures[1]!;
    expect(texts.kind === 'texts' && texts.rows.every(({ texts: [a, b] }) => a === b)).toBe(true);
  });

  it('finds nothing moved where training moved nothing', async () => {
    const still = runOf({}, model.weights);
    const { numbers, says } = await runAnalysis(
      'neuron-dynamics',
      still,
      { ...small, readings: 'before' },
      hooks(),
    );
    expect(numbers['gross fall']).toBe(0);
    expect(numbers['wrong way']).toBe(0);
    expect(numbers['habit/after training']).toBe(numbers['habit/before']);
    // Nobody is in a group, so nothing is patched.
    expect(numbers['habit/TP- patched']).toBe(numbers['habit/before']);
    expect(says[1]).toContain('nothing to emulate');
  });

  it('says what a run lacks', async () => {
    const analyse = (run: AnalysedRun, params = {}) =>
      runAnalysis('neuron-dynamics', run, { ...small, ...params }, hooks());
    await expect(analyse(runOf({ step: 0 }))).rejects.toThrow(/no after\. Train it first/);
    await expect(analyse(runOf({ task: undefined }))).rejects.toThrow(/problems of a built-in world/);
    // A random model's answers are all wrong.
    await expect(analyse(runOf(), { property: 'wrong' })).rejects.toThrow(
      /Of 60 answers before training 60 are wrong: a probe needs at least 12/,
    );
    await expect(analyse(runOf(), { texts: 3, patched: 1 })).rejects.toThrow(
      /texts: is 3; use a number from 60 to 4000\npatched: is not a parameter/,
    );
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(runAnalysis('neuron-dynamics', runOf(), small, hooks(1, ended.signal))).rejects.toThrow(
      'enough',
    );
  });
});

describe('separability', () => {
  const rng = createRng(6);
  const digits = () => model.tokenizer.encode(`${1 + rng.int(9)}${rng.int(9)}`);
  /** Chosen answers of one kind, rejected ones of another. */
  const pairs = (count: number, chosen: () => number[], rejected: () => number[]) =>
    Array.from({ length: count }, (_, i) =>
      pairTree({
        id: `${i}`,
        prompt: [1, ...digits(), ...model.tokenizer.encode(`+${i % 10}`)],
        chosenSteps: [chosen()],
        rejectedSteps: [rejected()],
      }),
    );
  const plus = () => model.tokenizer.encode(`${rng.int(10)}+++`);
  const sums = () => model.tokenizer.encode(`${rng.int(100)}+${rng.int(1000)}`);
  const minus = () => model.tokenizer.encode(`${rng.int(10)}---`);
  const analyse = (treesMade: PreferenceTree[], params = {}) =>
    runAnalysis('separability', runOf({ treesMade }), params, hooks());

  it('tells a style apart on unseen prompts, where length does not', async () => {
    const { numbers, figures, says } = await analyse(pairs(60, plus, minus));
    expect(numbers['probe/accuracy']).toBeGreaterThan(0.95);
    expect(numbers['length/accuracy']).toBeCloseTo(0.5, 1);
    expect(numbers).toMatchObject({ comparisons: 60, 'tokens/chosen': 4, 'tokens/rejected': 4 });
    expect(figures.map(({ id }) => id)).toEqual(['probe', 'plane']);
    expect(says[1]).toContain('this cue alone');
  });

  it('tells nothing where both sides are of one kind, and length where that is all', async () => {
    const alike = await analyse(pairs(80, sums, sums));
    expect(Math.abs(alike.numbers['probe/auc']! - 0.5)).toBeLessThan(0.15);
    const longer = await analyse(pairs(60, () => [...plus(), ...plus()], plus));
    expect(longer.numbers['length/auc']).toBe(1);
    expect(longer.says[1]).not.toContain('more than the length, by');
  });

  it('says what it takes', async () => {
    await expect(analyse([])).rejects.toThrow(/has 0 comparisons; .* train one step/);
    const one = pairs(20, plus, minus).map((tree, i) => ({
      ...tree,
      nodes: tree.nodes.map((node) => (node.parent < 0 ? { ...node, tokens: [1, 3 + (i % 3)] } : node)),
    }));
    await expect(analyse(one)).rejects.toThrow(/of 3 prompts, too few for 5 folds/);
    expect((await analyse(one, { folds: 3 })).numbers['prompts']).toBe(3);
  });
});

it('a model that draws is none to look into', async () => {
  const draws = runOf({ model: { ...model, denoiser: {} as never } });
  await expect(runAnalysis('separability', draws, {}, hooks())).rejects.toThrow('models of text');
});

it('an analysis that there is not is named with those that there are', async () => {
  await expect(runAnalysis('nothing', runOf(), {}, hooks())).rejects.toThrow(
    'use one of neuron-dynamics, neuron-switches, separability',
  );
});
