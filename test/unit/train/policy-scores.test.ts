import { beforeAll, describe, expect, it } from 'vitest';
import type { Reads } from '../../../src/methods/objective';
import { outputHead } from '../../../src/model/head';
import type { Network } from '../../../src/model/network';
import { loadParameters } from '../../../src/model/parameters';
import { forwardHidden, uploadBatch } from '../../../src/model/transformer';
import type { Tensor2D } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { policyScores } from '../../../src/train/policy-scores';
import { scoreTrees } from '../../../src/train/score';
import { joinTreeStates } from '../../../src/train/tree-numbers';
import { packForest } from '../../../src/tree/pack';
import type { PreferenceTree } from '../../../src/tree/tree';
import { randomWeights, tinyConfig } from '../model/tiny-model';

beforeAll(async () => {
  await initBackend('cpu');
});

/** A prompt, two answers, one of them of two steps. */
const tree = (id: string, prompt: number[], chosen: number[][], rejected: number[]): PreferenceTree => ({
  id,
  nodes: [
    { role: 'prompt', parent: -1, tokens: prompt, scored: false },
    ...chosen.map((tokens, i) => ({ role: 'step' as const, parent: i, tokens, scored: true })),
    { role: 'step', parent: 0, tokens: rejected, scored: true },
  ],
  responses: [{ leaf: chosen.length }, { leaf: chosen.length + 1 }],
  comparisons: [{ chosen: 0, rejected: 1 }],
});
const trees = [
  tree(
    'a',
    [1, 5, 3],
    [
      [4, 6],
      [8, 2],
    ],
    [7, 2],
  ),
  tree('b', [3, 9], [[10, 2]], [1, 1, 4, 2]),
  tree('c', [6, 6, 6, 5], [[2]], [3, 2]),
];

const logSoftmax = (logits: readonly number[]) => {
  const top = Math.max(...logits);
  const logSum = Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return logits.map((x) => x - top - logSum);
};

describe.each([
  ['a head of its own', false],
  ['a tied head', true],
])('scores of the whole distribution, with %s', (_name, tied) => {
  const config = tinyConfig({ tie_word_embeddings: tied });
  const network = (seed: number): Network => ({
    config,
    weights: loadParameters(config, randomWeights(config, seed)),
  });

  it('are those of both models’ logits at each entry', async () => {
    const [policy, reference] = [network(1), network(2)];
    const stop = 2;
    // Read one tree at a time and in another order than they are trained on.
    const byTree = new Map<string, Float32Array>();
    for (const own of [...trees].reverse()) {
      const values = await scoreTrees(reference, [own], async () => undefined, { read: 'hidden' });
      byTree.set(own.id, values.get(own.id)!);
    }
    const batch = packForest(trees, { pad: 'buckets', stop });
    const hidden = joinTreeStates(batch, { read: 'hidden', byTree }, config.hiddenSize);
    const states = { hidden, head: outputHead(reference) as Tensor2D };
    const logitsOf = (of: Network) =>
      tf.tidy(() => {
        const all = forwardHidden(of, uploadBatch(batch, config));
        return tf.matMul(all, outputHead(of) as Tensor2D, false, true).arraySync() as number[][];
      });
    const [p, q] = [policy, reference].map((of) => logitsOf(of).map(logSoftmax)) as [number[][], number[][]];
    const { count, used, row, rows } = batch.entries;
    expect(used).toBeLessThan(count);
    const read = async (reads: Reads, which: 'kl' | 'squares') => {
      const values = tf.tidy(
        () => policyScores(policy, batch, uploadBatch(batch, config), reads, states)[which]!,
      );
      return Array.from(await values.data());
    };
    const expected = (f: (p: number[], q: number[]) => number) =>
      Array.from({ length: count }, (_, m) => {
        const at = rows[row[m]!]!;
        return m < used ? f(p[at]!, q[at]!) : 0;
      });
    const divergence = (a: number[], b: number[]) =>
      a.reduce((sum, logP, v) => sum + Math.exp(logP) * (logP - b[v]!), 0);
    const close = { rtol: 1e-4, atol: 1e-5 };
    expect(await read({ kl: 'policy||reference' }, 'kl')).toBeAllclose(expected(divergence), close);
    expect(await read({ kl: 'reference||policy' }, 'kl')).toBeAllclose(
      expected((a, b) => divergence(b, a)),
      close,
    );
    expect(await read({ squares: true }, 'squares')).toBeAllclose(
      expected((a) => Math.log(a.reduce((sum, logP) => sum + Math.exp(2 * logP), 0))),
      close,
    );
  });

  it('needs the reference’s states for the divergence, and says which tree has none', () => {
    const batch = packForest(trees);
    const policy = network(1);
    expect(() =>
      tf.tidy(
        () => policyScores(policy, batch, uploadBatch(batch, config), { kl: 'policy||reference' }).logProb,
      ),
    ).toThrow(/divergence from the reference/);
    const byTree = new Map([['a', new Float32Array(1)]]);
    expect(() => joinTreeStates(batch, { read: 'hidden', byTree }, 8)).toThrow(
      /Tree "b" has no cached hidden states/,
    );
    expect(() => joinTreeStates(packForest([trees[0]!]), { read: 'hidden', byTree }, 8)).toThrow(
      /tree "a" has \d scored rows of 8, but 1 values/,
    );
  });
});
