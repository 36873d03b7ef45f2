import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arithmetic, heldOutProblems } from '../../../src/tasks/arithmetic';
import { isHeldOut } from '../../../src/tasks/held-out';
import type { Problem } from '../../../src/tasks/task';
import { createRng } from '../../../src/util/rng';

const problem: Problem = {
  id: 'arithmetic/7,+5,*3,-2',
  prompt: '7,+5,*3,-2\n',
  solution: '7+5=12\n12*3=36\n36-2=34\nA:34',
  answer: '34',
  difficulty: 'medium',
  data: { start: 7, operations: ['+5', '*3', '-2'] },
};

const difficulties = arithmetic.difficulties.map((d) => d.id);
const drawn = fc
  .record({ seed: fc.integer(), difficulty: fc.constantFrom(...difficulties) })
  .map(({ seed, difficulty }) => arithmetic.draw(createRng(seed), difficulty));

/** Reads a prompt by itself: the chain of values, sharing nothing with the code under test. */
const valuesOf = (prompt: string): number[] => {
  const [first, ...rest] = prompt.trim().split(',');
  const values = [Number(first)];
  for (const text of rest) {
    const by = Number(text.slice(1));
    const last = values[values.length - 1]!;
    values.push(text.startsWith('+') ? last + by : text.startsWith('-') ? last - by : last * by);
  }
  return values;
};

describe('draw', () => {
  it('makes well-formed problems whose solution follows from the prompt', () => {
    fc.assert(
      fc.property(drawn, (p) => {
        expect(p.prompt).toMatch(/^[1-9]\d?(,[-+*][1-9]\d?)+\n$/);
        const values = valuesOf(p.prompt);
        const limit = p.difficulty === 'easy' ? 99 : 999;
        for (const v of values) expect(v >= 0 && v <= limit).toBe(true);
        const asked = p.prompt.trim().split(',').slice(1);
        const [from, to] = { easy: [2, 3], medium: [3, 4], hard: [4, 6] }[p.difficulty]! as [number, number];
        expect(asked.length >= from && asked.length <= to).toBe(true);
        for (const o of asked)
          if (o.startsWith('*')) expect(Number(o.slice(1))).toSatisfy((n) => n >= 2 && n <= 9);
        const lines = asked.map((o, i) => `${values[i]}${o}=${values[i + 1]}\n`);
        expect(p.solution).toBe(`${lines.join('')}A:${values.at(-1)}`);
        expect(p.answer).toBe(String(values.at(-1)));
        expect(p.prompt.length + p.solution.length + 2).toBeLessThanOrEqual(110);
      }),
      { numRuns: 1000 },
    );
  });

  it('repeats from the same state and differs between seeds', () => {
    const list = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 50 }, () => arithmetic.draw(rng, 'medium').prompt);
    };
    expect(list(1)).toEqual(list(1));
    expect(list(1)).not.toEqual(list(2));
    expect(new Set(list(1)).size).toBeGreaterThan(45);
  });

  it('uses every operator and every number of operations', () => {
    const rng = createRng(3);
    const prompts = Array.from({ length: 500 }, () => arithmetic.draw(rng, 'hard').prompt);
    for (const o of '+-*') expect(prompts.filter((p) => p.includes(o)).length).toBeGreaterThan(200);
    expect(new Set(prompts.map((p) => p.split(',').length - 1))).toEqual(new Set([4, 5, 6]));
  });

  it('names an unknown difficulty and the known ones', () => {
    expect(() => arithmetic.draw(createRng(1), 'brutal')).toThrow(/"brutal".*"easy", "medium", "hard"/);
  });
});

describe('held-out problems', () => {
  it('are never drawn for training', () => {
    fc.assert(
      fc.property(drawn, (p) => {
        expect(isHeldOut(p.prompt)).toBe(false);
      }),
      { numRuns: 2000 },
    );
    const held = new Set(heldOutProblems('easy', 0, 400).map((p) => p.prompt));
    const rng = createRng(9);
    for (let i = 0; i < 20_000; i++) expect(held.has(arithmetic.draw(rng, 'easy').prompt)).toBe(false);
  });

  it('are a fixed list of distinct problems, readable in slices', () => {
    for (const difficulty of difficulties) {
      const all = heldOutProblems(difficulty, 0, 300);
      expect(new Set(all.map((p) => p.prompt)).size).toBe(300);
      expect(all.every((p) => isHeldOut(p.prompt) && p.difficulty === difficulty)).toBe(true);
      expect(heldOutProblems(difficulty, 120, 7)).toEqual(all.slice(120, 127));
      for (const p of all.slice(0, 50)) expect(arithmetic.verify(p, p.solution).correct).toBe(true);
    }
    expect(arithmetic.heldOut('medium', 0, 3)).toEqual(heldOutProblems('medium', 0, 3));
  });

  it('are about a tenth of all', () => {
    let held = 0;
    for (let i = 0; i < 20_000; i++) if (isHeldOut(`${i},+${i % 50},*3\n`)) held++;
    expect(held / 20_000).toBeGreaterThan(0.09);
    expect(held / 20_000).toBeLessThan(0.11);
  });

  it('keep the split that the built-in models were trained with', () => {
    expect(heldOutProblems('medium', 0, 3).map((p) => p.prompt)).toMatchInlineSnapshot(`
      [
        "36,+45,+1,-30
      ",
        "17,-12,+12,*9
      ",
        "37,*9,-25,+28,*2
      ",
      ]
    `);
  });

  it('refuse a range that is not whole', () => {
    expect(() => heldOutProblems('easy', -1, 2)).toThrow(/start is -1/);
    expect(() => heldOutProblems('easy', 0, 1.5)).toThrow(/count is 1.5/);
    expect(() => heldOutProblems('nope', 0, 1)).toThrow(/"nope"/);
    expect(heldOutProblems('easy', 5, 0)).toEqual([]);
  });
});

describe('verify', () => {
  it('accepts the solution, with or without a final newline', () => {
    const verdict = arithmetic.verify(problem, problem.solution);
    expect(verdict).toMatchObject({ correct: true, answer: '34', firstWrongStep: -1 });
    expect(verdict.steps.map((s) => s.text)).toEqual(['7+5=12\n', '12*3=36\n', '36-2=34\n', 'A:34']);
    expect(arithmetic.verify(problem, `${problem.solution}\n`).correct).toBe(true);
    fc.assert(fc.property(drawn, (p) => arithmetic.verify(p, p.solution).correct));
  });

  it.each([
    ['a wrong result', '7+5=13\n13*3=39\n39-2=37\nA:37', 0, '7+5 is 12, not 13'],
    ['a wrong result later', '7+5=12\n12*3=35\n35-2=33\nA:33', 1, '12*3 is 36, not 35'],
    ['a wrong operand', '7+5=12\n11*3=33\n33-2=31\nA:31', 1, 'starts from 11, but the value so far is 12'],
    ['a wrong operation', '7+5=12\n12*2=24\n24-2=22\nA:22', 1, 'applies *2, but *3 is asked for'],
    ['a wrong operator', '7-5=2\n2*3=6\n6-2=4\nA:4', 0, 'applies -5, but +5 is asked for'],
    ['a wrong answer', '7+5=12\n12*3=36\n36-2=34\nA:35', 3, 'the answer is 34, not 35'],
    ['an early answer', '7+5=12\n12*3=36\nA:34', 2, 'the answer comes before the step -2'],
    ['a line too many', '7+5=12\n12*3=36\n36-2=34\n34-2=32\nA:32', 3, 'must be the answer, like "A:34"'],
    ['text after the answer', '7+5=12\n12*3=36\n36-2=34\nA:34\nA:34', 4, 'text after the answer'],
    ['an empty line', '7+5=12\n\n12*3=36\n36-2=34\nA:34', 1, 'must look like "12*3="'],
    ['a leading zero', '7+5=012\n', 0, 'must look like "7+5="'],
    ['spaces', '7 + 5 = 12\n', 0, 'must look like "7+5="'],
    ['a negative result', '7+5=-12\n', 0, 'must look like "7+5="'],
    ['other digits', '７+5=12\n', 0, 'must look like "7+5="'],
    ['a carriage return', '7+5=12\r\n', 0, 'must look like "7+5="'],
    ['a very long number', `7+5=${'1'.repeat(500)}\n`, 0, 'must look like "7+5="'],
  ])('finds %s', (_, response, index, reason) => {
    const verdict = arithmetic.verify(problem, response);
    expect(verdict.correct).toBe(false);
    expect(verdict.firstWrongStep).toBe(index);
    expect(verdict.steps[index]!.reason).toContain(reason);
  });

  it('charges a mistake once, to the line that makes it', () => {
    const verdict = arithmetic.verify(problem, '7+5=13\n13*3=39\n39-2=36\nA:36');
    expect(verdict.steps.map((s) => s.correct)).toEqual([false, true, false, false]);
  });

  it('goes on from the true value after an unreadable line', () => {
    const verdict = arithmetic.verify(problem, '???\n12*3=36\n36-2=34\nA:34');
    expect(verdict.steps.map((s) => s.correct)).toEqual([false, true, true, true]);
    expect(verdict).toMatchObject({ correct: false, answer: '34', firstWrongStep: 0 });
  });

  it('counts what is missing as wrong at the end', () => {
    for (const [response, index] of [
      ['', 0],
      ['7+5=12\n', 1],
      ['7+5=12\n12*3=36', 2],
      ['7+5=12\n12*3=36\n36-2=34\n', 3],
    ] as const) {
      const verdict = arithmetic.verify(problem, response);
      expect(verdict).toMatchObject({ correct: false, answer: undefined, firstWrongStep: index });
      expect(verdict.steps).toHaveLength(index);
      expect(verdict.steps.every((s) => s.correct)).toBe(true);
    }
  });

  it('finds a changed digit anywhere in a solution', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.integer({ min: 1, max: 9 }), (p, where, by) => {
        const digits = [...p.solution.matchAll(/\d/g)].map((m) => m.index);
        const at = digits[where % digits.length]!;
        const other = (Number(p.solution[at]) + by) % 10;
        const changed = p.solution.slice(0, at) + other + p.solution.slice(at + 1);
        const verdict = arithmetic.verify(p, changed);
        expect(verdict.correct).toBe(false);
        const line = p.solution.slice(0, at).split('\n').length - 1;
        expect(verdict.firstWrongStep).toBe(line);
        expect(verdict.steps[line]!.reason).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  const noise = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'0123456789+-*=,:A\n'), maxLength: 80 }),
  );

  it('never throws, and its steps tile the response', () => {
    fc.assert(
      fc.property(drawn, noise, fc.nat(80), (p, garbage, keep) => {
        const response = p.solution.slice(0, keep) + garbage;
        const verdict = arithmetic.verify(p, response);
        expect(verdict.steps.map((s) => s.text).join('')).toBe(response);
        expect(verdict.steps.map((s) => s.text)).toEqual(arithmetic.splitSteps(response));
        let at = 0;
        for (const s of verdict.steps) {
          expect(s.start).toBe(at);
          expect(response.slice(s.start, s.end)).toBe(s.text);
          expect(s.correct).toBe(s.reason === '');
          at = s.end;
        }
        expect(at).toBe(response.length);
        const wrong = verdict.steps.findIndex((s) => !s.correct);
        expect(verdict.correct).toBe(response === p.solution || response === `${p.solution}\n`);
        expect(verdict.firstWrongStep).toBe(wrong >= 0 ? wrong : verdict.correct ? -1 : verdict.steps.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('says so when the problem is of another kind', () => {
    expect(() => arithmetic.verify({ ...problem, data: {} }, '')).toThrow(/data\.start.*data\.operations/);
    expect(() => arithmetic.verify({ ...problem, data: { start: 1, operations: ['x'] } }, '')).toThrow(
      /arithmetic\/7/,
    );
  });
});

describe('continueFrom', () => {
  it('completes every right prefix of whole lines to the solution', () => {
    fc.assert(
      fc.property(drawn, (p) => {
        const lines = arithmetic.splitSteps(p.solution);
        for (let n = 0; n <= lines.length; n++) {
          const prefix = lines.slice(0, n).join('');
          const rest = arithmetic.continueFrom(p, prefix);
          expect(rest).toBeDefined();
          expect(arithmetic.verify(p, prefix + rest!).correct).toBe(true);
        }
      }),
    );
    expect(arithmetic.continueFrom(problem, `${problem.solution}\n`)).toBe('');
  });

  it('refuses a wrong prefix and part of a line', () => {
    for (const prefix of ['7+5=13\n', '7+5=12', '7+5=12\n12*', 'A:34', '\n', '7+5=12\nA:34\n', 'x']) {
      expect(arithmetic.continueFrom(problem, prefix)).toBeUndefined();
    }
  });
});
