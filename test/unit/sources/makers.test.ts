import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { branchedLists } from '../../../src/sources/branched-lists';
import { bridgedPairs } from '../../../src/sources/bridged-pairs';
import { injectedErrors } from '../../../src/sources/injected-errors';
import { rolledOutSteps } from '../../../src/sources/rolled-out-steps';
import { scoredAspects } from '../../../src/sources/scored-aspects';
import type { Source } from '../../../src/sources/source';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { talk } from '../../../src/tasks/talk';
import type { Problem } from '../../../src/tasks/task';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import { charTokenizer, fakeContext, gather } from '../search/fake-context';

type Changes = Record<string, number | string | boolean>;

const make = async (source: Source, changes: Changes = {}, options = {}) => {
  const fake = fakeContext({ count: 24, mistakes: 0.25, ...options });
  const trees = await gather(source.make(fake.context, { ...defaultParams(source), ...changes }));
  for (const tree of trees) validateTree(tree, charTokenizer.vocabSize);
  expect(new Set(trees.map(({ id }) => id)).size).toBe(trees.length);
  const problemOf = ({ nodes }: PreferenceTree) => fake.known.get(charTokenizer.decode(nodes[0]!.tokens))!;
  return { trees, problemOf, ...fake };
};

/** The text of a response's answer, or of its scored steps alone. */
const textOf = (tree: PreferenceTree, r: number, scored = false) =>
  charTokenizer.decode(
    pathOf(tree, tree.responses[r]!.leaf)
      .filter((n) => n > 0 && (!scored || tree.nodes[n]!.scored))
      .flatMap((n) => tree.nodes[n]!.tokens),
  );

const stepsOf = (tree: PreferenceTree, r: number) =>
  pathOf(tree, tree.responses[r]!.leaf)
    .map((n) => tree.nodes[n]!)
    .filter(({ scored }) => scored);

describe('injected errors', () => {
  const isInjected = ({ nodes }: PreferenceTree) =>
    nodes.some(({ role, scored }) => role === 'step' && !scored);

  it('part after right steps that are given, one side right and the other wrong, plain pairs among them', async () => {
    const { trees, problemOf, notes } = await make(injectedErrors);
    expect(trees.length).toBe(24);
    expect(trees.filter(isInjected).length).toBe(12);
    for (const tree of trees) {
      const problem = problemOf(tree);
      expect(tree.comparisons).toEqual([{ chosen: 0, rejected: 1 }]);
      expect(textOf(tree, 0)).toBe(problem.solution);
      expect(arithmetic.verify(problem, textOf(tree, 1)).correct).toBe(false);
      if (!isInjected(tree)) continue;
      const prefix = textOf(tree, 0).slice(0, -textOf(tree, 0, true).length);
      expect(prefix).toMatch(/^(.*\n)+$/);
      expect(problem.solution.startsWith(prefix)).toBe(true);
      expect(textOf(tree, 1).startsWith(prefix)).toBe(true);
      const { eos } = charTokenizer;
      for (const side of [0, 1]) expect(stepsOf(tree, side).at(-1)!.tokens.at(-1)).toBe(eos);
    }
    expect(notes.at(-1)!.note).toMatch(/split points, an error after/);
  });

  it.each([
    [0, 24],
    [1, 0],
    [0.25, 18],
  ])('a share of %d plain pairs leaves %d others', async (naiveShare, injected) => {
    const { trees } = await make(injectedErrors, { naiveShare });
    expect(trees.filter(isInjected).length).toBe(injected);
  });

  it('asks for a temperature that rises by the step and no further than its end', async () => {
    const fake = fakeContext({ count: 4 });
    const asked: unknown[] = [];
    const { sample } = fake.context;
    fake.context.sample = (requests, options) => {
      asked.push([options.temperature, options.rising]);
      return sample(requests, options);
    };
    const changes = { firstTemperature: 1.2, rise: 0.1, mostTemperature: 1.3 };
    await gather(injectedErrors.make(fake.context, { ...defaultParams(injectedErrors), ...changes }));
    const newline = charTokenizer.encode('\n');
    expect(asked).toContainEqual([1, undefined]);
    expect(asked).toContainEqual([1.2, { rise: 0.1, most: 1.3, stepEnds: newline }]);
  });

  it('keeps the first errors of an answer, and cuts at one step where that is asked for', async () => {
    const perProblem = (trees: PreferenceTree[]) => {
      const counts = new Map<string, number>();
      for (const tree of trees) {
        const key = `${tree.nodes[0]!.tokens}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return Math.max(...counts.values());
    };
    const all = await make(injectedErrors, { naiveShare: 0, perAnswer: 3, tries: 32 });
    expect(perProblem(all.trees)).toBe(3);
    const two = await make(injectedErrors, { naiveShare: 0, tries: 32 });
    expect(perProblem(two.trees)).toBe(2);
    const one = await make(injectedErrors, { naiveShare: 0, splits: 'one', perAnswer: 3, tries: 32 });
    expect(perProblem(one.trees)).toBe(1);
  });

  it('leaves garbled ends out', async () => {
    const fake = fakeContext({ count: 8 });
    const { sample } = fake.context;
    let garbled = 0;
    fake.context.sample = async (requests, options) => {
      const all = await sample(requests, options);
      if (!options.rising) return all;
      for (const [first] of all) {
        if (garbled++ % 2 === 0) first!.tokens.unshift(...charTokenizer.encode('7+=\n'));
      }
      return all;
    };
    const params = { ...defaultParams(injectedErrors), naiveShare: 0, tries: 32 };
    for (const tree of await gather(injectedErrors.make(fake.context, params))) {
      expect(textOf(tree, 1)).not.toContain('7+=');
    }
    expect(fake.notes.at(-1)!.note).toMatch(/garbled/);
  });

  it('says what it saw where the model never errs after a cut', async () => {
    const fake = fakeContext({ count: 4, mistakes: 0.3 });
    const { sample } = fake.context;
    fake.context.sample = async (requests, options) => {
      if (!options.rising) return sample(requests, options);
      return requests.map(({ tokens }) => {
        const text = charTokenizer.decode(tokens);
        const end = text.indexOf('\n') + 1;
        const rest = fake.known.get(text.slice(0, end))!.solution.slice(text.length - end);
        const own = [...charTokenizer.encode(rest), charTokenizer.eos];
        const zeros = own.map(() => 0);
        return [{ tokens: own, logProbs: zeros, proposalLogProbs: zeros, finished: true }];
      });
    };
    await expect(gather(injectedErrors.make(fake.context, defaultParams(injectedErrors)))).rejects.toThrow(
      /after [\d,]+ split points the model erred readably 0 times.*Raise the temperatures/,
    );
  });
});

describe('bridged pairs', () => {
  it('mend a wrong answer where it is wrong', async () => {
    const { trees, problemOf } = await make(bridgedPairs);
    for (const tree of trees) {
      const problem = problemOf(tree);
      const [won, lost] = [textOf(tree, 0), textOf(tree, 1)];
      expect(arithmetic.verify(problem, won).correct).toBe(true);
      const { firstWrongStep, correct } = arithmetic.verify(problem, lost);
      expect(correct).toBe(false);
      const before = arithmetic.splitSteps(lost).slice(0, firstWrongStep).join('');
      expect(won.startsWith(before)).toBe(true);
    }
  });
  it('or set an independent right answer against it', async () => {
    const gold = await make(bridgedPairs, { winner: 'gold' });
    for (const tree of gold.trees) expect(textOf(tree, 0)).toBe(gold.problemOf(tree).solution);
    const own = await make(bridgedPairs, { winner: 'own' });
    expect(own.trees.length).toBe(24);
  });
});

describe('mending by the world', () => {
  const problem: Problem = {
    id: 'p',
    prompt: '7,+5,*3,-9\n',
    solution: '7+5=12\n12*3=36\n36-9=27\nA:27',
    answer: '27',
    difficulty: 'easy',
    data: { start: 7, operations: ['+5', '*3', '-9'] },
  };
  const mend = (text: string) => arithmetic.repair!(problem, arithmetic.splitSteps(text));
  it.each([
    ['a wrong result, and what follows from it', '7+5=13\n13*3=39\n39-9=30\nA:30'],
    ['a wrong operand', '7+5=12\n13*3=39\n39-9=30\nA:30'],
    ['another operation', '7+5=12\n12*2=24\n24-9=15\nA:15'],
    ['an unreadable line', '7+5=12\n12**3=\n36-9=27\nA:27'],
    ['a wrong answer', '7+5=12\n12*3=36\n36-9=27\nA:26'],
    ['an early end', '7+5=12\n12*3=36\n'],
    ['too many lines', '7+5=12\n12*3=36\n36-9=27\n27-0=27\nA:27'],
    ['nothing', ''],
  ])('puts %s right', (_what, text) => {
    expect(mend(text)).toBe(problem.solution);
  });
  it.each([
    ['46+5=52\n~46+5=52\n52-8=44\nA:44\n~52-8=44', '46+5=51\n~46+5=51\n51-8=43\nA:43\n~51-8=43'],
    ['46+5=51\n51-8=42\nA:42\n~46+5=51\n~51-8=43', '46+5=51\n51-8=43\nA:43\n~46+5=51'],
    ['46+5=51\nA:51', '46+5=51\n51-8=43\nA:43'],
    ['46+5=50\n~46+5=50', '46+5=51\n~46+5=51\n51-8=43\nA:43'],
    ['46+5=51\n51-8=43\n43-0=43\nA:43', '46+5=51\n51-8=43\nA:43'],
  ])('leaves an answer as talkative as it was: %j', (wrong, right) => {
    const data = { start: 46, operations: ['+5', '-8'] };
    const sum = { ...problem, prompt: '46,+5,-8\n', solution: '46+5=51\n51-8=43\nA:43', answer: '43', data };
    expect(talk.verify(sum, wrong).correct).toBe(false);
    expect(talk.repair!(sum, talk.splitSteps(wrong))).toBe(right);
    expect(talk.verify(sum, right).correct).toBe(true);
  });
  it('tells the aspects of each line apart', () => {
    const aspects = (text: string) => arithmetic.aspects!(problem, arithmetic.splitSteps(text));
    const whole = { format: 1, holds: 1, grounded: 1, progress: 1 };
    expect(aspects(problem.solution)).toEqual([whole, whole, whole, whole]);
    expect(aspects('7+5=13\n13*3=39\n40-9=31\nA:31')).toEqual([
      { ...whole, holds: 0 },
      whole,
      { ...whole, grounded: 0 },
      whole,
    ]);
    expect(aspects('7+5=12\n12*2=24\n2x\nA:5')).toEqual([
      whole,
      { ...whole, progress: 0 },
      { format: 0, holds: 0, grounded: 0, progress: 0 },
      { format: 1, holds: 0, grounded: 0, progress: 1 },
    ]);
  });
});

describe('scored aspects', () => {
  it('weigh each step by what is right about it', async () => {
    const { trees } = await make(scoredAspects);
    const seen = new Set<number>();
    for (const tree of trees) {
      expect(stepsOf(tree, 0).map(({ labels }) => labels!['score'])).toEqual(stepsOf(tree, 0).map(() => 1));
      const scores = stepsOf(tree, 1).map(({ labels }) => labels!['score']!);
      expect(Math.min(...scores)).toBeLessThan(1);
      for (const score of scores) seen.add(Math.round(score * 100) / 100);
    }
    expect(seen).toContain(0.6); // a line that is untrue, and right in everything else
  });
  it('at weights of one’s own, and refuse to weigh nothing', async () => {
    const none = { groundedWeight: 0, formatWeight: 0, progressWeight: 0 };
    const { trees } = await make(scoredAspects, none);
    for (const tree of trees) {
      for (const { labels } of stepsOf(tree, 1)) expect(labels!['score']).toBe(labels!['holds'] ?? 0);
    }
    await expect(make(scoredAspects, { ...none, holdsWeight: 0 })).rejects.toThrow(/weight above 0/);
  });
});

describe('branched lists', () => {
  it('hold the solution, branches of it and a wrong answer, by their scores', async () => {
    const { trees, problemOf, calls } = await make(branchedLists);
    for (const tree of trees) {
      const problem = problemOf(tree);
      const texts = tree.responses.map((_, r) => textOf(tree, r));
      expect(texts[0]).toBe(problem.solution);
      expect(tree.responses[0]!.score).toBe(1);
      expect(arithmetic.verify(problem, texts.at(-1)!).correct).toBe(false);
      expect(texts.length).toBeLessThanOrEqual(5);
      expect(new Set(texts).size).toBe(texts.length);
      expect(new Set(tree.responses.map(({ score }) => score)).size).toBeGreaterThanOrEqual(3);
      for (const { chosen, rejected } of tree.comparisons) {
        expect(tree.responses[chosen]!.score!).toBeGreaterThan(tree.responses[rejected]!.score!);
      }
    }
    // Branches begin inside solutions.
    const begun = calls.flat().filter(({ text, count }) => count === 1 && !text.endsWith('\n\n'));
    expect(begun.some(({ text }) => text.split('\n').length > 2)).toBe(true);
  });
  it('grow from the wrong answer too where that is asked for', async () => {
    const { trees, problemOf } = await make(branchedLists, { trunks: 'both', branches: 4, levels: 2 });
    const grown = trees.flatMap((tree) => {
      const wrong = arithmetic.splitSteps(textOf(tree, tree.responses.length - 1));
      const at = arithmetic.verify(problemOf(tree), wrong.join('')).firstWrongStep;
      const error = wrong.slice(0, at + 1).join('');
      return tree.responses.slice(1, -1).filter((_, i) => textOf(tree, i + 1).startsWith(error));
    });
    expect(grown.length).toBeGreaterThan(0);
  });
});

describe('rolled-out steps', () => {
  it('have the share of rollouts that reach the result, whatever the verifier says of the lines', async () => {
    const { trees, problemOf } = await make(rolledOutSteps, { rollouts: 4 }, { mistakes: 0.15 });
    const bySound: Record<string, number[]> = { 1: [], [-1]: [] };
    for (const tree of trees) {
      const problem = problemOf(tree);
      for (const [r, { score }] of tree.responses.entries()) {
        const steps = stepsOf(tree, r);
        const right = arithmetic.verify(problem, textOf(tree, r)).answer === problem.answer;
        expect(steps.at(-1)!.labels!['value']).toBe(right ? 1 : 0);
        for (const { labels } of steps.slice(0, -1)) {
          expect([0, 0.25, 0.5, 0.75, 1]).toContain(labels!['value']);
          bySound[labels!['q']!]!.push(labels!['value']!);
        }
        expect(score).toBe(steps.every(({ labels }) => labels!['q'] === 1) ? 1 : 0);
      }
    }
    // The context's model takes the right lines up again after a mistake, and only results are looked at.
    expect(Math.max(...bySound['-1']!)).toBeGreaterThan(0);
    expect(Math.min(...bySound['1']!)).toBeLessThan(1);
  });
});
