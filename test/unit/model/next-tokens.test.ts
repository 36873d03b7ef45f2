import { beforeAll, expect, it } from 'vitest';
import { likelyOf, nextTokens } from '../../../src/model/next-tokens';
import { disposeParameters, loadWeights } from '../../../src/model/parameters';
import { initBackend } from '../../../src/tf';
import { sequenceLogProbs } from '../../../src/train/chat';
import { tinyModel } from '../../support/tiny-model';

beforeAll(async () => {
  await initBackend('cpu');
});

it('sorts a row by its softmax, and names what is asked', () => {
  const { likeliest, named } = likelyOf(Float32Array.of(0, Math.log(4), Math.log(2), Math.log(3)), 2, [0]);
  expect(likeliest.map(({ id }) => id)).toEqual([1, 3]);
  expect(likeliest[0]!.p).toBeCloseTo(0.4, 6);
  expect(named[0]).toEqual({ id: 0, p: expect.closeTo(0.1, 6) });
});

it('says after each prefix what scoring the longer text says', async () => {
  const { config, weights } = tinyModel();
  const network = { config, weights: loadWeights(config, weights, 'f32') };
  const prefixes = [[1, 2, 3], [4], [1, 2, 3, 4, 5]];
  const all = Array.from({ length: config.vocabSize }, (_, id) => id);
  const found = await nextTokens(network, prefixes, { top: 3, named: [all, all, [7]] }, async () => {});
  const scored = await sequenceLogProbs(
    network,
    prefixes.map((p) => [...p, 7]),
    async () => {},
  );
  found.forEach(({ named, likeliest }, i) => {
    expect(Math.log(named.find(({ id }) => id === 7)!.p)).toBeCloseTo(scored[i]!.at(-1)!, 4);
    expect(likeliest).toHaveLength(3);
  });
  expect(found[0]!.named.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 6);
  expect(found[0]!.likeliest[0]!.p).toBe(Math.max(...found[0]!.named.map(({ p }) => p)));
  const asked = (prefix: number[]) => nextTokens(network, [prefix], { top: 1 }, async () => {});
  await expect(asked([])).rejects.toThrow('Prefix 0 has 0 tokens');
  await expect(asked([config.vocabSize])).rejects.toThrow('vocabulary');
  disposeParameters(network.weights);
});
