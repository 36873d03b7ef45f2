import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/data/formats/detect';
import { readJudgedSteps } from '../../../src/data/formats/stepwise';
import { needsOf } from '../../../src/data/prepare/shape';
import type { DatasetSettings } from '../../../src/data/settings';
import { methodById, methods } from '../../../src/methods';
import { defaultParams } from '../../../src/methods/params';
import { checkTrees } from '../../../src/run/check-trees';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { prepare, spell } from './preparing';

type Row = Record<string, unknown>;

const sky = 'Why is the sky blue?\n';
/** TRL's stepwise supervision: a right answer, one that goes wrong in its second step and is right again, one wrong throughout. */
const rows: Row[] = [
  {
    prompt: sky,
    completions: ['Light scatters.', 'Blue scatters most.', 'So it is blue.'],
    labels: [true, true, true],
  },
  {
    prompt: sky,
    completions: ['Light scatters.', 'Red scatters most.', 'So it is blue.'],
    labels: [true, false, true],
  },
  { prompt: sky, completions: ['Air is blue.'], labels: [false] },
];

const needs = (id: string) => {
  const method = methodById(id);
  return { method: needsOf(method, defaultParams(method)) };
};
const paired: Partial<DatasetSettings> = { pairUnpaired: true };

const labelsOf = (tree: PreferenceTree, response: number, name: string) =>
  pathOf(tree, tree.responses[response]!.leaf)
    .map((n) => tree.nodes[n]!)
    .filter(({ scored }) => scored)
    .map(({ labels }) => labels?.[name]);

describe('answers with a label for every step', () => {
  const head = (value: Row) => ({
    ...{ name: 'f', columns: Object.keys(value), count: 1 },
    head: [{ where: 'row 1', value }],
  });

  it('are told from lists with scores, in TRL’s words and others’', () => {
    expect(detectFormat(head(rows[0]!))).toMatchObject({
      format: 'stepwise',
      mapping: { prompt: 'prompt', steps: 'completions', stepLabels: 'labels' },
      confidence: 1,
    });
    expect(detectFormat(head({ problem: 'p', steps: ['a'], step_labels: ['+'] }))).toMatchObject({
      format: 'stepwise',
      mapping: { prompt: 'problem', steps: 'steps', stepLabels: 'step_labels' },
    });
    const list = { prompt: 'p', completions: ['a', 'b'], scores: [1, 0] };
    expect(detectFormat(head(list)).format).toBe('ranked');
    const dumped = { prompt: 'p', completions: '["a","b"]', labels: '[true, false]' }; // as CSV has it
    expect(detectFormat(head(dumped)).format).toBe('stepwise');
  });

  it('are read step by step, each on a line of its own unless its own blanks part it from the next', () => {
    const columns = { steps: 'completions', labels: 'labels' };
    const read = (steps: unknown, labels: unknown) => readJudgedSteps(steps, labels, columns);
    expect(read(['a', 'b\n', 'c', ' d', ''], ['+', 1, 0.25, -1, true]).map(({ text }) => text)).toEqual([
      'a\n',
      'b\n',
      'c',
      ' d',
    ]);
    const labels = read(['a', 'b', 'c'], [0.75, 0.25, true]).map((line) => line.labels);
    expect(labels).toEqual([
      { correct: 1, reward: 0.75, score: 0.75, q: 1, value: 0.75 },
      { correct: 0, reward: 0.25, score: 0.25, q: -1, value: 0.25 },
      { correct: 1, reward: 1, score: 1, q: -1, value: 0 }, // right by itself, and too late
    ]);
    expect(() => read(['a', 'b'], [true])).toThrow(/"completions" and "labels" have different lengths/);
    expect(() => read(['a', 3], [true, true])).toThrow(/a step in "completions" is not a text/);
    expect(() => read(['a'], ['maybe'])).toThrow(/a label in "labels" says neither right nor wrong/);
    expect(() => read(['a'], [7])).toThrow(/neither right nor wrong/);
    expect(() => read(['  '], [true])).toThrow(/no step/);
    expect(() => read('no list', [true])).toThrow(/"completions" is not a list/);
  });

  it('are right answers to learn, and good and bad ones', async () => {
    const sft = await prepare(rows, 'sft');
    expect(sft.trees.map((tree) => spell(tree, 0).slice(1).join(''))).toEqual([
      'Light scatters.\nBlue scatters most.\nSo it is blue.<|im_end|>',
    ]);
    expect(sft.report.dropped.map(({ reason, count }) => [reason, count])).toEqual([
      ['the row has no right answer to learn from', 2],
    ]);
    const kto = await prepare(rows, 'kto', {}, needs('kto'));
    expect(kto.trees.map(({ responses }) => responses[0]!.labels!['desirable'])).toEqual([1, 0, 0]);
  });

  it('are compared with others to the same prompt when that is wanted, as pairs, lists, steps, and step by step', async () => {
    await expect(prepare(rows, 'dpo')).rejects.toThrow(/Set pairUnpaired to pair right and wrong answers/);
    const pairs = await prepare(rows, 'dpo', { ...paired, pairsPerRow: 8 });
    expect(pairs.trees).toHaveLength(2);
    expect(spell(pairs.trees[0]!, 1).slice(1).join('')).toContain('Red scatters most.');

    const steps = await prepare(rows, 'stepDpo', { ...paired, pairsPerRow: 8 });
    const sides = steps.trees.map((tree) => [spell(tree, 0).slice(1), spell(tree, 1).slice(1)]);
    expect(sides[0]).toEqual([
      ['[Light scatters.\n]', 'Blue scatters most.\n'],
      ['[Light scatters.\n]', 'Red scatters most.\n'],
    ]);
    expect(sides[1]).toEqual([['Light scatters.\n'], ['Air is blue.<|im_end|>']]);

    const judged = await prepare(rows, 'dpo', paired, needs('full-step-dpo'));
    expect(judged.trees).toHaveLength(1);
    const [tree] = judged.trees as [PreferenceTree];
    expect(tree.responses.map(({ score }) => score)).toEqual([1, 0, 0]);
    expect([0, 1, 2].map((r) => labelsOf(tree, r, 'value'))).toEqual([[1, 1, 1], [1, 0, 0], [0]]);
    expect(labelsOf(tree, 1, 'correct')).toEqual([1, 0, 1]);
    expect(judged.report.rows).toMatchObject({ read: 3, used: 3, dropped: 0 });

    const lists = await prepare(rows, 'dpo', paired, needs('tpo'));
    expect(lists.trees[0]!.responses.map(({ score }) => score)).toEqual([1, 1 / 3, 0]);
  });

  it('say of a prompt that has nothing to compare why not', async () => {
    const alone = [...rows, { prompt: 'Other?\n', completions: ['x'], labels: [true] }];
    const { report } = await prepare(alone, 'stepDpo', paired);
    expect(report.dropped.map(({ reason }) => reason)).toEqual([
      'no answer to the same prompt has a right step where this one first goes wrong, after the same steps',
    ]);
    const other = [rows[0]!, { ...rows[2]!, prompt: 'Another?\n' }];
    await expect(prepare(other, 'dpo', paired, needs('2d-dpo'))).rejects.toThrow(
      /none of its 2 rows can be used.*no answer of the other label/,
    );
  });
});

/** Step-DPO's published layout; the second row gives the whole answers without the steps so far. */
const published: Row[] = [
  {
    prompt: 'What is 2 + 3 * 4?\n',
    initial_reason_steps: 'Step 1: 3 * 4 = 12.\n',
    chosen: 'Step 2: 2 + 12 = 14.',
    rejected: 'Step 2: 2 + 12 = 15.',
    full_chosen: 'Step 1: 3 * 4 = 12.\nStep 2: 2 + 12 = 14.\nStep 3: The answer is 14.',
    full_rejected: 'Step 1: 3 * 4 = 12.\nStep 2: 2 + 12 = 15.\nStep 3: The answer is 15.',
    answer: '14',
  },
  {
    prompt: 'What is 7 - 2?\n',
    initial_reason_steps: '',
    chosen: 'Step 1: 7 - 2 = 5.',
    rejected: 'Step 1: 7 - 2 = 4.',
    full_chosen: 'Step 1: 7 - 2 = 5.',
    full_rejected: 'Step 1: 7 - 2 = 4.',
    answer: '5',
  },
];

describe('Step-DPO’s published layout', () => {
  it('judges every step of the whole answers, for losses that read that', async () => {
    const { trees, report } = await prepare(published, 'dpo', {}, needs('2d-dpo'));
    expect(report.format).toBe('step-dpo');
    expect(trees).toHaveLength(2);
    expect([0, 1].map((r) => labelsOf(trees[0]!, r, 'score'))).toEqual([
      [1, 1, 1],
      [1, 0, 0],
    ]);
    expect([0, 1].map((r) => labelsOf(trees[1]!, r, 'q'))).toEqual([[1], [-1]]);
    expect(spell(trees[0]!, 0).slice(1).join('')).toBe(`${published[0]!['full_chosen']}<|im_end|>`);
  });

  it('gives each step by itself, good or bad, where nothing is compared', async () => {
    const kto = await prepare(published, 'kto', {}, needs('kto'));
    const own = kto.trees.map((tree) => [spell(tree, 0).at(-1), tree.responses[0]!.labels!['desirable']]);
    expect(own.slice(0, 2)).toEqual([
      ['Step 2: 2 + 12 = 14.', 1],
      ['Step 2: 2 + 12 = 15.', 0],
    ]);
    expect(own).toHaveLength(4);
    const sft = await prepare(published, 'sft');
    expect(sft.trees.map(({ responses }) => responses[0]!.score)).toEqual([1, 1]);
  });

  it('cannot where the whole answers are missing, or are others', async () => {
    const bare = published.map(({ full_rejected: _, ...row }) => row);
    await expect(prepare(bare, 'dpo', {}, needs('2d-dpo'))).rejects.toThrow(/has no whole answers/);
    const other = published.map((row) => ({ ...row, full_chosen: 'Something else.' }));
    await expect(prepare(other, 'dpo', {}, needs('2d-dpo'))).rejects.toThrow(/does not hold its step/);
  });
});

describe.each([
  ['answers with labelled steps', rows, paired],
  ['Step-DPO’s layout', published, {}],
] as const)('every method on %s', (_name, file, settings) => {
  it.each(methods.filter(({ chapter }) => chapter !== 'denoising').map(({ id }) => [id]))(
    '%s',
    async (id) => {
      const { method } = needs(id);
      const prepared = prepare([...file], 'dpo', settings, { method });
      if (id === 'brain') {
        await expect(prepared).rejects.toThrow(/reads “logProposal” of every answer/);
        return;
      }
      const { trees } = await prepared;
      expect(trees.length).toBeGreaterThan(0);
      const own = methodById(id);
      const fits = () => {
        for (const pass of own.passes(defaultParams(own)))
          checkTrees(pass.label, pass.objective.reads, trees);
      };
      expect(fits).not.toThrow();
    },
  );
});
