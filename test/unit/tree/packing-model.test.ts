import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Parameters } from '../../../src/model/parameters';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { scoreBatch, uploadBatch } from '../../../src/model/transformer';
import type { Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import type { PackOptions } from '../../../src/tree/pack';
import { packForest } from '../../../src/tree/pack';
import type { PackedBatch } from '../../../src/tree/packed-batch';
import { pathOf } from '../../../src/tree/paths';
import { onePath } from '../model/one-tree';
import { tidily } from '../model/tidily';
import { randomWeights, tinyConfig } from '../model/tiny-model';
import { randomForest } from './random-tree';

const config = tinyConfig({ tie_word_embeddings: false });
let params: Parameters;
beforeAll(async () => {
  await initBackend('cpu');
  params = loadParameters(config, randomWeights(config, 3));
  return () => disposeParameters(params);
});

/** Log-probs per entry, and the gradient of sum_m weight_m logProb_m for every parameter, end to end. */
const evaluate = (batch: PackedBatch, weight: Float32Array) =>
  tidily(() => {
    const names = [...params.keys()];
    const tensors = uploadBatch({ ...batch, entries: { ...batch.entries, weight } }, config);
    let logProb: number[] = [];
    const gradients = tf.grads((...values: Tensor[]) => {
      const scores = scoreBatch(
        { config, weights: new Map(names.map((name, i) => [name, values[i]!])) },
        tensors,
      );
      logProb = [...scores.logProb.dataSync()];
      return tf.sum(scores.stepSum);
    })([...params.values()]);
    return { logProb, gradient: gradients.flatMap((g) => [...g.dataSync()]) };
  });

it('gives a packed tree the log-probs and gradients of its paths run alone', () => {
  let compared = 0;
  const options = fc.record({
    pad: fc.constantFrom('buckets', 'none'),
    sides: fc.constantFrom('shared', 'apart'),
  }) as fc.Arbitrary<PackOptions>;
  fc.assert(
    fc.property(randomForest({ nodes: 5, tokens: 3, responses: 3 }), options, (trees, how) => {
      const batch = packForest(trees, how);
      const { count, used } = batch.entries;
      fc.pre(used > 0);
      const weight = Float32Array.from({ length: count }, (_, m) => (m < used ? Math.sin(3 * m + 1) : 0));
      const packed = evaluate(batch, weight);

      const logProb: number[] = [];
      const gradient = packed.gradient.map(() => 0);
      let next = 0; // entry
      for (const tree of trees) {
        for (const { leaf, given = -1 } of tree.responses) {
          const nodes = pathOf(tree, leaf).map((n) => {
            const node = tree.nodes[n]!;
            return { ...node, scored: node.scored && n > given };
          });
          const tokens = nodes.flatMap((node) => node.tokens);
          // All tokens but the first are scored by `onePath`; those of unscored nodes with weight 0.
          const scored = nodes.flatMap((node) => node.tokens.map(() => node.scored)).slice(1);
          const weights = scored.map((yes) => (yes ? weight[next++]! : 0));
          if (tokens.length < 2) continue;
          const alone = evaluate(onePath(tokens, 1), Float32Array.from(weights));
          logProb.push(...alone.logProb.filter((_, t) => scored[t]));
          alone.gradient.forEach((g, i) => {
            gradient[i]! += g;
          });
        }
      }
      expect(next).toBe(used);
      expect(packed.logProb.slice(0, used)).toBeAllclose(logProb, { rtol: 1e-4, atol: 1e-5 });
      expect(packed.logProb.every(Number.isFinite)).toBe(true);
      expect(packed.gradient).toBeAllclose(gradient, { rtol: 1e-3, atol: 2e-5 });
      compared += used;
    }),
    { numRuns: 32, seed: 7 },
  );
  expect(compared).toBeGreaterThan(100);
});
