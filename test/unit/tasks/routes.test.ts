import { describe, expect, it } from 'vitest';
import { routes } from '../../../src/tasks/routes';
import type { Problem } from '../../../src/tasks/task';
import { createRng } from '../../../src/util/rng';

const problem: Problem = {
  id: 'p',
  prompt: '3+12+7+9\n',
  solution: '',
  answer: '31',
  difficulty: 'four',
  data: { numbers: [3, 12, 7, 9] },
};
const wayOf = (text: string) => routes.derivation!(problem, text);
/** No two sums of its numbers are equal, so that no two ways look alike. */
const powers = { ...problem, answer: '15', data: { numbers: [1, 2, 4, 8] } };
const measured = (texts: readonly string[]) =>
  routes.measures!(
    texts.map((text) => ({
      problem: powers,
      text,
      verdict: routes.verify(powers, text),
      tokens: 1,
      finished: true,
    })),
  );
const value = (texts: readonly string[], id: string) => measured(texts).find((m) => m.id === id)!.value;

/** Every way to add up four numbers, by trying all pairs. */
const allWays = (numbers: readonly number[]): string[] => {
  if (numbers.length === 1) return [`A:${numbers[0]}`];
  return numbers.flatMap((a, i) =>
    numbers.slice(i + 1).flatMap((b, j) => {
      const rest = numbers.filter((_, k) => k !== i && k !== i + 1 + j);
      return allWays([...rest, a + b]).map((more) => `${a}+${b}=${a + b}\n${more}`);
    }),
  );
};

describe('routes', () => {
  it('takes any order of adding, and counts the ways', () => {
    const ways = allWays([1, 2, 4, 8]);
    expect(ways).toHaveLength(18);
    for (const text of ways) expect(routes.verify(powers, text).correct, text).toBe(true);
    expect(new Set(ways.map((text) => routes.derivation!(powers, text))).size).toBe(18);
    expect(value(ways, 'distinct')).toBe(18);
    expect(value([...ways, ...ways], 'distinct')).toBe(18);
  });

  it('calls two answers one way where only the order of a pair differs', () => {
    expect(wayOf('12+3=15\n15+9=24\n7+24=31\nA:31')).toBe(wayOf('3+12=15\n9+15=24\n24+7=31\nA:31'));
    expect(wayOf('12+3=15\n15+9=24\n7+24=30\nA:30')).toBeUndefined();
  });

  it.each([
    ['3+12=5\n5+7=12\n12+9=21\nA:21', 0, '3+12 is 15, not 5'],
    ['3+12=15\n3+7=10\n', 1, '3 is not there: 7, 9, 15 are'],
    ['3+3=6\n', 0, '3 is not there twice: 3, 12, 7, 9 are'],
    ['A:31', 0, 'the answer comes while 3 and 12 and 7 and 9 are still to be added'],
    [
      '3+12=15\n7+9=16\n15+16=31\n31+1=32\n',
      3,
      'one number is left, so this line must be the answer, like "A:31"',
    ],
    ['3+12=15\n7+9=16\n15+16=31\nA:32', 3, 'the answer is 31, not 32'],
    ['3 + 12 = 15\n', 0, 'this line must add two numbers, like "3+7=10"'],
    ['3+12=15\n7+9=16\n15+16=31\nA:31\nA:31', 4, 'there is text after the answer'],
  ])('judges %j', (text, step, reason) => {
    const { firstWrongStep, steps, correct } = routes.verify(problem, text);
    expect(correct).toBe(false);
    expect(firstWrongStep).toBe(step);
    expect(steps[step]!.reason).toBe(reason);
  });

  it('charges a mistake once: later lines go on from what was written', () => {
    const { steps } = routes.verify(problem, '3+12=5\n5+7=12\n12+9=21\nA:21');
    expect(steps.map(({ correct }) => correct)).toEqual([false, true, true, false]);
  });

  it('measures how many ways are among eight right answers, and their entropy', () => {
    const ways = allWays([1, 2, 4, 8]);
    const one = Array.from({ length: 16 }, () => ways[0]!);
    expect(value(one, 'distinct-of-8')).toBeCloseTo(1);
    expect(value(one, 'entropy')).toBeCloseTo(0);
    const two = [...one.slice(8), ...Array.from({ length: 8 }, () => ways[1]!)];
    // Of 16, 8 and 8: both are missed only when all eight are of one kind.
    expect(value(two, 'distinct-of-8')).toBeCloseTo(2 - 2 / 12870);
    expect(value(two, 'entropy')).toBeCloseTo(Math.log(2));
    expect(measured(one.slice(0, 7)).find(({ id }) => id === 'distinct-of-8')!.count).toBe(0);
  });

  it('draws distinct numbers', () => {
    const rng = createRng(1);
    for (let i = 0; i < 100; i++) {
      const { numbers } = routes.draw(rng, 'five').data as { numbers: number[] };
      expect(new Set(numbers).size).toBe(5);
    }
  });
});
