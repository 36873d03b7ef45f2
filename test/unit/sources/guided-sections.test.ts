import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { guidedSections } from '../../../src/sources/guided-sections';
import { factName, readReport } from '../../../src/tasks/report/read-report';
import { report } from '../../../src/tasks/report/report';
import { pathOf } from '../../../src/tree/paths';
import { validateTree } from '../../../src/tree/validate';
import type { Speaker } from '../../support/speaking-context';
import { speakingContext } from '../../support/speaking-context';
import { fakeContext, gather } from '../search/fake-context';

const characters = '0123456789abcdefghijklmnopqrst+-=;,#!L\n';

/** A writer who recalls wrongly half of the time, but not what the prompt says to look up, and now and then ends too early. */
const writer =
  (forgets: number, stops = 0.1): Speaker =>
  ({ problem, prompt, text, rng }) => {
    const { lines, written, memory } = readReport(problem, text);
    const { wanted } = problem.data as { wanted: number };
    const between = written % 3 === 0;
    if (between && written > 0 && !lines.at(-1)!.mark) return { text: '#\n' };
    if (between && (written >= wanted || (written > 0 && rng.next() < stops)))
      return { text: '', ends: true };
    const from = factName(rng.int(2 + written));
    const { value } = memory.get(from)!;
    const wrong = !prompt.includes(`!${from}`) && rng.next() < forgets;
    const said = wrong ? (value + 10) % 90 : Math.min(value, 90);
    return { text: `${factName(2 + written)}=${from}${said}+1=${said + 1}\n` };
  };

const make = async (params: Record<string, unknown>, speaker = writer(0.3), count = 24) => {
  const { context, prompts } = speakingContext(report, 'medium', characters, speaker, { count });
  const trees = await gather(
    guidedSections.make(context, { ...defaultParams(guidedSections), ...params } as never),
  );
  expect(trees).toHaveLength(count);
  const pairs = trees.map((tree) => {
    validateTree(tree, context.tokenizer.vocabSize);
    const text = (nodes: readonly number[]) =>
      nodes.map((n) => context.tokenizer.decode(tree.nodes[n]!.tokens)).join('');
    const sides = tree.responses.map(({ leaf }) => pathOf(tree, leaf).slice(1));
    const before = text(sides[0]!.filter((n) => !tree.nodes[n]!.scored));
    const [chosen, rejected] = sides.map((side) => text(side.filter((n) => tree.nodes[n]!.scored)));
    return { tree, prompt: text([0]), before, chosen: chosen!, rejected: rejected! };
  });
  return { pairs, prompts };
};

const problemOf = (prompt: string) => {
  const [, wanted, a, b] = /^(\d+);a=(\d+),b=(\d+)\n$/.exec(prompt)!.map(Number);
  return {
    id: prompt,
    prompt,
    solution: '',
    answer: '',
    difficulty: 'medium',
    data: { given: [a!, b!], wanted: wanted!, plan: [] },
  };
};
const contradicts = (prompt: string, before: string, section: string) =>
  report.longText!.judgeSection(problemOf(prompt), before, section, section === '').contradicts;

describe('guided sections', () => {
  it('compare two ways to go on from the same place, what stands before unscored', async () => {
    const { pairs } = await make({ critique: false });
    for (const { tree, before, chosen, rejected } of pairs) {
      expect(chosen).not.toBe(rejected);
      expect(before === '' || before.endsWith('#\n')).toBe(true);
      for (const side of [chosen, rejected]) expect(side === '' || side.endsWith('#\n')).toBe(true);
      const [won, lost] = tree.responses.map(({ score }) => score!);
      expect(won).toBeGreaterThan(lost!);
      expect(tree.comparisons[0]!.margin).toBeCloseTo(won! - lost!);
    }
    // An end alone is a way to go on too: its token is scored.
    expect(pairs.some(({ chosen, rejected }) => chosen === '' || rejected === '')).toBe(true);
  });

  it('pass over what contradicts the text, and as released do not ask', async () => {
    const count = async (search: string) => {
      const { pairs } = await make({ critique: false, search, width: 6 }, writer(0.35), 40);
      return pairs.filter(({ prompt, before, chosen }) => contradicts(prompt, before, chosen)).length;
    };
    const [described, released] = [await count('paper'), await count('released')];
    expect(described).toBeLessThanOrEqual(released);
    expect(described).toBeLessThan(5);
  });

  it('write weak sections anew with advice in the prompt, and keep the prompt as it was', async () => {
    const { pairs, prompts } = await make({ width: 2, threshold: 15 }, writer(0.6));
    expect(prompts.some((prompt) => /![a-z]/.test(prompt))).toBe(true);
    for (const { prompt } of pairs) expect(prompt).not.toContain('!');
    const plain = await make({ width: 2, critique: false }, writer(0.6));
    expect(plain.prompts.every((prompt) => !prompt.includes('!'))).toBe(true);
    const mean = (all: typeof pairs) =>
      all.reduce((sum, { tree }) => sum + tree.responses[0]!.score!, 0) / all.length;
    expect(mean(pairs)).toBeGreaterThan(mean(plain.pairs));
  });

  it('say what they saw where only one way to go on comes up', async () => {
    const sure: Speaker = ({ problem, text }) => {
      const rest = report.continueFrom(problem, text)!;
      return rest === '' ? { text: '', ends: true } : { text: report.splitSteps(rest)[0]! };
    };
    const { context } = speakingContext(report, 'short', characters, sure, { count: 2 });
    await expect(gather(guidedSections.make(context, defaultParams(guidedSections)))).rejects.toThrow(
      /Only 0 of 2 trees could be made: 200 texts written.*at 600 places only one way to go on came up/,
    );
  });

  it('are refused in a world without long texts', async () => {
    const made = guidedSections.make(fakeContext({ count: 2 }).context, defaultParams(guidedSections));
    await expect(gather(made)).rejects.toThrow(/“Chained arithmetic” is none/);
  });
});
