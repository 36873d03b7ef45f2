import { beforeAll, expect, it } from 'vitest';
import { dpo } from '../../../src/methods/pairwise/dpo';
import { disposeParameters, loadWeights } from '../../../src/model/parameters';
import { TrainingSession } from '../../../src/run/session';
import { pairTree } from '../../../src/search/build-trees';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { describeMethod } from '../../../src/train/method-info';
import { planProbe, probeEvery, takeProbe } from '../../../src/train/probe';
import { defaultRun } from '../../../src/train/run-document';
import { scoreTrees } from '../../../src/train/score';
import type { Probe, ProbeSide, RunEvent } from '../../../workers/protocol';
import { onCorruptedPairs } from '../../support/corrupted-pairs';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const words = {
  token: (id: number) => `<${id}>`,
  decode: (ids: readonly number[]) => ids.map((id) => `<${id}>`).join(''),
};

/** Two answers that part at their third token. */
const tree = (id: string) => {
  const step = (...tokens: number[]) => [{ text: '', tokens, labels: { correct: 1 } }];
  return pairTree({ id, prompt: [1, 2], chosen: step(3, 4, 5, 6), rejected: step(3, 4, 7) });
};

it('cuts both answers where they part, and its stretches add up to the answer’s log-prob', async () => {
  const { config, weights } = tinyModel();
  const network = { config, weights: loadWeights(config, weights, 'f32') };
  const trees = ['a', 'b', 'c'].map(tree);
  const plan = planProbe(trees, [tree('out')], 4, words);
  expect(plan.map(({ heldOut }) => heldOut)).toEqual([false, false, false, true]);
  const [pair] = await takeProbe(network, plan, words, async () => {});
  expect(pair!.chosen.tokens).toEqual([2, 1, 1]);
  expect(pair!.rejected.tokens).toEqual([2, 1, 0]);
  // The same tokens before the parting have the same log-probs on both sides.
  expect(pair!.chosen.logProb[0]).toBe(pair!.rejected.logProb[0]);
  // Where they part: the probabilities of the two tokens are those of the answers' log-probs there.
  const { parting, chosen, rejected } = pair!;
  expect(parting!.after).toBe('<1><2><3><4>');
  expect([parting!.chosen.text, parting!.rejected.text]).toEqual(['<5>', '<7>']);
  expect(Math.log(parting!.chosen.p)).toBeCloseTo(chosen.logProb[1], 4);
  expect(Math.log(parting!.rejected.p)).toBeCloseTo(rejected.logProb[1], 4);
  const ps = parting!.likeliest.map(({ p }) => p);
  expect(ps).toEqual([...ps].sort((a, b) => b - a));
  expect(ps).toHaveLength(10);
  const scores = (await scoreTrees(network, [tree('a')], async () => {})).get('a')!;
  const all = scores.reduce((sum, value) => sum + value, 0);
  const both = [...pair!.chosen.logProb, ...pair!.rejected.logProb].reduce((sum, value) => sum + value, 0);
  expect(both).toBeCloseTo(all, 4);
  disposeParameters(network.weights);
});

it('spreads its pairs over the trees', () => {
  const trees = Array.from({ length: 20 }, (_, i) => tree(`t${i}`));
  expect(planProbe(trees, [], 4, words).map(({ index }) => index)).toEqual([0, 5, 10, 15]);
  expect(planProbe(trees, [], 0, words)).toEqual([]);
  // The default run: six of sixteen pairs beside steps of sixteen trees. Larger batches can afford more, small runs have five.
  expect(probeEvery(0, 30, 16, 16)).toBe(6);
  expect(probeEvery(0, 80, 16, 16)).toBe(5);
  expect(probeEvery(0, 400, 16, 64)).toBe(11);
  expect(probeEvery(0, 30, 16, 4)).toBe(8);
  expect(probeEvery(0, 4, 16, 4)).toBe(1);
  expect(probeEvery(7, 30, 16, 16)).toBe(7);
});

it('leaves the numbers of a run as they are, and begins with step 0', async () => {
  const model = tinyModel();
  const method = onCorruptedPairs(dpo);
  const run = async (pairs: number) => {
    const events: RunEvent[] = [];
    const document = {
      ...defaultRun(describeMethod(method), 'tiny'),
      steps: 3,
      batchSize: 2,
      data: { ...defaultRun(describeMethod(method), 'tiny').data, trees: 4, maxTokens: 24 },
      evaluation: { every: 0, problems: 0 },
      probe: { every: 1, pairs },
    };
    const session = await TrainingSession.create({
      runId: 'r',
      document,
      method,
      task: arithmetic,
      model,
      backend,
      store: memorySessionStore().store,
      emit: (event) => events.push(event),
    });
    await session.start();
    const { metrics, probes } = session.summary();
    await session.dispose();
    return { metrics, probes, events };
  };
  const [without, probed] = [await run(0), await run(4)];
  expect(probed.metrics).toEqual(without.metrics);
  expect(without.probes).toBeUndefined();
  expect(probed.probes!.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  const told = probed.events.flatMap((event): Probe[] => (event.kind === 'probe' ? [event.probe] : []));
  expect(told).toEqual(probed.probes);
  const margin = ({ pairs: [pair] }: Probe) => {
    const sum = (side: ProbeSide) => side.logProb.reduce((a, b) => a + b, 0);
    return sum(pair!.chosen) - sum(pair!.rejected);
  };
  expect(margin(told[3]!)).toBeGreaterThan(margin(told[0]!));
});
