import { expect } from 'vitest';
import { parseModelConfig } from '../../../src/model/config';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { readSafetensors } from '../../../src/model/safetensors';
import { scoreBatch, uploadBatch } from '../../../src/model/transformer';
import type { Scalar, Tensor } from '../../../src/tf';
import { tf } from '../../../src/tf';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';

/** What test/golden/make_tiny_llama.py writes beside config.json and model.safetensors. */
export interface TorchFixture {
  sequences: number[][];
  /** Tokens of each sequence that are prompt; the rest is scored. */
  promptLength: number[];
  logProb: number[][];
  refLogProb: number[][];
  beta: number;
  /** DPO on sequences 0 (chosen) and 1 (rejected), which share their prompt. */
  loss: number;
  /** Of the loss, per parameter, row-major. */
  gradients: Record<string, number[]>;
}

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The pair as a tree with one prompt, and every further sequence as a tree with one leaf. */
const asTrees = ({ sequences, promptLength }: TorchFixture): PreferenceTree[] => {
  const prompt = (i: number) => sequences[i]!.slice(0, promptLength[i]!);
  const rest = (i: number) => sequences[i]!.slice(promptLength[i]!);
  expect(prompt(1)).toEqual(prompt(0));
  return sequences.flatMap((_, i): PreferenceTree[] => {
    if (i === 1) return [];
    const leaves = i === 0 ? [0, 1] : [i];
    return [
      {
        id: `tree ${i}`,
        nodes: [
          { parent: -1, tokens: prompt(i), role: 'prompt', scored: false },
          ...leaves.map((leaf) => ({ parent: 0, tokens: rest(leaf), role: 'step' as const, scored: true })),
        ],
        responses: leaves.map((_leaf, j) => ({ leaf: j + 1 })),
        comparisons: i === 0 ? [{ chosen: 0, rejected: 1 }] : [],
      },
    ];
  });
};

/**
 * Compares log-probs, the DPO loss and every parameter's gradient with PyTorch's, all sequences packed into one batch,
 * on the backend that is active. A gradient may differ by 1e-4 of each entry plus 2e-6 of its tensor's largest.
 */
export const expectTorchParity = async (configJson: unknown, weights: Uint8Array, fixture: TorchFixture) => {
  const config = parseModelConfig(configJson);
  const params = loadParameters(config, readSafetensors(weights, 'model.safetensors').tensors);
  const batch = packForest(asTrees(fixture));
  const names = [...params.keys()];
  expect([...names].sort()).toEqual(Object.keys(fixture.gradients).sort());
  const kept: { logProb?: Tensor } = {};
  const refMargin = total(fixture.refLogProb[0]!) - total(fixture.refLogProb[1]!);
  const { value, grads } = tf.tidy(() => {
    const tensors = uploadBatch(batch, config);
    return tf.valueAndGrads((...values: Tensor[]) => {
      const { logProb, stepSum } = scoreBatch(
        { config, weights: new Map(names.map((name, i) => [name, values[i]!])) },
        tensors,
      );
      kept.logProb = tf.keep(logProb);
      const margin = tf.sub(tf.slice(stepSum, 0, 1), tf.slice(stepSum, 1, 1));
      return tf.sum(tf.softplus(tf.mul(tf.sub(refMargin, margin), fixture.beta))) as Scalar;
    })([...params.values()]);
  });
  const logProb = await kept.logProb!.data();
  for (const [i, expected] of fixture.logProb.entries()) {
    const { entryStart, entryEnd } = batch.responses[i]!;
    expect(logProb.slice(entryStart, entryEnd)).toBeAllclose(expected, { rtol: 1e-4, atol: 0 });
  }
  expect(await value.data()).toBeAllclose([fixture.loss], { rtol: 1e-5, atol: 0 });
  for (const [i, name] of names.entries()) {
    const expected = fixture.gradients[name]!;
    const largest = expected.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    expect(largest, name).toBeGreaterThan(0);
    expect(await grads[i]!.data(), name).toBeAllclose(expected, { rtol: 1e-4, atol: 2e-6 * largest });
  }
  tf.dispose([value, grads, kept.logProb!]);
  disposeParameters(params);
};
