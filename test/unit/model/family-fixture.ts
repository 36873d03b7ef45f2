import { expect } from 'vitest';
import { linear } from '../../../src/kernels/linear';
import { readCheckpoint } from '../../../src/model/checkpoint';
import { parseModelConfig } from '../../../src/model/config';
import { generate } from '../../../src/model/generate';
import { outputHead } from '../../../src/model/head';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { forwardHidden, scoreBatch, uploadBatch } from '../../../src/model/transformer';
import type { Scalar, Tensor } from '../../../src/tf';
import { tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { onePath } from './one-tree';

/** What test/golden/make_families.py writes beside config.json and the weights. */
export interface FamilyFixture {
  sequences: number[][];
  /** Rows 0, middle and last of each sequence's logits. */
  logits: number[][];
  /** Of every token but the first. */
  logProb: number[][];
  /** Mean negative log-likelihood over all sequences, and its gradients. */
  loss?: number;
  gradients?: Record<string, number[]>;
}

/** Every fixture by the name of its folder. */
export const fixtureNames = [
  'llama-biased',
  'mistral',
  'qwen2',
  'qwen3',
  'gpt2',
  'gpt2-erf',
  'rope-linear',
  'rope-dynamic',
  'rope-llama3',
  'rope-yarn',
  'rope-yarn-mscale',
] as const;

const json = (files: ReadonlyMap<string, Uint8Array>, name: string): unknown =>
  JSON.parse(new TextDecoder().decode(files.get(name)));

/** The model of a fixture's files, on the device. */
export const loadFixture = (files: ReadonlyMap<string, Uint8Array>) => {
  const config = parseModelConfig(json(files, 'config.json'));
  const network: Network = { config, weights: loadParameters(config, readCheckpoint(config, files)) };
  return { network, fixture: json(files, 'fixture.json') as FamilyFixture };
};

/** Compares logits and log-probs with those of transformers, each sequence for itself as there. */
export const expectFamilyParity = async (files: ReadonlyMap<string, Uint8Array>) => {
  const { network, fixture } = loadFixture(files);
  const { config } = network;
  for (const [i, sequence] of fixture.sequences.entries()) {
    const last = sequence.length - 1;
    const { logits, logProb } = tf.tidy(() => {
      const batch = uploadBatch(onePath(sequence, 1), config);
      const rows = tf.gather(
        forwardHidden(network, batch),
        tf.tensor1d([0, Math.floor(sequence.length / 2), last], 'int32'),
      );
      return { logits: linear(rows, outputHead(network)), logProb: scoreBatch(network, batch).logProb };
    });
    expect(await logits.data()).toBeAllclose(fixture.logits[i]!, { rtol: 1e-4, atol: 1e-4 });
    expect(await logProb.data()).toBeAllclose(fixture.logProb[i]!, { rtol: 1e-4, atol: 1e-4 });
    tf.dispose([logits, logProb]);
  }
  disposeParameters(network.weights);
};

/** Generates greedily and checks every token and log-prob against the whole forward pass without a cache. */
export const expectGreedyText = async (files: ReadonlyMap<string, Uint8Array>) => {
  const { network, fixture } = loadFixture(files);
  const { config } = network;
  const prompts = fixture.sequences.map((sequence, i) => sequence.slice(0, 4 + i));
  const open = { ...network, config: { ...config, eosTokenIds: [] } };
  const samples = await generate(
    open,
    prompts.map((tokens) => ({ tokens })),
    { temperature: 0, count: 1, maxTokens: 9 },
    createRng(1),
  );
  for (const [i, [sample]] of samples.entries()) {
    const { tokens, logProbs } = sample!;
    expect(tokens).toHaveLength(9);
    const path = [...prompts[i]!, ...tokens];
    const all = tf.tidy(() => {
      const hidden = forwardHidden(network, uploadBatch(onePath(path, 1), config));
      return tf.logSoftmax(linear(hidden, outputHead(network))); // [T, V]
    });
    const rows = (await all.array()) as number[][];
    const predicted = tokens.map((_, t) => rows[prompts[i]!.length + t - 1]!);
    expect(tokens).toEqual(predicted.map((row) => row.indexOf(Math.max(...row))));
    expect(logProbs).toBeAllclose(
      predicted.map((row) => Math.max(...row)),
      { rtol: 1e-4, atol: 1e-5 },
    );
    all.dispose();
  }
  disposeParameters(network.weights);
};

/** Compares the loss and every parameter's gradient with PyTorch's, with or without recomputing layers. */
export const expectFamilyGradients = async (
  files: ReadonlyMap<string, Uint8Array>,
  checkpointing: boolean,
) => {
  const { network, fixture } = loadFixture(files);
  const { config } = network;
  const names = [...network.weights.keys()];
  const stored = (name: string) => fixture.gradients![name]!;
  expect([...names].sort()).toEqual(Object.keys(fixture.gradients!).sort());
  const count = fixture.sequences.reduce((sum, { length }) => sum + length - 1, 0);
  const { value, grads } = tf.tidy(() => {
    const batches = fixture.sequences.map((sequence) => uploadBatch(onePath(sequence, 1), config));
    return tf.valueAndGrads((...values: Tensor[]) => {
      const trained = { config, weights: new Map(names.map((name, i) => [name, values[i]!])), checkpointing };
      const sums = batches.map((batch) => tf.sum(scoreBatch(trained, batch).logProb));
      return tf.mul(tf.addN(sums), -1 / count) as Scalar;
    })([...network.weights.values()] as Tensor[]);
  });
  expect(await value.data()).toBeAllclose([fixture.loss!], { rtol: 1e-5, atol: 0 });
  for (const [i, name] of names.entries()) {
    const expected = stored(name);
    const largest = expected.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    expect(largest, name).toBeGreaterThan(0);
    expect(await grads[i]!.data(), name).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 * largest });
  }
  tf.dispose([value, grads]);
  disposeParameters(network.weights);
};
