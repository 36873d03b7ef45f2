import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsOf, linesOf } from '../../../src/tasks/environment';
import type { Problem } from '../../../src/tasks/task';
import { bestMoves, firstState, moves, stateAfter, turnsNeeded } from '../../../src/tasks/turns/rules';
import { turns } from '../../../src/tasks/turns/turns';
import { createRng } from '../../../src/util/rng';

const game = (start: number, goal: number, partner = false): Problem => ({
  id: 'g',
  prompt: `${start}${partner ? ':' : '>'}${goal}=${goal - start}\n`,
  solution: '',
  answer: String(goal),
  difficulty: partner ? 'partner' : 'near',
  data: { start, goal, turns: partner ? 12 : 10, partner: partner ? 1 : 0 },
});

const environment = turns.environment!;
const judged = (problem: Problem, text: string) =>
  turns.judge!({ problem, text, verdict: turns.verify(problem, text) });

describe('the environment', () => {
  it('answers what is left, until the goal, an action that cannot be read, or the last turn', () => {
    const problem = game(12, 39);
    const said = (...actions: string[]) => environment.reply(problem, actions);
    expect(said('+9\n')).toEqual({ observation: '18\n' });
    expect(said('+9\n', '-4\n')).toEqual({ observation: '22\n' });
    expect(said('+9\n', '+9\n', '+9\n')).toEqual({ observation: '0!\n', end: 'reached' });
    for (const odd of ['+5\n', '+9', '9\n', '', '+9 \n', '=\n']) {
      expect(said('+9\n', odd)).toEqual({ observation: '', end: 'unreadable' });
    }
    const away = Array.from({ length: 10 }, (_, i) => (i % 2 ? '-1\n' : '+1\n'));
    expect(said(...away.slice(0, 9)).end).toBeUndefined();
    expect(said(...away)).toEqual({ observation: '27\n', end: 'out of turns' });
  });

  it('has a partner whose mood follows how it is treated', () => {
    const problem = game(0, 30, true);
    const said = (...actions: string[]) => environment.reply(problem, actions).observation;
    expect(said('+9\n')).toBe('21:2\n'); // a large step leaves the mood
    expect(said('+9\n', '+9\n')).toBe('12:1\n'); // a second one in a row costs one
    expect(said('+4\n')).toBe('24:3\n'); // a small one that comes nearer gives one, and a partner in the best mood helps by two
    expect(said('-1\n')).toBe('34:0\n'); // away from the goal costs two, and an angry partner pulls by three
    expect(said('-1\n', '+4\n')).toBe('30:1\n');
    const near = game(0, 5, true);
    expect(environment.reply(near, ['+4\n']).observation).toBe('0!3\n'); // help never goes past the goal
  });

  it('is the same for the same actions, and says nothing twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 40 }),
        fc.boolean(),
        fc.array(fc.constantFrom(...moves), { maxLength: 12 }),
        (gap, partner, played) => {
          const problem = game(0, gap, partner);
          const actions = played.map((move) => `${move > 0 ? '+' : ''}${move}\n`);
          let text = '';
          for (let n = 1; n <= actions.length; n++) {
            const { observation, end } = environment.reply(problem, actions.slice(0, n));
            text += actions[n - 1]! + observation;
            if (end) break;
          }
          const { steps } = turns.verify(problem, text);
          // Whatever was played, what the environment said is judged true.
          expect(steps.filter(({ given, correct }) => given && !correct)).toEqual([]);
          expect(steps.map((s) => s.text).join('')).toBe(text);
        },
      ),
    );
  });
});

describe('the expert', () => {
  it('needs as few turns as a search forward finds', () => {
    /** Breadth-first, from the rules alone. */
    const fewest = (gap: number, partner: boolean) => {
      let edge = [firstState(gap)];
      for (let n = 0; n < 12; n++) {
        if (edge.some((state) => state.gap === 0)) return n;
        const next = new Map(
          edge.flatMap((state) =>
            moves.map((move) => {
              const after = stateAfter(state, move, partner);
              return [JSON.stringify(after), after] as const;
            }),
          ),
        );
        edge = [...next.values()];
      }
      return Number.POSITIVE_INFINITY;
    };
    for (const partner of [false, true]) {
      for (const gap of [1, 5, 7, 12, -23, 33, -40]) {
        expect(turnsNeeded(firstState(gap), partner), `${gap} ${partner}`).toBe(fewest(gap, partner));
      }
    }
    expect(bestMoves(firstState(5), false).sort()).toEqual([-4, 1, 4, 9]); // 9 and back by 4 are two turns as well
    expect(bestMoves(firstState(4), false)).toEqual([4]);
  });

  it('reaches every goal within its turns', () => {
    const rng = createRng(3);
    for (const { id } of turns.difficulties) {
      for (let i = 0; i < 200; i++) {
        const problem = turns.draw(rng, id);
        expect(turns.verify(problem, problem.solution).correct).toBe(true);
      }
    }
  });
});

describe('the verifier', () => {
  it('says what a turn costs and what would have been better', () => {
    const problem = game(0, 4);
    const text = '+9\n-5\n-4\n-1\n-1\n0!\n';
    const { steps, correct, firstWrongStep } = turns.verify(problem, text);
    expect(correct).toBe(true); // it got there all the same
    expect(firstWrongStep).toBe(0);
    expect(steps[0]!.reason).toBe('2 turns are lost: with 4 to go, +4 would be better');
    expect(steps.map(({ given }) => given ?? false)).toEqual([false, true, false, true, false, true]);
  });

  it('holds the lines of the environment against what it says', () => {
    const problem = game(0, 18);
    const lie = turns.verify(problem, '+9\n0!\n');
    expect(lie.correct).toBe(false);
    expect(lie.steps[1]!.reason).toContain('"9"');
    expect(turns.continueFrom(problem, '+9\n0!\n')).toBeUndefined();
    const late = turns.verify(problem, '+9\n9\n+9\n0!\n+1\n');
    expect(late.correct).toBe(false);
    expect(late.steps.at(-1)!.reason).toContain('ended');
  });

  it('goes on from a detour, and not where the turns have run out', () => {
    const problem = game(0, 20);
    const rest = turns.continueFrom(problem, '-1\n21\n');
    expect(turns.verify(problem, `-1\n21\n${rest}`).correct).toBe(true);
    const lost = Array.from({ length: 9 }, (_, i) => (i % 2 ? '+1\n20\n' : '-1\n21\n')).join('');
    expect(turns.continueFrom(problem, lost)).toBeUndefined();
  });

  it('scores goal and relationship', () => {
    expect(judged(game(0, 5), '+4\n1\n+1\n0!\n')).toMatchObject({
      score: 1,
      labels: { success: 1, progress: 1 },
    });
    const half = judged(game(0, 18), '+9\n9\n=');
    expect(half.score).toBeCloseTo(0.25);
    expect(half.labels).toMatchObject({ success: 0, progress: 0.5, unreadable: 1 });
    const pushed = judged(game(0, 18, true), '+9\n9:2\n+9\n0!1\n');
    expect(pushed.labels['relationship']).toBeCloseTo(1 / 3);
    expect(pushed.score).toBeCloseTo(2 / 3);
  });
});

it('cuts a conversation into turns, with an empty action where the model says nothing', () => {
  expect(linesOf('+9\n18\n+').map(({ given }) => given)).toEqual([false, true, false]);
  expect(actionsOf('+9\n18\n+')).toEqual(['+9\n', '+']);
  expect(actionsOf('+9\n18\n')).toEqual(['+9\n', '']);
  expect(actionsOf('')).toEqual(['']);
});
