import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linear } from '../../../src/kernels/linear';
import { treeAttention, uploadMask } from '../../../src/kernels/tree-attention';
import { runModel } from '../../../src/model/decoder';
import { generate } from '../../../src/model/generate';
import { outputHead } from '../../../src/model/head';
import type { Network } from '../../../src/model/network';
import { disposeParameters, loadParameters } from '../../../src/model/parameters';
import { projectBy } from '../../../src/model/project';
import { matrix } from '../../../src/model/weights';
import { initBackend, tf } from '../../../src/tf';
import { createRng } from '../../../src/util/rng';
import { randomWeights, tinyConfig } from './tiny-model';

const config = tinyConfig();
let network: Network;
let before: number;

beforeAll(async () => {
  await initBackend('cpu');
  network = { config, weights: loadParameters(config, randomWeights(config, 3)) };
  await generate(network, [{ tokens: [1] }], { temperature: 0, count: 1, maxTokens: 2 }, createRng(1)); // tables
  return () => disposeParameters(network.weights);
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

/** Log-softmax at every position of one path, by the whole forward pass and without a cache. */
const logProbsOf = (tokens: readonly number[]): number[][] =>
  tf.tidy(() => {
    const n = tokens.length;
    const input = {
      tokens: tf.tensor1d([...tokens], 'int32'),
      position: tf.tensor1d(
        Array.from(tokens, (_, i) => i),
        'int32',
      ),
      longest: n,
    };
    const mask = uploadMask({ visibleUntil: new Int32Array(n).fill(n), treeStart: new Int32Array(n) });
    const hidden = runModel(network, input, (_layer, q, k, v) => treeAttention(q, k, v, mask, config));
    return tf.logSoftmax(linear(hidden, outputHead(network))).arraySync() as number[][];
  });

const requests = [{ tokens: [1, 5, 3] }, { tokens: [4] }, { tokens: [7, 7, 2, 9, 10, 6, 3] }];
const options = { temperature: 1, count: 3, maxTokens: 12 };

describe('generation', () => {
  it('gives the log-probs that the whole forward pass gives', async () => {
    const samples = await generate(network, requests, options, createRng(1));
    let checked = 0;
    for (const [r, list] of samples.entries()) {
      expect(list).toHaveLength(3);
      for (const { tokens, logProbs } of list) {
        const prompt = requests[r]!.tokens;
        const all = logProbsOf([...prompt, ...tokens]);
        expect(logProbs).toBeAllclose(
          tokens.map((token, t) => all[prompt.length + t - 1]![token]),
          { rtol: 1e-4, atol: 1e-5 },
        );
        checked += tokens.length;
      }
    }
    expect(checked).toBeGreaterThan(30);
  });

  it('is greedy at temperature 0', async () => {
    const samples = await generate(
      network,
      requests,
      { temperature: 0, count: 1, maxTokens: 8 },
      createRng(1),
    );
    for (const [r, [sample]] of samples.entries()) {
      const path = [...requests[r]!.tokens];
      for (const token of sample!.tokens) {
        const row = logProbsOf(path).at(-1)!;
        expect(token).toBe(row.indexOf(Math.max(...row)));
        path.push(token);
      }
    }
  });

  it('keeps the log-probs of the distribution that it drew from, whose temperature may rise with every step', async () => {
    // Token 6 ends a step; top-p leaves the candidates whose shares are renormalised.
    const rising = { rise: 0.3, most: 1.1, stepEnds: [6] };
    const drawn = { temperature: 0.5, topP: 0.95, count: 40, maxTokens: 12, rising };
    const samples = await generate(network, requests, drawn, createRng(3));
    const used = new Set<number>();
    for (const [r, list] of samples.entries()) {
      for (const { tokens, proposalLogProbs } of list) {
        const prompt = requests[r]!.tokens;
        const all = logProbsOf([...prompt, ...tokens]);
        let steps = 0;
        const expected = tokens.map((token, t) => {
          const temperature = Math.min(0.5 + 0.3 * steps, 1.1);
          used.add(temperature);
          const weights = all[prompt.length + t - 1]!.map((x) => Math.exp(x / temperature));
          const total = weights.reduce((a, b) => a + b, 0);
          let kept = 0;
          for (const weight of [...weights].sort((a, b) => b - a)) {
            kept += weight;
            if (kept >= 0.95 * total) break;
          }
          if (token === 6) steps++;
          return Math.log(weights[token]! / kept);
        });
        expect(proposalLogProbs).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-4 });
      }
    }
    expect([...used].sort()).toEqual([0.5, 0.8, 1.1]);
    const greedy = await generate(
      network,
      requests,
      { temperature: 0, count: 1, maxTokens: 5 },
      createRng(1),
    );
    expect(greedy.flat().every((s) => s.proposalLogProbs.every((x) => x === 0))).toBe(true);
  });

  it('ends at EOS and at stop tokens, and says so', async () => {
    const samples = (
      await generate(network, requests, { ...options, count: 20, stopTokens: [6] }, createRng(2))
    ).flat();
    for (const { tokens, finished } of samples) {
      const ends = tokens.flatMap((t, i) => (t === 2 || t === 6 ? [i] : []));
      expect(ends).toEqual(finished ? [tokens.length - 1] : []);
      if (!finished) expect(tokens).toHaveLength(12);
    }
    expect(new Set(samples.map((s) => s.finished)).size).toBe(2);
    expect(new Set(samples.map((s) => s.tokens.length)).size).toBeGreaterThan(4); // so that batches were made smaller
  });

  it('repeats from a seed, and goes on from the generator the next time', async () => {
    const rng = createRng(4);
    const first = await generate(network, requests, options, rng);
    const second = await generate(network, requests, options, rng);
    const again = await generate(network, requests, options, createRng(4));
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect(new Set(first[0]!.map((s) => s.tokens.join())).size).toBeGreaterThan(1); // samples differ
  });

  it('gives a request the same samples whoever shares its batch', async () => {
    const alone = await generate(network, requests.slice(0, 1), options, createRng(4));
    const together = await generate(network, requests, options, createRng(4));
    expect(alone[0]!.map((s) => s.tokens)).toEqual(together[0]!.map((s) => s.tokens));
  });

  it('splits more sequences than fit into batches, with the same samples', async () => {
    const many = Array.from({ length: 3 }, () => requests[0]!);
    const short = { temperature: 1, count: 100, maxTokens: 2 };
    const progress: number[] = [];
    const samples = await generate(network, many, short, createRng(4), {
      onToken: ({ done, total }) => {
        expect(total).toBe(300);
        progress.push(done);
      },
    });
    expect(samples.map((list) => list.length)).toEqual([100, 100, 100]);
    expect(samples.flat().every((s) => s.tokens.length > 0)).toBe(true);
    expect(progress.at(-1)).toBe(300);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const last = await generate(network, many.slice(0, 1), short, createRng(4));
    expect(last[0]!.map((s) => s.tokens)).toEqual(samples[0]!.map((s) => s.tokens));
  });

  it('stops at the last position of the model', async () => {
    const tight = tinyConfig({ max_position_embeddings: 9, eos_token_id: null });
    const samples = await generate({ ...network, config: tight }, requests, options, createRng(1));
    expect(samples.map((list) => list.map((s) => s.tokens.length))).toEqual([
      [6, 6, 6],
      [8, 8, 8],
      [2, 2, 2],
    ]);
    expect(samples.flat().some((s) => s.finished)).toBe(false);
  });

  it('stops when aborted, and frees what it held', async () => {
    const controller = new AbortController();
    let steps = 0;
    const running = generate(network, requests, { ...options, stopTokens: [] }, createRng(1), {
      signal: controller.signal,
      onToken: () => {
        if (++steps === 3) controller.abort(new Error('stopped by hand'));
      },
    });
    await expect(running).rejects.toThrow('stopped by hand');
    expect(steps).toBe(3);
  });

  it('takes no requests', async () => {
    expect(await generate(network, [], options, createRng(1))).toEqual([]);
  });

  it.each([
    [[], {}, /Request 0 has no tokens/],
    [[11], {}, /Request 0 has token 11.*0 to 10/],
    [[1.5], {}, /Request 0 has token 1.5/],
    [new Array<number>(64).fill(1), {}, /Request 0 has 64 tokens, which leaves no room/],
    [[1], { temperature: -1 }, /temperature is -1/],
    [[1], { temperature: Number.NaN }, /temperature is NaN/],
    [[1], { topK: 0 }, /topK is 0/],
    [[1], { topP: 0 }, /topP is 0/],
    [[1], { topP: 1.1 }, /topP is 1.1/],
    [[1], { count: 0 }, /count is 0/],
    [[1], { rising: { rise: -0.1, most: 2, stepEnds: [] } }, /rising.rise is -0.1/],
    [[1], { rising: { rise: 0.1, most: 0.5, stepEnds: [] } }, /rising.most is 0.5/],
    [[1], { maxTokens: 1.5 }, /maxTokens is 1.5/],
  ])('refuses the prompt %j with %j', async (tokens, change, message) => {
    await expect(generate(network, [{ tokens }], { ...options, ...change }, createRng(1))).rejects.toThrow(
      message,
    );
  });

  it('says so when the weights are broken', async () => {
    const weights = randomWeights(config, 1);
    weights.get('model.norm.weight')!.data[0] = Number.NaN;
    const broken = loadParameters(config, weights);
    await expect(generate({ config, weights: broken }, requests, options, createRng(1))).rejects.toThrow(
      /weights are broken/,
    );
    disposeParameters(broken);
  });

  it('multiplies by the parameters themselves outside wasm', () => {
    tf.tidy(() => {
      const x = tf.ones([2, 8]) as ReturnType<typeof matrix>;
      const module = 'model.layers.0.self_attn.q_proj';
      const y = projectBy(network)(x, module, x);
      expect(y.dataSync()).toBeAllclose(
        tf.add(tf.matMul(x, matrix(network.weights, `${module}.weight`), false, true), x).dataSync(),
      );
    });
  });
});

describe('another speaker', () => {
  const stopTokens = [3, 6, 9];
  it('is given the word after each stop token, and the log-probs are those of the whole forward pass', async () => {
    const asked: [number, number[]][] = [];
    const samples = await generate(
      network,
      requests,
      {
        temperature: 1,
        count: 4,
        maxTokens: 30,
        stopTokens,
        reply: (request, tokens) => {
          asked.push([request, [...tokens]]);
          return tokens.length > 12 ? { tokens: [8, 8], end: true } : { tokens: [10, 5], end: false };
        },
      },
      createRng(4),
    );
    let given = 0;
    for (const [r, list] of samples.entries()) {
      for (const sample of list) {
        expect(sample.given).toHaveLength(sample.tokens.length);
        const prompt = requests[r]!.tokens;
        const all = logProbsOf([...prompt, ...sample.tokens]);
        sample.tokens.forEach((token, t) => {
          if (sample.given![t]) {
            given++;
            expect([sample.logProbs[t], sample.proposalLogProbs[t]]).toEqual([0, 0]);
          } else expect(sample.logProbs[t]).toBeCloseTo(all[prompt.length + t - 1]![token]!, 4);
        });
        // What was said after a stop stands right behind it.
        sample.tokens.forEach((token, t) => {
          if (sample.given![t] || !stopTokens.includes(token) || t + 2 >= sample.tokens.length) return;
          expect(sample.tokens.slice(t + 1, t + 3)).toEqual(t + 1 > 12 ? [8, 8] : [10, 5]);
        });
        if (sample.finished) expect(sample.tokens.slice(-2)).toEqual([8, 8]);
      }
    }
    expect(given).toBeGreaterThan(20);
    expect(new Set(asked.map(([request]) => request))).toEqual(new Set([0, 1, 2]));
  });

  it('changes nothing of how a sample is drawn, whatever else runs beside it', async () => {
    const spoken = { temperature: 1, count: 2, maxTokens: 24, stopTokens };
    const reply = () => ({ tokens: [5], end: false });
    const together = await generate(network, requests, { ...spoken, reply }, createRng(6));
    const alone = await generate(network, requests.slice(0, 1), { ...spoken, reply }, createRng(6));
    expect(alone[0]!.map(({ tokens }) => tokens)).toEqual(together[0]!.map(({ tokens }) => tokens));
  });
});
