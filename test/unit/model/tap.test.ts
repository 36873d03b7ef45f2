import { beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import type { Tap } from '../../../src/model/tap';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import type { Scalar, Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { twoBranches } from './one-tree';
import { tidily } from './tidily';
import { randomWeights, tinyConfig } from './tiny-model';

beforeAll(async () => {
  await initBackend('cpu');
});

const gpt2 = {
  model_type: 'gpt2',
  n_embd: 8,
  n_inner: 12,
  n_layer: 2,
  n_head: 2,
  n_positions: 64,
};

describe.each([
  {
    family: 'llama',
    config: tinyConfig({ mlp_bias: true }),
    inward: ['mlp.gate_proj', 'mlp.up_proj'],
    down: 'mlp.down_proj',
    layers: 'model.layers',
  },
  {
    family: 'gpt2',
    config: tinyConfig(gpt2),
    inward: ['mlp.c_fc'],
    down: 'mlp.c_proj',
    layers: 'transformer.h',
  },
])('the tap of $family', ({ config, inward, down, layers }) => {
  const batch = twoBranches();
  const N = batch.size;
  const f = config.intermediateSize;
  type Host = ReturnType<typeof randomWeights>;

  /** Final hidden states, and the activations of each layer. */
  const run = (weights: Host, tap: Tap = {}, checkpointing = false) =>
    tidily(() => {
      const seen: { layer: number; values: number[] }[] = [];
      const read = (layer: number, activations: Tensor) =>
        void seen.push({ layer, values: [...activations.dataSync()] });
      const params = loadParameters(config, weights);
      const network: Network = { config, weights: params, checkpointing, tap: { ...tap, read } };
      const hidden = [...forwardHidden(network, uploadBatch(batch, config)).dataSync()];
      disposeParameters(params);
      return { hidden, seen };
    });

  it('reads every layer once, and changes nothing', () => {
    const weights = randomWeights(config, 3);
    const { hidden, seen } = run(weights);
    expect(seen.map(({ layer, values }) => [layer, values.length])).toEqual([
      [0, N * f],
      [1, N * f],
    ]);
    const untapped = tidily(() => {
      const params = loadParameters(config, weights);
      const result = [...forwardHidden({ config, weights: params }, uploadBatch(batch, config)).dataSync()];
      disposeParameters(params);
      return result;
    });
    expect(hidden).toEqual(untapped);
  });

  it('holding neurons at values is the same as leaving them out and adding to the bias', () => {
    const weights = randomWeights(config, 4);
    const held = { neurons: [1, 7], values: [0.5, -2] };
    const changed: Host = new Map(
      [...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    const column = changed.get(`${layers}.1.${down}.weight`)!.data; // [d, f]
    const bias = changed.get(`${layers}.1.${down}.bias`)!.data;
    for (let out = 0; out < config.hiddenSize; out++) {
      held.neurons.forEach((n, i) => {
        bias[out]! += held.values[i]! * column[out * f + n]!;
        column[out * f + n] = 0;
      });
    }
    const tapped = run(weights, { overwrite: new Map([[1, held]]) }).hidden;
    expect(tapped).toBeAllclose(run(changed).hidden, { rtol: 1e-4, atol: 1e-5 });
    expect(tapped).not.toBeAllclose(run(weights).hidden, { rtol: 1e-2 });
  });

  it('keeps a share of what is there and adds to it', () => {
    const weights = randomWeights(config, 4);
    const plain = run(weights).seen[1]!.values; // [N, f]
    const moved = { neurons: [1, 7], values: [0.5, -2], keep: [1, 0.25] };
    const held = Float32Array.from({ length: N * 2 }, (_, i) => {
      const k = i % 2;
      return moved.keep[k]! * plain[Math.floor(i / 2) * f + moved.neurons[k]!]! + moved.values[k]!;
    });
    const kept = run(weights, { overwrite: new Map([[1, moved]]) }).hidden;
    const written = new Map([[1, { neurons: moved.neurons, values: held }]]);
    expect(kept).toBeAllclose(run(weights, { overwrite: written }).hidden, { rtol: 1e-5 });
    expect(kept).not.toBeAllclose(run(weights).hidden, { rtol: 1e-2 });
  });

  it('patches in what another model has at each token', () => {
    const weights = randomWeights(config, 5);
    // The other model differs in what leads into the MLP of layer 1 alone.
    const other: Host = new Map(weights);
    for (const [name, tensor] of randomWeights(config, 6)) {
      if (inward.some((module) => name.startsWith(`${layers}.1.${module}.`))) other.set(name, tensor);
    }
    const theirs = run(other);
    const values = Float32Array.from(theirs.seen[1]!.values);
    const overwrite = new Map([[1, { neurons: Array.from({ length: f }, (_, n) => n), values }]]);
    expect(run(weights, { overwrite }).hidden).toBeAllclose(theirs.hidden, { rtol: 1e-5 });
    expect(run(weights).hidden).not.toBeAllclose(theirs.hidden, { rtol: 1e-2 });
  });

  it.each([false, true])(
    'passes no gradient through what it overwrites; checkpointing: %s',
    (checkpointing) => {
      const weights = loadParameters(config, randomWeights(config, 7));
      const name = `${layers}.1.${inward.at(-1)!}.weight`;
      const { gradient, reads } = tidily(() => {
        const tensors = uploadBatch(batch, config);
        let reads = 0;
        const tap: Tap = {
          read: () => void reads++,
          overwrite: new Map([[1, { neurons: [2, 5], values: [1, 2] }]]),
        };
        const loss = (w: Tensor) =>
          tf.sum(
            tf.square(
              forwardHidden(
                { config, weights: new Map([...weights, [name, w]]), tap, checkpointing },
                tensors,
              ),
            ),
          ) as Scalar;
        const gradient = [...tf.grad(loss)(weights.get(name)!).dataSync()]; // [f, d]
        return { gradient, reads };
      });
      disposeParameters(weights);
      expect(reads).toBe(2);
      const rows = Array.from({ length: f }, (_, n) =>
        gradient.slice(n * config.hiddenSize, (n + 1) * config.hiddenSize),
      );
      rows.forEach((row, n) => {
        const size = Math.max(...row.map(Math.abs));
        if (n === 2 || n === 5) expect(size).toBe(0);
        else expect(size).toBeGreaterThan(0);
      });
    },
  );

  it('refuses layers, neurons and values that do not fit', () => {
    const weights = randomWeights(config, 8);
    const at = (layer: number, neurons: number[], values: number[]) => () =>
      run(weights, { overwrite: new Map([[layer, { neurons, values }]]) });
    expect(at(2, [0], [0])).toThrow(/overwrites layer 2, and the model has layers 0 to 1/);
    expect(at(0, [12], [0])).toThrow(/layer 0, neuron 12, and the layer has neurons 0 to 11/);
    expect(() =>
      run(weights, { overwrite: new Map([[0, { neurons: [1, 2], values: [0, 0], keep: [1] }]]) }),
    ).toThrow(/layer 0 and keeps 1 shares of 2 neurons/);
    expect(at(0, [1, 2], [0])).toThrow(
      /layer 0 with 1 values; 2 neurons take one each, or one for each of the 10 tokens/,
    );
  });
});
