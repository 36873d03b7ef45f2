import { describe, expect, it } from 'vitest';
import { needsOf } from '../../../src/data/prepare/shape';
import type { DatasetSettings } from '../../../src/data/settings';
import { checkTakesDataset } from '../../../src/load/brought-datasets';
import { methodById } from '../../../src/methods';
import type { Params } from '../../../src/methods/params';
import { defaultParams } from '../../../src/methods/params';
import { defaultRun } from '../../../src/train/run-document';
import { pathOf } from '../../../src/tree/paths';
import { judgedQuestions as questions } from '../../support/judged-questions';
import { prepare, spell } from '../data/preparing';

const settings: Partial<DatasetSettings> = {
  format: 'solutions',
  mapping: {
    prompt: 'question',
    groundTruth: 'ground_truth',
    solutions: ['small', 'large', 'odd', 'best'],
  },
  plainRows: 'chat',
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
