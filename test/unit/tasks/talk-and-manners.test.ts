import { describe, expect, it } from 'vitest';
import { manners, rudeness } from '../../../src/tasks/manners';
import { talk } from '../../../src/tasks/talk';
import type { Problem, Task } from '../../../src/tasks/task';

const problem: Problem = {
  id: 'p',
  prompt: '46,+5,-8\n',
  solution: '46+5=51\n51-8=43\nA:43',
  answer: '43',
  difficulty: 'medium',
  data: { start: 46, operations: ['+5', '-8'] },
};
const reasons = (task: Task, text: string) => task.verify(problem, text).steps.map(({ reason }) => reason);
const measured = (task: Task, texts: readonly string[]) =>
  Object.fromEntries(
    task.measures!(
      texts.map((text) => ({
        problem,
        text,
        verdict: task.verify(problem, text),
        tokens: text.length + 1,
        finished: true,
      })),
    ).map((m) => [m.id, m.value]),
  );

describe('talk', () => {
  const { solution } = problem;
  it('lets lines of the work come again in any order, and nothing else', () => {
    for (const tail of ['', '\n', '\n~46+5=51', '\n~51-8=43\n~46+5=51\n~51-8=43\n'])
      expect(talk.verify(problem, solution + tail), tail).toMatchObject({
        correct: true,
        firstWrongStep: -1,
      });
    expect(talk.verify(problem, '46+5=51\n~46+5=51\n51-8=43\nA:43').correct).toBe(true);
    expect(reasons(talk, `${solution}\n~46+5=52`).at(-1)).toMatch(/repeats nothing/);
    expect(reasons(talk, `${solution}\n46+5=51`).at(-1)).toMatch(/only lines of the work/);
    expect(reasons(talk, '~46+5=51\n46+5=51').at(0)).toMatch(/repeats nothing/);
    expect(reasons(talk, '46+5=41\n41-8=33\nA:33\n~46+5=41')).toEqual([
      '46+5 is 51, not 41',
      '',
      'the answer is 43, not 33',
      '',
    ]);
  });

  it('goes on rightly from anywhere, repeats or not', () => {
    expect(talk.continueFrom(problem, '46+5=51\n~46+5=51\n')).toBe('51-8=43\nA:43');
    expect(talk.continueFrom(problem, `${solution}\n~46+5=51\n`)).toBe('');
    expect(talk.continueFrom(problem, '46+5=51\n~46+5=5')).toBeUndefined();
    expect(talk.continueFrom(problem, '46+5=50\n')).toBeUndefined();
  });

  it('pays for length, and more for a right answer', () => {
    const score = (text: string) => talk.judge!({ problem, text, verdict: talk.verify(problem, text) }).score;
    const longer = `${solution}\n~46+5=51`;
    expect(score(longer)).toBeCloseTo(score(solution) + 0.09, 10);
    expect(score(solution)).toBeGreaterThan(score('46+5=41\n41-8=33\nA:33\n~46+5=41\n~46+5=41'));
    expect(measured(talk, [solution, longer, 'A:1'])).toMatchObject({
      length: (solution.length + longer.length + 3) / 3 + 1,
      'length-right': (solution.length + longer.length) / 2 + 1,
      repeats: 1 / 3,
    });
  });
});

describe('manners', () => {
  it('reads sums through remarks, and calls rude ones by name', () => {
    expect(manners.verify(problem, '46+5=51 .;\n51-8=43\nA:43 ~').correct).toBe(true);
    expect(reasons(manners, '46+5=51 !#\n51-8=43 ;\nA:43')).toEqual(['"!" is rude', '', '']);
    expect(reasons(manners, '46+5=41 !\n41-8=33\nA:43')).toEqual(['46+5 is 51, not 41', '', '']);
    expect(reasons(manners, '46+5=51 ....\n51-8=43\nA:43')[0]).toMatch(/must look like/);
    expect(reasons(manners, '46+5=51.\n51-8=43\nA:43')[0]).toMatch(/must look like/);
    expect(manners.continueFrom(problem, '46+5=51 ~\n')).toBe('51-8=43\nA:43');
    expect(manners.continueFrom(problem, '46+5=51 %\n')).toBeUndefined();
  });

  it('scores a text by its share of rude marks, and measures sums apart from manners', () => {
    expect(rudeness('ab!#')).toBe(0.5);
    expect(rudeness('')).toBe(0);
    const judged = (text: string) =>
      manners.judge!({ problem, text, verdict: manners.verify(problem, text) });
    expect(judged('46+5=51 ;')).toEqual({ score: -0, labels: { polite: 1 } });
    expect(judged('46+5=51 !')).toEqual({ score: -1 / 9, labels: { polite: 0 } });
    const texts = ['46+5=51 !!\n51-8=43\nA:43 #', '46+5=51\n51-8=43 ;\nA:43', '46+5=52\n52-8=44\nA:44 %'];
    expect(measured(manners, texts)).toEqual({ rude: 2 / 3, 'rude-lines': 3 / 9, solved: 2 / 3 });
  });
});
