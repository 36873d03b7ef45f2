/** The first lessons: pairs, losses, log-probs and beta. */
import type { LessonPlan, Runs } from './drive';
import {
  apart,
  best,
  changed,
  displaced,
  last,
  late,
  mean,
  moved,
  moves,
  paired,
  pct,
  probedAt,
  sgn,
  solved,
  stretches,
  sum,
} from './numbers';

const look = (runs: Runs) => {
  const { pairs } = runs.look[0].probes![0]!;
  const wrong = pairs.filter(({ chosen, rejected }) => sum(rejected.logProb) > sum(chosen.logProb)).length;
  return { wrong, pairs: pairs.length };
};

/** Driven by keys wherever there is something to pick. */
const aPairIsAQuestion: LessonPlan = {
  id: 'a-pair-is-a-question',
  steps: [
    { key: '3', truth: '3', says: () => ['Line 3'] },
    {
      key: '2',
      run: 'look',
      truth: (runs) => {
        const { wrong, pairs } = look(runs);
        return wrong / pairs < 0.25 ? 'few' : wrong / pairs > 0.75 ? 'most' : 'half';
      },
      says: (runs) => [`In ${look(runs).wrong} of ${look(runs).pairs}.`],
    },
    {
      answer: 100,
      run: 'train',
      truth: ({ train }) => String(Math.round(100 * last(train[0]).accuracy)),
      says: ({ train }) => {
        const { before, now } = solved(train[0]);
        return [`${before} before, ${now} now. You said 100 %.`];
      },
    },
    {
      key: '3',
      says: ({ train }) => {
        const [chosen, rejected] = [moves(train[0], 'chosen'), moves(train[0], 'rejected')];
        const right = chosen.filter((by, i) => by > rejected[i]!).length;
        return [
          `In ${right} of ${chosen.length}.`,
          `moved by ${sgn(moved(train[0], 'chosen'), 2)} nats, the rejected ones by ${sgn(moved(train[0], 'rejected'), 2)}`,
        ];
      },
    },
    {
      truth: ({ train }) => {
        const { mended, broken } = changed(train[0]);
        return broken === 0 ? 'none' : broken < mended / 2 ? 'some' : 'many';
      },
      says: ({ train }) => {
        const { mended, broken, both } = changed(train[0]);
        return [`Mended ${mended}, broke ${broken}; ${both} were right both times.`];
      },
    },
  ],
};

const undecided = (loss: number) => Math.abs(loss - Math.LN2) < 0.01;

const noOpinion: LessonPlan = {
  id: 'no-opinion',
  steps: [
    {
      key: '4',
      run: 'usual',
      truth: '0.693',
      says: ({ usual: [run] }) => {
        const end = late(run, 'loss', 3);
        return ['0.693. ', undecided(end) ? 'hardly left it' : `it came to ${end.toFixed(3)}`];
      },
    },
    {
      key: '1',
      run: 'slow',
      truth: 'stays',
      says: ({ slow: [run] }) => [
        `It stays: ${late(run, 'loss', 3).toFixed(4)}`,
        `its norm ${late(run, 'grad_norm', 3).toFixed(3)}`,
      ],
    },
    {
      key: '3',
      run: 'walking',
      says: ({ walking: [run] }) => [
        `Loss ${late(run, 'loss', 3).toFixed(3)}`,
        `${sgn(apart(run), Math.abs(apart(run)) > 1 ? 1 : 2)} nats`,
      ],
    },
    { key: '1', truth: 'nothing', says: () => ['None of the 3 runs above'] },
  ],
};

const whyChosenFall: LessonPlan = {
  id: 'why-chosen-fall',
  steps: [
    { answer: 'falls', says: () => ['Noted. We will come back to it.'] },
    {
      run: 'careful',
      says: ({ careful: [run] }) => [
        `${sgn(moved(run, 'chosen'), 2)} nats`,
        `${sgn(moved(run, 'rejected'), 2)}. Solved: ${solved(run).before} before, ${solved(run).now} now. You said that they fall.`,
      ],
    },
    {
      run: 'fast',
      says: ({ careful: [slow], fast: [run] }) => [
        `Loss: careful ${late(slow).toFixed(2)}, fast ${late(run).toFixed(2)}. Solved: ${solved(slow).now} and ${solved(run).now}.`,
        `${pct(late(run, 'rewards/accuracies'), 0)} right`,
        `${sgn(moved(run, 'chosen'))} nats`,
      ],
      truth: ({ careful: [slow], fast: [run] }) =>
        last(run).accuracy === last(slow).accuracy
          ? undefined
          : `${late(run) < late(slow) ? 'fast' : 'careful'}-${last(run).accuracy > last(slow).accuracy ? 'fast' : 'careful'}`,
    },
    // softplus(-0.1 (50 - 20)), and e to the 20.
    {
      set: { 'ring-chosen': -20, 'ring-rejected': -50 },
      says: () => ['loss 0.049', '485 million times'],
    },
    {
      says: ({ fast: [run] }) => {
        const parts = [0, 1, 2].map((k) => mean(stretches(run, 'chosen').map((pair) => pair[k]!)));
        const all = `${sgn(sum(parts))} nats in all`;
        return sum(parts) >= -0.1
          ? [all]
          : [
              `${all}, ${sgn(parts[0]!)} before they part, ${sgn(parts[1]!)} at the parting, ${sgn(parts[2]!)} after it.`,
            ];
      },
    },
    {
      answer: 'another',
      says: ({ fast: [run] }) => [`with ${pct(displaced(run).p)}`],
    },
    {
      answer: 'ipo',
      run: 'hold',
      says: ({ hold: [, run] }) => [
        `${sgn(moved(run, 'chosen'))} nats. Solved: ${solved(run).before} before, ${solved(run).now} now.`,
      ],
    },
    {
      run: 'between',
      truth: ({ between: [run] }) => (last(run).accuracy < best(run).interval[0] ? 'harmful' : 'harmless'),
      says: ({ between: [run] }) => [
        `${sgn(moved(run, 'chosen'))} nats`,
        solved(run).now,
        `${pct(best(run).accuracy)} at step ${best(run).step}`,
      ],
    },
  ],
};

const whichBeta: LessonPlan = {
  id: 'which-beta',
  steps: [
    {
      answer: '0.1',
      run: 'loose',
      says: ({ loose: [a, b] }) => [
        `Beta 0.02: loss ${late(a).toFixed(3)}. Beta 0.1: loss ${late(b).toFixed(3)}.`,
      ],
    },
    {
      says: ({ loose: [a, b] }) => [
        `At step ${probedAt(a, 1)}: ${sgn(apart(a, 1), 2)} and ${sgn(apart(b, 1), 2)} nats.`,
      ],
    },
    {
      answer: '2',
      run: 'tight',
      truth: ({ loose, tight }) => {
        const four = [...loose, ...tight].map((run) => last(run).accuracy);
        const most = four.filter((share) => share === Math.max(...four)).length;
        return most > 1 ? undefined : ['0.02', '0.1', '0.5', '2'][four.indexOf(Math.max(...four))];
      },
      says: ({ tight: [a, b] }) => [`Beta 0.5 ${solved(a).now}, beta 2 ${solved(b).now}.`],
    },
    { says: ({ loose, tight }) => [paired(loose[0], tight[0])] },
    {
      answer: 'neither',
      truth: 'neither',
      says: ({ loose: [a, b] }) => [
        `Losses ${late(a).toFixed(2)} and ${late(b).toFixed(2)}; solved ${solved(a).now} and ${solved(b).now}, a difference of ${paired(a, b)}`,
      ],
    },
  ],
};

export const firstPlans: readonly LessonPlan[] = [aPairIsAQuestion, noOpinion, whyChosenFall, whichBeta];
