import { beforeAll, describe, expect, it } from 'vitest';
import { needsOf } from '../../../src/data/prepare/shape';
import type { DatasetSettings } from '../../../src/data/settings';
import { checkTakesDataset } from '../../../src/load/brought-datasets';
import { methodById, methods } from '../../../src/methods';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import { ownSource } from '../../../src/methods/pass';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { type BackendInfo, initBackend } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { pathOf } from '../../../src/tree/paths';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModelOf } from '../../support/tiny-model';
import { bytes, prepare, spell } from '../data/preparing';

const solution = (text: string, isCorrect: boolean) => ({ solution: text, is_correct: isCorrect });

/** Questions as GSM8K's: one that nobody can tell the wrong line of, and others with every kind of mistake. */
const questions = Array.from({ length: 8 }, (_, i) => {
  const [a, b, c] = [i + 3, 2 * i + 5, i + 2];
  const sum = a + b;
  const right = `He has ${a} + ${b} = <<${a}+${b}=${sum}>>${sum} pears.\nThe boxes hold ${sum} * ${c} = <<${sum}*${c}=${sum * c}>>${sum * c} in all.\nA: ${sum * c}`;
  const untrue = `He has ${a} + ${b} = <<${a}+${b}=${sum + 1}>>${sum + 1} pears.\nThe boxes hold ${sum + 1} * ${c} = <<${sum + 1}*${c}=${(sum + 1) * c}>>${(sum + 1) * c} in all.\nA: ${(sum + 1) * c}`;
  const departs = `He has ${a} + ${b} = <<${a}+${b}=${sum}>>${sum} pears.\nThe boxes hold ${sum} + ${c} = <<${sum}+${c}=${sum + c}>>${sum + c} in all.\nA: ${sum + c}`;
  const untold = `The boxes hold ${c}.\nA: ${c}`;
  return {
    question: `Sam had ${a} pears and bought ${b}; with ${c} boxes of that, how many?`,
    ground_truth: right,
    small: solution(untrue, false),
    large: solution(departs, false),
    odd: solution(untold, false),
    best: solution(`${right.replace('He has', 'Sam has')}`, true),
  };
});

const settings: Partial<DatasetSettings> = {
  format: 'solutions',
  mapping: {
    prompt: 'question',
    groundTruth: 'ground_truth',
    solutions: ['small', 'large', 'odd', 'best'],
  },
  plainRows: 'chat',
};

/** Methods that cannot learn from such a file, and what they say. */
const refusals: Record<string, RegExp> = {
  brain: /reads “logProposal” of every answer, which only the model that wrote the answers can tell/,
};

const rowsFor = (id: string) => {
  const method = methodById(id);
  return prepare(questions, 'dpo', settings, { method: needsOf(method, defaultParams(method)) });
};

describe('solutions of questions, for losses over lists and steps', () => {
  it('are one list of all answers, a wrong one scored by its lines before the mistake', async () => {
    const { trees } = await rowsFor('tpo');
    expect(trees.length).toBe(8);
    for (const tree of trees) {
      const scores = tree.responses.map(({ score }) => score!);
      expect(scores).toEqual([1, 1, 0, 1 / 3, 0]);
      expect(spell(tree, 2)[1]).toContain('He has');
      for (const { chosen, rejected } of tree.comparisons)
        expect(scores[chosen]!).toBeGreaterThan(scores[rejected]!);
    }
  });

  it('have every line judged, and answers left out of which no line can be blamed', async () => {
    const { trees, report } = await rowsFor('2d-dpo');
    expect(report.warnings.join(' ')).toMatch(/In 8 rows wrong solutions are left out/);
    for (const tree of trees) {
      expect(tree.responses.map(({ score }) => score)).toEqual([1, 1, 0, 0]);
      const labels = (r: number, name: string) =>
        pathOf(tree, tree.responses[r]!.leaf)
          .filter((n) => tree.nodes[n]!.scored)
          .map((n) => tree.nodes[n]!.labels![name]);
      expect([0, 1].map((r) => labels(r, 'score'))).toEqual([
        [1, 1, 1],
        [1, 1, 1],
      ]);
      expect(labels(2, 'score')).toEqual([0, 1, 0]); // the second line follows from the first, rightly
      expect(labels(2, 'q')).toEqual([-1, -1, -1]);
      expect(labels(3, 'score')).toEqual([1, 0, 0]);
      expect(labels(3, 'value')).toEqual([1, 0, 0]);
    }
  });

  it('are judged whatever rule cuts the steps', async () => {
    const method = methodById('2d-dpo');
    const steps = (rule: 'whole' | 'sentence') =>
      prepare(
        questions,
        'dpo',
        { ...settings, steps: { ...settings.steps, rule } as DatasetSettings['steps'] },
        { method: needsOf(method, defaultParams(method)) },
      );
    for (const { nodes, responses } of (await steps('whole')).trees) {
      expect(responses.map(({ leaf }) => nodes[leaf]!.labels!['score'])).toEqual([1, 1, 0, 0]);
    }
    for (const { nodes } of (await steps('sentence')).trees) {
      for (const { scored, labels } of nodes) if (scored) expect([0, 1]).toContain(labels!['score']);
    }
  });

  it('are single answers, good and bad, for methods that compare nothing; and so are the sides of pairs', async () => {
    const method = needsOf(methodById('kto'), defaultParams(methodById('kto')));
    const ofSolutions = await prepare(questions, 'kto', settings, { method });
    expect(ofSolutions.trees.slice(0, 5).map(({ responses }) => responses[0]!.labels!['desirable'])).toEqual([
      1, 1, 0, 0, 0,
    ]);
    const pairs = [{ prompt: '1+1=', chosen: '2', rejected: '3' }];
    const ofPairs = await prepare(pairs, 'kto', {}, { method });
    expect(ofPairs.trees.map((tree) => [spell(tree, 0)[1], tree.responses[0]!.labels])).toEqual([
      [expect.stringContaining('2'), { desirable: 1 }],
      [expect.stringContaining('3'), { desirable: 0 }],
    ]);
    const lists = [{ prompt: 'Say: ', responses: ['a', 'b', 'c'], scores: [3, 9, 4] }];
    const ofLists = await prepare(lists, 'kto', {}, { method });
    expect(ofLists.trees.map(({ responses }) => responses[0]!.labels!['desirable'])).toEqual([0, 1, 0]);
  });

  it('are refused in words where a file has not what a loss reads', async () => {
    const pairs = [{ prompt: '1+1=', chosen: '2', rejected: '3' }];
    for (const id of ['2d-dpo', 'full-step-dpo']) {
      const method = needsOf(methodById(id), defaultParams(methodById(id)));
      await expect(prepare(pairs, 'dpo', {}, { method })).rejects.toThrow(
        /reads a judgement of every step.*Give questions with right and wrong solutions/,
      );
    }
  });
});

describe('a pass with a source of its own', () => {
  const dataset = { id: 'file', settings: {} as DatasetSettings };
  const check = (id: string, params: Params = {}, own: typeof dataset | null = dataset) => {
    const method = methodById(id);
    const run = defaultRun(method, 'tiny');
    const document = { ...run, method: { id, params: { ...run.method.params, ...params } } };
    return () => checkTakesDataset(method, { ...document, data: { ...run.data, dataset: own } });
  };

  it('needs a verifier for its answers, and a person’s file has none: the pass is named', () => {
    expect(check('sacpo')).toThrow(
      'data.dataset: SACPO answers new problems in "Safety", and a file of examples has none that could be judged; train it on the built-in problems, or choose another method for the file.',
    );
    expect(check('sacpo', { order: 'safe-first' })).toThrow(/answers new problems in "Safety"/);
    expect(check('sacpo', {}, null)).not.toThrow();
  });

  it('works on the prompts of a file where it judges nothing, and rounds share the file out', () => {
    expect(check('dice')).not.toThrow();
    expect(check('apo')).not.toThrow();
  });
});

describe('every method on a file of solutions', () => {
  let backend: BackendInfo;
  beforeAll(async () => {
    backend = await initBackend('cpu');
  });
  const model = tinyModelOf(bytes, 2);

  it.each(methods.map(({ id }) => [id]))('%s trains on it, or says why not', async (id) => {
    const method = methodById(id);
    const params = { ...defaultParams(method), ...(id === 'mallows-po' && { maxEntropy: 12 }) };
    const run = defaultRun(method, 'tiny');
    const source = () => prepare(questions, 'dpo', settings, { method: needsOf(method, params) });
    if (refusals[id]) {
      await expect(source()).rejects.toThrow(refusals[id]);
      return;
    }
    const document = {
      ...run,
      method: { id, params },
      data: { ...run.data, source: null, dataset: { id: 'file', settings: {} as DatasetSettings } },
      steps: 2,
      batchSize: 2,
      evaluation: { every: 0, problems: 0 },
      checkpointEvery: 0,
    };
    if (method.chapter === 'denoising') {
      expect(() => checkTakesDataset(method, document)).toThrow(/learns from images.*has texts/);
      return;
    }
    if (method.passes(params).some((pass) => ownSource(pass) && !ownSource(pass)?.unjudged)) {
      // It answers problems between its passes, and a file has none that could be judged.
      expect(() => checkTakesDataset(method, document)).toThrow(/a file of examples has none/);
      return;
    }
    expect(() => checkTakesDataset(method, document)).not.toThrow();
    const session = await TrainingSession.create({
      runId: 'run',
      document,
      method,
      task: arithmetic,
      model,
      dataset: { label: 'file', prepare: source },
      backend,
      store: memorySessionStore().store,
      emit: () => undefined,
    });
    expect((await session.start()).message).toMatch(/^Finished/);
    const { metrics } = session.summary();
    expect(metrics.length).toBeGreaterThanOrEqual(2);
    for (const row of metrics) expect(Object.values(row.metrics).every(Number.isFinite)).toBe(true);
    expect(Math.max(...metrics.map((row) => row.metrics['grad_norm']!))).toBeGreaterThan(0);
    await session.dispose();
  });
});
