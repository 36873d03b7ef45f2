import { beforeAll, describe, expect, it } from 'vitest';
import { methodById, methods } from '../../../src/methods';
import { TrainingSession } from '../../../src/run/session';
import { treeKey } from '../../../src/run/tree-key';
import { bestAndWorst } from '../../../src/sources/best-and-worst';
import { wrapped, wrappersFor } from '../../../src/sources/wrappers';
import type { WrapContext } from '../../../src/sources/wrappers/wrapper';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { type BackendInfo, initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';
import type { PreferenceTree } from '../../../src/tree/tree';
import { createRng } from '../../../src/util/rng';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';
import { gather } from '../search/fake-context';

const infos = methods.map(describeMethod);

/** A pair whose answers have these scores, and the second step of each a score of its own. */
const pair = (id: string, won: number, lost: number): PreferenceTree => ({
  id,
  nodes: [
    { parent: -1, tokens: [1], role: 'prompt', scored: false },
    { parent: 0, tokens: [2], role: 'step', scored: true, labels: { score: won, correct: 1 } },
    { parent: 0, tokens: [3], role: 'step', scored: true, labels: { score: lost, correct: 0 } },
  ],
  responses: [
    { leaf: 1, score: won },
    { leaf: 2, score: lost },
  ],
  comparisons: [{ chosen: 0, rejected: 1, margin: won - lost }],
});

const context = (seed = 1): WrapContext => ({
  rng: createRng(seed),
  count: 4000,
  signal: new AbortController().signal,
  progress: () => undefined,
  score: () => Promise.reject(new Error('not asked for')),
  measure: () => undefined,
});

const apply = (trees: PreferenceTree[], chosen: RunDocument['data']['wrappers'], seed = 1) =>
  gather(
    wrapped(
      async function* () {
        yield* trees;
      },
      context(seed),
      chosen,
    )(trees.length),
  );

const many = (won: number, lost: number) => Array.from({ length: 4000 }, (_, i) => pair(`${i}`, won, lost));
const share = (trees: readonly PreferenceTree[]) =>
  trees.filter(({ comparisons }) => comparisons[0]!.chosen === 1).length / trees.length;
const flip = (flipped: number) => ({
  'noisy-labels': { noiseKind: 'flip', flipped, judgeScale: 4 },
});
const gumbel = (judgeScale: number) => ({
  'noisy-labels': { noiseKind: 'gumbel', flipped: 0, judgeScale },
});

describe('noisy labels', () => {
  it('turns the share of pairs that was asked for, margins with them, and nothing else', async () => {
    const clean = many(1, 0.25);
    const turned = await apply(clean, flip(0.3));
    expect(share(turned)).toBeGreaterThan(0.27);
    expect(share(turned)).toBeLessThan(0.33);
    for (const [i, tree] of turned.entries()) {
      const [{ chosen, margin }] = tree.comparisons as [PreferenceTree['comparisons'][number]];
      expect(margin).toBe(chosen === 0 ? 0.75 : -0.75);
      expect({ ...tree, comparisons: clean[i]!.comparisons }).toEqual(clean[i]);
    }
    expect(share(await apply(clean, flip(0)))).toBe(0);
    expect(share(await apply(clean, flip(1)))).toBe(1);
    expect(await apply(clean, flip(0.3))).toEqual(turned);
    expect(await apply(clean, flip(0.3), 2)).not.toEqual(turned);
  });

  it.each([
    [1, 0.5, 4],
    [1, 0.9, 4],
    [0.75, 0.5, 1],
  ])(
    'of a judge with Gumbel noise turn with sigmoid(-scale x gap): %d against %d at scale %d',
    async (won, lost, scale) => {
      const turned = await apply(many(won, lost), gumbel(scale));
      const h = scale * (won - lost);
      const expected = 1 / (1 + Math.exp(h));
      const spread = Math.sqrt((expected * (1 - expected)) / 4000);
      expect(Math.abs(share(turned) - expected)).toBeLessThan(4 * spread);
      for (const { comparisons } of turned) {
        const [{ chosen, margin }] = comparisons as [PreferenceTree['comparisons'][number]];
        expect(margin).toBeCloseTo(chosen === 0 ? h : -h, 12);
      }
    },
  );

  it('cannot be drawn from scores that are not there', async () => {
    const bare = { ...pair('bare', 1, 0), responses: [{ leaf: 1 }, { leaf: 2 }] };
    await expect(apply([bare], gumbel(1))).rejects.toThrow(/Tree "bare" has no scores.*or flip labels/);
  });
});

describe('noisy scores', () => {
  const noise = (scoreNoise: string, scoreAmount: number) => ({
    'noisy-scores': { scoreNoise, scoreAmount },
  });
  const scoresOf = (trees: readonly PreferenceTree[]) =>
    trees.flatMap(({ nodes }) => nodes.slice(1).map(({ labels }) => labels!['score']!));
  it.each([
    ['uniform', 0.2],
    ['gaussian', 0.1],
  ])('%s stays in 0..1 and has the spread that was asked for', async (kind, amount) => {
    const scores = scoresOf(await apply(many(0.5, 0.5), noise(kind, amount)));
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const variance = scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scores.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(kind === 'uniform' ? amount / Math.sqrt(3) : amount, 2);
    const edge = scoresOf(await apply(many(1, 0), noise(kind, 1)));
    expect(Math.min(...edge)).toBe(0);
    expect(Math.max(...edge)).toBe(1);
  });
  it('flips and replaces a share, leaving labels of the verifier and of answers', async () => {
    const clean = many(1, 0);
    const flipped = await apply(clean, noise('flip', 0.25));
    const turned = scoresOf(flipped).filter((x, i) => x !== (i % 2 === 0 ? 1 : 0)).length / 8000;
    expect(turned).toBeGreaterThan(0.23);
    expect(turned).toBeLessThan(0.27);
    expect(flipped[0]!.responses).toEqual(clean[0]!.responses);
    expect(flipped.map(({ nodes }) => nodes[1]!.labels!['correct'])).toEqual(clean.map(() => 1));
    const replaced = scoresOf(await apply(clean, noise('random', 0.25)));
    expect(replaced.filter((x) => x !== 0 && x !== 1).length / 8000).toBeCloseTo(0.25, 1);
    expect(scoresOf(await apply(clean, noise('random', 0)))).toEqual(scoresOf(clean));
  });
});

describe('which wrappers a method may have', () => {
  it('are those whose change its loss sees', () => {
    const ids = (id: string) => wrappersFor(methodById(id)).map((w) => w.id);
    expect(ids('robust-dpo')).toContain('noisy-labels');
    expect(ids('2d-dpo')).toEqual(expect.arrayContaining(['noisy-scores', 'noisy-labels']));
    expect(ids('tpo')).not.toContain('noisy-labels'); // it ranks by scores
    expect(ids('sft')).toEqual([]);
  });
  it('is checked with the document, parameters included, and named as the method’s they find their place', () => {
    const dpo = infos.find(({ id }) => id === 'dpo')!;
    const run = defaultRun(dpo);
    const withWrappers = (wrappers: unknown, params = run.method.params) => ({
      ...run,
      method: { ...run.method, params },
      data: { ...run.data, wrappers },
    });
    expect(() => parseRun(withWrappers({ 'noisy-scores': {} }), infos)).toThrow(
      /data.wrappers.noisy-scores: changes nothing that DPO trains on; use one of .*noisy-labels/,
    );
    expect(() => parseRun(withWrappers({ 'noisy-labels': { flipped: 2 } }), infos)).toThrow(
      /data.wrappers.noisy-labels.flipped: is 2; use a number from 0 to 1/,
    );
    const parsed = parseRun(
      withWrappers({ 'noisy-labels': {} }, { ...run.method.params, flipped: 0.1 }),
      infos,
    );
    expect(parsed.method.params).toEqual(run.method.params);
    expect(parsed.data.wrappers).toEqual({
      'noisy-labels': { noiseKind: 'flip', flipped: 0.1, judgeScale: 4 },
    });
    const { wrappers: _left, ...older } = run.data;
    expect(parseRun({ ...run, data: older }, infos)).toEqual(run);
  });
  it('is part of the key of stored trees, and changes no key where there is none', async () => {
    const run = defaultRun(infos.find(({ id }) => id === 'dpo')!);
    const key = (data: RunDocument['data']) =>
      treeKey(
        { owner: 'run', source: bestAndWorst.id, params: {}, document: { data, seed: 1 }, policyHash: 'x' },
        { name: 'cpu', adapter: '' },
      );
    const keys = [{}, flip(0.3), flip(0.2)].map((wrappers) => key({ ...run.data, wrappers }));
    expect(new Set(await Promise.all(keys)).size).toBe(3);
    expect(await keys[0]).toBe(await key({ ...run.data }));
  });
});

describe('a run with noisy labels', () => {
  let backend: BackendInfo;
  beforeAll(async () => {
    backend = await initBackend('cpu');
  });
  const trained = async (wrappers: RunDocument['data']['wrappers']) => {
    const method = onCorruptedPairs(methodById('dpo'));
    const run = defaultRun(method, 'tiny');
    const memory = memorySessionStore();
    const session = await TrainingSession.create({
      runId: 'run',
      document: {
        ...run,
        data: { ...run.data, difficulty: 'easy', trees: 8, maxTokens: 16, wrappers },
        steps: 2,
        batchSize: 4,
        evaluation: { every: 0, problems: 0 },
      },
      method,
      task: arithmetic,
      model: tinyModel(),
      backend,
      store: memory.store,
      emit: () => undefined,
    });
    expect((await session.start()).message).toMatch(/^Finished/);
    const [trees] = [...memory.datasets.values()];
    await session.dispose();
    return trees;
  };
  it('trains on the turned pairs, which are stored as such', async () => {
    const clean = await trained({});
    const turned = await trained(flip(0.5));
    const chosen = (t: unknown) => (t as PreferenceTree[]).map(({ comparisons }) => comparisons[0]!.chosen);
    expect(new Set(chosen(clean))).toEqual(new Set([0]));
    expect(new Set(chosen(turned))).toEqual(new Set([0, 1]));
  });
});
