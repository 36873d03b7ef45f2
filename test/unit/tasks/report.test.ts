import { describe, expect, it } from 'vitest';
import { lengthScore } from '../../../src/tasks/report/read-report';
import { report } from '../../../src/tasks/report/report';
import type { Problem } from '../../../src/tasks/task';

const problem: Problem = {
  id: 'p',
  prompt: '6;a=7,b=12\n',
  solution: '',
  answer: '6',
  difficulty: 'short',
  data: { given: [7, 12], wanted: 6, plan: [] },
};
const first = 'c=b12+4=16\nd=a7+9=16\ne=c16-2=14\n#\n';
const second = 'f=d16+1=17\ng=a7+3=10\nh=g10+8=18\n#\n';
const labelsOf = (text: string) =>
  report.judge!({ problem, text, verdict: report.verify(problem, text) }).labels;
const { endsSection, judgeSection, withHints } = report.longText!;

describe('report', () => {
  it.each([
    ['d=a7+1=8\n', 'the next fact is called c, not d'],
    ['c=a8+1=9\n', 'a was stated to be 7, not 8'],
    ['c=a7+1=9\n', '7+1 is 8, not 9'],
    ['c=e7+1=8\n', 'e has not been stated'],
    ['c=c7+1=8\n', 'c has not been stated'],
    ['a=b12+1=13\n', 'a has been stated before: it is 7'],
    ['c=a7+1=8', 'this line must state a fact from an earlier one, like "c=a7+1=8"'],
    ['c=a7-8=-1\n', 'this line must state a fact from an earlier one, like "c=a7+1=8"'],
  ])('judges the line %j', (text, reason) => {
    const { steps, correct } = report.verify(problem, text);
    expect(correct).toBe(false);
    expect(steps[0]!.reason).toBe(reason);
  });

  it('takes a right report of the wanted length alone', () => {
    expect(report.verify(problem, first + second).correct).toBe(true);
    expect(report.verify(problem, first).correct).toBe(false);
    expect(report.verify(problem, `${first}${second}i=a7+1=8\n`).steps.at(-1)!.reason).toContain(
      '6 lines are wanted',
    );
    expect(report.verify(problem, 'c=b12+4=16\n#\n').steps[1]!.reason).toBe('a section has 3 lines');
  });

  it('keeps the first value of a fact, and charges a slip once', () => {
    const { steps } = report.verify(problem, 'c=b12+4=17\nd=c17+1=18\ne=c16+1=17\n');
    expect(steps.map(({ correct }) => correct)).toEqual([false, true, false]);
  });

  it('scores the length as the paper does', () => {
    expect(lengthScore(6, 6)).toBe(10);
    expect(lengthScore(6, 12)).toBeCloseTo((10 * 2) / 3);
    expect(lengthScore(6, 24)).toBe(0);
    expect(lengthScore(6, 4)).toBeCloseTo(7.5);
    expect(lengthScore(6, 2)).toBe(0);
    expect(lengthScore(6, 0)).toBe(0);
    expect(labelsOf(first)).toMatchObject({ length: 0.5, quality: 1, contradictions: 0 });
    expect(labelsOf('c=a9+1=10\n')).toMatchObject({ quality: 0, contradictions: 1 });
  });

  it('judges a section by what stood before it', () => {
    const good = judgeSection(problem, first, second, false);
    expect(good.marks).toEqual({ form: 5, sums: 5, consistency: 5, reach: 5 });
    expect(good.contradicts).toBe(false);
    const bad = judgeSection(problem, first, second.replace('f=d16+1=17', 'f=d36+1=37'), false);
    expect(bad.contradicts).toBe(true);
    expect(bad.marks['consistency']).toBeCloseTo(1 + 8 / 3);
    expect(bad.hints['consistency']).toEqual(['d']);
    // Alone the same lines would name what nobody has stated.
    expect(judgeSection(problem, '', second, false).marks['consistency']).toBeLessThan(5);
  });

  it('judges an end by the length it leaves', () => {
    expect(judgeSection(problem, first, '', true)).toMatchObject({ length: 5, hints: { length: ['L'] } });
    expect(judgeSection(problem, first + second, '', true).length).toBe(10);
    expect(judgeSection(problem, first, second, false).length).toBe(10);
    const more = 'i=a7+1=8\nj=a7+2=9\nk=b12+1=13\n#\n';
    expect(judgeSection(problem, first + second, more, false).length).toBeLessThan(10);
  });

  it('puts advice into the prompt, and leaves the problem as it was', () => {
    expect(withHints(problem, ['d', 'L']).prompt).toBe('6;a=7,b=12!d!L\n');
    expect(withHints(problem, []).prompt).toBe(problem.prompt);
    expect(report.verify(withHints(problem, ['d']), first + second).correct).toBe(true);
    expect([endsSection(first), endsSection('c=b12+4=16\n')]).toEqual([true, false]);
  });
});
