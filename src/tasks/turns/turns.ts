import { meanOf, shareOf } from '../../util/measure';
import type { Rng } from '../../util/rng';
import { worldCard } from '../cards';
import { linesOf, type Reply } from '../environment';
import { drawnApart } from '../held-out';
import type { Judgement, Problem, StepVerdict, Task, Verdict, VerifiedAnswer } from '../task';
import { bestMoves, firstState, type GameState, MOOD_MOST, moves, stateAfter, turnsNeeded } from './rules';

/*
 * A game in turns: bring a number to another one in steps of 1, 4 or 9. The environment tells what is left.
 *
 *   prompt       12>39=27       from 12 to 39, that is 27; ":" in place of ">" where there is a partner
 *   action       +9
 *   observation  18             with a partner also its mood, from 0 to 3: 18:2
 *   action       +9
 *   observation  9
 *   action       +9
 *   observation  0!             reached: the game ends
 *
 * An action that cannot be read ends the game without a word, and so does the last turn that there is.
 */

/** What a difficulty of the card means. */
interface Level {
  id: string;
  /** Distance to the goal, from and to. */
  gap: readonly [number, number];
  /** Most turns. */
  turns: number;
  partner: boolean;
}

const levels: readonly Level[] = [
  { id: 'near', gap: [5, 40], turns: 8, partner: false },
  { id: 'far', gap: [41, 99], turns: 20, partner: false },
  { id: 'partner', gap: [5, 40], turns: 10, partner: true },
];

const heldOutSeed = 20_261_127;
const largest = 99;

const levelOf = (difficulty: string): Level => {
  const level = levels.find((l) => l.id === difficulty);
  if (!level) {
    const known = levels.map((l) => `"${l.id}"`).join(', ');
    throw new Error(`Task "turns" has no difficulty "${difficulty}"; use one of ${known}.`);
  }
  return level;
};

/** What the environment says when a game stands so. */
const observationOf = ({ gap, mood }: GameState, partner: boolean): string => {
  const end = gap === 0 ? '!' : partner ? ':' : '';
  return `${gap}${end}${partner ? mood : ''}\n`;
};

const actionOf = (move: number): string => `${move > 0 ? '+' : ''}${move}\n`;

/** The step that an action asks for; undefined when it cannot be read. */
const moveOf = (action: string): number | undefined => moves.find((move) => actionOf(move) === action);

/** A problem's game, from `data`. */
const gameOf = (problem: Problem): { gap: number; turns: number; partner: boolean } => {
  const { start, goal, turns, partner } = problem.data;
  if ([start, goal, turns, partner].some((value) => typeof value !== 'number')) {
    throw new Error(
      `Problem "${problem.id}" is not a game of turns: data.start, data.goal, data.turns and data.partner must be numbers.`,
    );
  }
  return { gap: Number(goal) - Number(start), turns: Number(turns), partner: partner === 1 };
};

/** One turn of a game as it was played. */
interface Turn {
  before: GameState;
  /** Undefined when the action could not be read. */
  move: number | undefined;
  after: GameState;
}

interface Game {
  turns: Turn[];
  state: GameState;
  end: Reply['end'];
}

/** Plays actions until the game ends; actions after that are not looked at. */
const play = (problem: Problem, actions: readonly string[]): Game => {
  const { gap, turns: most, partner } = gameOf(problem);
  const turns: Turn[] = [];
  let state = firstState(gap);
  let end: Reply['end'];
  for (const action of actions) {
    if (end) break;
    const move = moveOf(action);
    const after = move === undefined ? state : stateAfter(state, move, partner);
    turns.push({ before: state, move, after });
    state = after;
    if (move === undefined) end = 'unreadable';
    else if (state.gap === 0) end = 'reached';
    else if (turns.length >= most) end = 'out of turns';
  }
  return { turns, state, end };
};

const reply = (problem: Problem, actions: readonly string[]): Reply => {
  const { state, end } = play(problem, actions);
  const observation = end === 'unreadable' ? '' : observationOf(state, gameOf(problem).partner);
  return { observation, ...(end && { end }) };
};

/** A step away from the goal and back again, over and over; none once the goal is reached. */
const junk = (problem: Problem, actions: readonly string[], count: number, rng: Rng): string[] => {
  const { gap } = play(problem, actions).state;
  const away = -Math.sign(gap) * rng.pick([1, 4, 9]);
  if (gap === 0) return [];
  return Array.from({ length: count }, (_, i) => actionOf(i % 2 === 0 ? away : -away));
};

/** The best actions from a state on, with what the environment says to them; at most `turns` of them. */
const playOn = (state: GameState, turns: number, partner: boolean): string => {
  let text = '';
  let now = state;
  for (let left = turns; left > 0 && now.gap !== 0; left--) {
    const move = bestMoves(now, partner)[0]!;
    now = stateAfter(now, move, partner);
    text += actionOf(move) + observationOf(now, partner);
  }
  return text;
};

const between = (rng: Rng, low: number, high: number): number => low + rng.int(high - low + 1);

const drawAny = (rng: Rng, level: Level): Problem => {
  const distance = between(rng, ...level.gap);
  const low = between(rng, 0, largest - distance);
  const [start, goal] = rng.next() < 0.5 ? [low, low + distance] : [low + distance, low];
  const prompt = `${start}${level.partner ? ':' : '>'}${goal}=${goal - start}\n`;
  return {
    id: `turns/${prompt.trim()}`,
    prompt,
    solution: playOn(firstState(goal - start), level.turns, level.partner),
    answer: String(goal),
    wanted: `the goal is ${goal}, within ${level.turns} turns`,
    difficulty: level.id,
    data: { start, goal, turns: level.turns, partner: level.partner ? 1 : 0 },
  };
};

/** Why a turn is not one of the best; empty when it is. */
const turnReason = ({ before, move, after }: Turn, partner: boolean): string => {
  if (move === undefined)
    return 'this is no step that the game knows: +1, -1, +4, -4, +9 or -9, and a new line';
  const needed = turnsNeeded(before, partner);
  const now = turnsNeeded(after, partner);
  if (now < needed) return '';
  const best = actionOf(bestMoves(before, partner)[0]!).trim();
  const cost = now - needed + 1;
  return `${cost === 1 ? 'a turn is' : `${cost} turns are`} lost: with ${before.gap} to go, ${best} would be better`;
};

const wordReason = (text: string, said: string): string =>
  text === said ? '' : `the environment says ${JSON.stringify(said.trim())} here`;

/**
 * Judges every turn: it is right when the goal is then one turn nearer. A game is right when it reaches the goal, by whatever way. Lines of
 * the environment are held against what it says.
 */
const verify = (problem: Problem, response: string): Verdict => {
  const { partner } = gameOf(problem);
  const lines = linesOf(response);
  const actions = lines.filter(({ given }) => !given).map(({ text }) => text);
  const game = play(problem, actions);
  let at = 0;
  const steps = lines.map(({ text, given }, i): StepVerdict => {
    const turn = game.turns[Math.floor(i / 2)];
    const reason = !turn
      ? 'the game has ended before'
      : given
        ? wordReason(text, observationOf(turn.after, partner))
        : turnReason(turn, partner);
    const step = { start: at, end: at + text.length, text, correct: reason === '', reason };
    at = step.end;
    return given ? { ...step, given } : step;
  });
  const truthful = steps.every(({ correct }, i) => correct || !lines[i]!.given);
  const correct = truthful && game.end === 'reached' && actions.length === game.turns.length;
  const wrong = steps.findIndex((step) => !step.correct);
  const { start } = problem.data;
  return {
    steps,
    correct,
    answer: String(Number(start) + gameOf(problem).gap - game.state.gap),
    firstWrongStep: wrong >= 0 ? wrong : correct ? -1 : steps.length,
  };
};

/** What a game came to, from 0 to 1 each. */
const judge = ({ problem, text, verdict }: VerifiedAnswer): Judgement => {
  const { gap, partner } = gameOf(problem);
  const { state, end } = play(
    problem,
    linesOf(text)
      .filter(({ given }) => !given)
      .map((line) => line.text),
  );
  const success = verdict.correct ? 1 : 0;
  const progress = Math.max(0, 1 - Math.abs(state.gap) / Math.abs(gap));
  const goal = success ? 1 : progress / 2;
  const relationship = partner ? state.mood / MOOD_MOST : 1;
  return {
    score: partner ? (goal + relationship) / 2 : goal,
    labels: {
      success,
      progress,
      goal,
      unreadable: end === 'unreadable' ? 1 : 0,
      relationship,
    },
  };
};

/** The game of turns; see the top of this file. */
export const turns: Task = {
  ...worldCard('turns'),
  ...drawnApart(heldOutSeed, levelOf, drawAny),
  verify,
  continueFrom: (problem, prefix) => {
    const { turns: most, partner } = gameOf(problem);
    const lines = linesOf(prefix);
    const { steps } = verify(problem, prefix);
    const actions = lines.filter(({ given }) => !given).map(({ text }) => text);
    const { state, end, turns: played } = play(problem, actions);
    const truthful = steps.every(({ correct }, i) => correct || !lines[i]!.given);
    if (!truthful || end === 'unreadable' || played.length < actions.length) return undefined;
    // After an action without a reply, the environment has the word.
    const said = lines.length % 2 === 1 ? observationOf(state, partner) : '';
    const rest = playOn(state, most - played.length, partner);
    return turnsNeeded(state, partner) <= most - played.length ? said + rest : undefined;
  },
  splitSteps: (response) => linesOf(response).map(({ text }) => text),
  environment: {
    reply,
    extended: (problem, more) => ({
      ...problem,
      data: { ...problem.data, turns: gameOf(problem).turns + more },
    }),
    junk,
  },
  judge,
  measures: (answers) => {
    const judged = answers.map((answer) => ({ answer, labels: judge(answer).labels }));
    const values = (name: string, of = judged) => of.map(({ labels }) => labels[name]!);
    const reached = judged.filter(({ labels }) => labels['success'] === 1);
    const turnsOf = (text: string) => linesOf(text).filter(({ given }) => !given).length;
    const partnered = judged.filter(({ answer }) => gameOf(answer.problem).partner);
    return [
      meanOf({ id: 'progress', name: 'progress to the goal', better: 'higher' }, 'of 1', values('progress')),
      shareOf(
        { id: 'unreadable', name: 'games ended by an action that cannot be read', better: 'lower' },
        values('unreadable').filter((value) => value === 1).length,
        answers.length,
      ),
      meanOf(
        { id: 'turns', name: 'turns of a game that reaches the goal', better: 'lower' },
        'turns',
        reached.map(({ answer }) => turnsOf(answer.text)),
      ),
      ...(partnered.length > 0
        ? [
            meanOf(
              { id: 'relationship', name: 'mood of the partner at the end', better: 'higher' },
              'of 1',
              values('relationship', partnered),
            ),
          ]
        : []),
    ];
  },
};
