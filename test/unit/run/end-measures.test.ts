import { beforeAll, describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import type { Params } from '../../../src/methods/params';
import { freshHead, headBias, headWeight } from '../../../src/model/heads';
import type { HostWeights } from '../../../src/model/host-weights';
import type { Network } from '../../../src/model/network';
import { loadParameters } from '../../../src/model/parameters';
import { blameMeasures } from '../../../src/run/blame-measures';
import { headMeasures } from '../../../src/run/head-measures';
import { TrainingSession } from '../../../src/run/session';
import { answersTree } from '../../../src/search/answers-tree';
import type { BackendInfo, Tensor } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { scoreTrees } from '../../../src/train/score';
import { sequenceValues } from '../../../src/train/sequence-values';
import type { PreferenceTree } from '../../../src/tree/tree';
import { areaUnderCurve, groupInterval } from '../../../src/util/area-under-curve';
import { createRng } from '../../../src/util/rng';
import { evenLines } from '../../support/even-lines';
import { onMadeAnswers } from '../../support/made-answers';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

const between = async () => undefined;
const model = tinyModel();

const networkOf = (weights: HostWeights, heads: HostWeights = new Map()): Network => {
  const tensors = new Map<string, Tensor>(loadParameters(model.config, weights));
  for (const [name, { data, shape }] of heads) tensors.set(name, tf.tensor(data, [...shape]));
  return { config: model.config, weights: tensors };
};

/** Answers of one-token to three-token steps, of which `correct` says which are right. */
const answer = (id: string, steps: readonly (readonly [number[], 0 | 1])[]): PreferenceTree => {
  let sound = true;
  const labelled = steps.map(([tokens, correct]) => {
    sound &&= correct === 1;
    return { text: '', tokens, labels: { correct, q: sound ? 1 : -1 } };
  });
  return answersTree({ id, prompt: [1, 4, 5], answers: [{ steps: labelled }], comparisons: [] });
};

const answers = [
  answer('a', [
    [[5, 6, 7], 1],
    [[8], 0],
    [[9, 4], 1],
  ]),
  answer('b', [
    [[6, 6], 0],
    [[7, 5, 9], 0],
  ]),
  answer('c', [
    [[9, 9], 1],
    [[3, 8], 1],
    [[4], 0],
  ]),
  answer('d', [[[7], 0]]),
  answer('e', [
    [[8, 8, 8], 1],
    [[2], 1],
  ]),
];

const stepsOf = ({ nodes }: PreferenceTree) => nodes.slice(1);

describe('a value head on judged answers', () => {
  it('is told by how often a step that is right so far has the larger value, and by its sign', async () => {
    const heads = freshHead('value', model.config.hiddenSize);
    const rng = createRng(3);
    heads.get(headWeight('value'))!.data.forEach((_, i, data) => {
      data[i] = rng.normal();
    });
    heads.get(headBias('value'))!.data[0] = 0.1;
    const valued = networkOf(model.weights, heads);
    const head = { name: 'value', at: 'step' } as const;
    const [area, sign] = await headMeasures(valued, head, answers, 1);
    // The slow way: every beginning by itself, and every pair of a right and a wrong one.
    const beginnings = answers.flatMap((tree) =>
      stepsOf(tree).map((step, i) => ({
        tokens: tree.nodes.slice(0, i + 2).flatMap(({ tokens }) => [...tokens]),
        sound: step.labels!['q']! > 0,
      })),
    );
    const values = await sequenceValues(
      valued,
      head,
      beginnings.map(({ tokens }) => tokens),
      between,
    );
    const [yes, no] = [true, false].map((sound) => values.filter((_, i) => beginnings[i]!.sound === sound));
    const won = yes!.flatMap((y) => no!.map((n): number => (y > n ? 1 : y === n ? 0.5 : 0)));
    expect(area!.value).toBeCloseTo(won.reduce((a, b) => a + b) / won.length, 6);
    const agree = values.filter((v, i) => v > 0 === beginnings[i]!.sound).length / values.length;
    expect(sign!.value).toBeCloseTo(agree, 6);
    for (const { value, interval, count } of [area!, sign!]) {
      expect(count).toBe(beginnings.length);
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
    }
    const state = { ...head, at: 'state' } as const;
    const ofStates = await sequenceValues(
      valued,
      state,
      beginnings.map(({ tokens }) => tokens),
      between,
    );
    expect(ofStates).not.toEqual(values);
    const [before, ...more] = await headMeasures(valued, state, answers, 1);
    expect(before!.value).toBeCloseTo(
      areaUnderCurve(
        ofStates,
        beginnings.map(({ sound }) => (sound ? 1 : 0)),
      ),
      6,
    );
    expect(more).toEqual([]);
    expect(await headMeasures(valued, head, answers.slice(4), 1)).toEqual([]); // nothing is wrong there
  });

  it('has an interval that is wider where steps of an answer say the same', () => {
    const width = ([low, high]: [number, number]) => high - low;
    const rng = createRng(5);
    const answers = Array.from({ length: 40 }, (_, i) => {
      const step = { sound: i % 2, value: rng.normal() + (i % 2) };
      return [step, step, step, step, step];
    });
    const area = (some: readonly (readonly { sound: number; value: number }[])[]) =>
      areaUnderCurve(
        some.flat().map(({ value }) => value),
        some.flat().map(({ sound }) => sound),
      );
    const together = groupInterval(answers, area, createRng(1));
    const apart = groupInterval(
      answers.flat().map((step) => [step]),
      area,
      createRng(1),
    );
    expect(width(together)).toBeGreaterThan(1.5 * width(apart));
  });
});

describe('blame in wrong answers', () => {
  it('is on the step whose tokens fell most, and is held against a random one', async () => {
    const [policy, start] = [networkOf(tinyModel(2).weights), networkOf(model.weights)];
    const [blame, chance, fall] = await blameMeasures({ policy, start }, answers);
    const wrong = answers.filter(({ id }) => ['a', 'b', 'c'].includes(id)); // d has one step, e is right
    const [now, before] = [await scoreTrees(policy, wrong, between), await scoreTrees(start, wrong, between)];
    const falls: number[] = [];
    const hits = wrong.map((tree) => {
      const rho = Array.from(now.get(tree.id)!, (x, m) => x - before.get(tree.id)![m]!);
      const means = stepsOf(tree).map(({ tokens }) => {
        const own = rho.splice(0, tokens.length);
        return own.reduce((a, b) => a + b) / own.length;
      });
      const first = stepsOf(tree).findIndex(({ labels }) => labels!['correct'] === 0);
      const before_ = means.slice(0, first);
      if (first > 0) falls.push(before_.reduce((a, b) => a + b) / first - means[first]!);
      return means.indexOf(Math.min(...means)) === first;
    });
    expect(blame!.value).toBeCloseTo(hits.filter(Boolean).length / 3, 6);
    expect(chance!.value).toBeCloseTo((1 / 3 + 1 / 2 + 1 / 3) / 3, 6);
    expect(fall!.value).toBeCloseTo(falls.reduce((a, b) => a + b) / falls.length, 4);
    expect(falls).toHaveLength(2);
    expect(await blameMeasures({ policy, start }, answers.slice(4))).toEqual([]);
  });
});

describe('the end of a pass', () => {
  const measuresOf = async (id: string, params: Params = {}) => {
    const method = onMadeAnswers(methodById(id));
    const run = defaultRun(method, 'tiny');
    const session = await TrainingSession.create({
      runId: 'run',
      document: {
        ...run,
        method: { id, params: { ...run.method.params, ...params } },
        data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
        steps: 2,
        batchSize: 2,
        evaluation: { every: 0, problems: 30 },
        checkpointEvery: 0,
      },
      method,
      task: evenLines,
      model,
      backend,
      store: memorySessionStore().store,
      emit: () => undefined,
    });
    expect((await session.start()).message).toMatch(/^Finished/);
    const { evaluations } = session.summary();
    await session.dispose();
    return evaluations.map(({ stage, measures = [] }) => ({
      stage,
      ids: measures.map(({ id: own }) => own),
      measures,
    }));
  };

  it('shows a reward model against the verifier, also while a later pass learns from it', async () => {
    const [start, prm, end] = await measuresOf('full-step-dpo');
    expect([start!.ids, prm!.stage]).toEqual([[], 'prm']);
    expect(prm!.ids).toEqual(['value-auc', 'value-accuracy']);
    expect(end!.ids).toEqual(['value-auc', 'value-accuracy', 'blame', 'blame-chance', 'blame-fall']);
    expect(end!.measures.slice(0, 2)).toEqual(prm!.measures);
    const oracle = await measuresOf('full-step-dpo', { rewards: 'verifier' });
    expect(oracle.at(-1)!.ids).toEqual(['blame', 'blame-chance', 'blame-fall']);
  });

  it('shows a value that is trained beside the policy, and blame where a method promises that', async () => {
    const [, critic, end] = await measuresOf('oreo', { beams: 1, candidates: 2 });
    expect(critic!.ids).toEqual(['value-auc']);
    expect(end!.ids).toEqual(expect.arrayContaining(['guided', 'value-auc', 'blame']));
    expect(end!.ids.filter((id) => id === 'value-auc')).toHaveLength(1);
    expect((await measuresOf('scdpo')).at(-1)!.ids).toContain('blame');
    expect((await measuresOf('dpo')).at(-1)!.ids).toEqual([]);
  });
});
