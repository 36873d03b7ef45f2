import { pairedDifference } from '../util/paired';
import type { Lesson, LiveRun, RunSpec } from './lesson';
import { beforeAndNow, raceSide, raceStep, type Side } from './pieces';
import { armsOf, firstOf, lastOf, live, measureOf, share, solvedOf } from './read';

const race: RunSpec = {
  name: 'race',
  title: 'DPO and DMPO, with junk in the lost games',
  arms: [{ 'method.id': 'dpo' }, { 'method.id': 'dmpo' }],
  seconds: 25,
};

/** How much turn t of T counts in DMPO; turns begin at 0. */
export const turnWeight = (gamma: number, t: number, turns: number): number =>
  gamma === 1 ? (turns - t) / turns : (gamma ** t * (1 - gamma ** (turns - t))) / (1 - gamma ** turns);

const long = 12;

/** Games won at the end beside those before training, the same games. */
const sinceBefore = (run: LiveRun): Side | undefined => {
  const paired = pairedDifference(firstOf(run)?.solved ?? '', lastOf(run)?.solved ?? '');
  return paired && (paired.interval[0] > 0 ? 'more' : paired.interval[1] < 0 ? 'less' : 'open');
};

/** Twice as many broken games are beyond what two runs differ by chance here. */
const worse = (a: number, b: number) => (a > b + 0.02 ? 'dpo' : b > a + 0.02 ? 'dmpo' : 'alike');

export const turns: Lesson = {
  id: 'turns',
  base: {
    'method.id': 'dpo',
    'data.task': 'turns',
    'data.source.id': 'expert-and-rollout',
    'data.source.params.junk': 14,
    'data.trees': 150,
    steps: 30,
    'optimizer.learningRate': 0.0008,
    'evaluation.every': 0,
    'evaluation.problems': 150,
  },
  terms: ['turn', 'credit', 'pair', 'paired'],
  claims: [
    {
      id: 'goals',
      text: 'With junk behind the lost games, DMPO brings more games to their goal than DPO, beyond chance.',
      holds: (all) => {
        const side = raceSide('race')(all);
        return side && side === 'more';
      },
    },
    {
      id: 'speaks',
      text: 'After DPO more games end with an action that cannot be read than after DMPO, by more than 10 points.',
      holds: (all) => {
        const [a, b] = armsOf(all, 'race').map((arm) => measureOf(arm, 'unreadable'));
        return a && b && a.now > b.now + 0.1;
      },
    },
    {
      id: 'stays',
      text: 'At this rate DMPO itself wins no more games than before training, and no fewer, beyond chance.',
      holds: (all) => {
        const dmpo = armsOf(all, 'race')[1];
        return dmpo && sinceBefore(dmpo) === 'open';
      },
    },
  ],
  steps: [
    {
      title: 'A game of turns',
      teaser: 'A gap to be closed, with small steps.',
      say: 'The model plays: it is told a gap, such as `-27`, and answers with a step out of ±1, ±4, ±9; the world says what is left, and so on until nothing is. Every step is a *turn*. How many turns does it take at least?',
      ask: { kind: 'number', unit: 'turns', near: 0.2, truth: () => 3 },
      reply: (_, given) => {
        const guess = given === undefined || Number(given) === 3 ? '' : ` You said ${live(String(given))}.`;
        return `Three: +9, +9, +9.${guess} The model takes more, for it learned from players who often step at random.`;
      },
      notes: [
        {
          title: 'Who says what',
          text: 'What the world says is given, not scored: nobody can be praised for another’s words.',
        },
      ],
    },
    {
      title: 'Two conversations',
      teaser: 'An expert’s game against its own.',
      say: 'A pair is two whole games: an expert’s, preferred, and one of its own. Now a nuisance: fourteen turns that lead nowhere hang at the end of each lost game. Whole-game DPO pushes *every* action of a lost game down, DMPO the late ones less. After which do more games end with an action that nobody can read?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'dpo', text: 'after DPO' },
          { value: 'alike', text: 'both alike, within 2 points' },
          { value: 'dmpo', text: 'after DMPO' },
        ],
        truth: (all) => {
          const [a, b] = armsOf(all, 'race').map((arm) => measureOf(arm, 'unreadable'));
          return a && b && worse(a.now, b.now);
        },
      },
      run: race,
      show: [
        {
          view: 'bars',
          title: 'Games ended by an action that cannot be read',
          to: 0.1,
          of: (all) =>
            armsOf(all, 'race').flatMap((arm, i) =>
              beforeAndNow(['DPO', 'DMPO'][i]!, measureOf(arm, 'unreadable'), 1),
            ),
        },
      ],
      notes: [
        {
          title: 'The rate',
          text: 'High on purpose, so that it shows within 30 steps. At 0.0003 DMPO wins more games than before, and DPO falls behind in some runs and not in others.',
        },
      ],
      reply: (all) => {
        const [a, b] = armsOf(all, 'race').map((arm) => measureOf(arm, 'unreadable'));
        if (!a || !b) return undefined;
        const both = `DPO ${share(a.now)}, DMPO ${share(b.now)}; before training ${share(a.before)}.`;
        return {
          dpo: `${both} Long junk pushes down whatever is said late, and the model forgets how to say anything there.`,
          alike: `${both} That is within 2 points: not told apart with this seed.`,
          dmpo: `${both} Not what one would think: DMPO presses the early turns all the harder, and broke more games. Whether it wins less is another question.`,
        }[worse(a.now, b.now)]!;
      },
    },
    {
      title: 'Which turn counts',
      teaser: 'A discount from turn to turn.',
      say: 'DMPO gives turn *t* of *T* a weight that falls from 1 to nearly 0, with a discount gamma. A game of twelve turns: four that matter, eight of junk.',
      set: {
        text: 'Find a gamma at which the fifth turn, the first of the junk, counts less than a quarter of the first.',
        sliders: [{ id: 'gamma', label: 'gamma', low: 0.1, high: 1, step: 0.05, start: 1 }],
        example: { gamma: 0.5 },
        done: (set) => turnWeight(set['gamma'] ?? 1, 4, long) < 0.25,
        says: (set) => {
          const weight = (t: number) => turnWeight(set['gamma'] ?? 1, t, long).toFixed(2);
          return `Weights: first turn ${live(weight(0))}, second ${live(weight(1))}, fifth ${live(weight(4))}, last ${live(weight(long - 1))}.`;
        },
      },
      reply: ({ set }) => {
        const gamma = set['gamma'] ?? 1;
        const junk = Array.from({ length: 8 }, (_, i) => turnWeight(gamma, 4 + i, long)).reduce(
          (a, b) => a + b,
          0,
        );
        const all = Array.from({ length: long }, (_, i) => turnWeight(gamma, i, long)).reduce(
          (a, b) => a + b,
          0,
        );
        return `At gamma ${live(gamma.toFixed(2))} the eight junk turns have ${share(junk / all, 0)} of all weight; with every turn counted alike they would have ${share(8 / 12, 0)}. Early turns decide more of what follows, which is the reason; junk comes late, which is the luck.`;
      },
      notes: [{ title: 'The formula', text: '[DMPO](#/methods/dmpo) has it, with the numbers of a pair.' }],
    },
    {
      title: 'Goals',
      teaser: 'Whole-game blame, or a discount: which wins more games?',
      say: 'Broken games are one thing, games won another. Does the discount bring more games to their goal than whole-game blame, beyond chance?',
      ...raceStep(
        race,
        'DPO and DMPO',
        { less: 'fewer', open: 'not beyond chance', more: 'yes' },
        ({ arms: [dpo, dmpo], solved: [x, y], words, side }) => {
          const verdict = {
            more: 'Junk in the lost games cost it less.',
            open: `With ${live(lastOf(dpo)!.problems)} games and one seed the difference is within chance: try another seed.`,
            less: 'Fewer, with this seed: a discount also takes from turns that matter.',
          }[side];
          const before = {
            more: 'DMPO has gained',
            open: 'no change beyond chance for DMPO',
            less: 'and DMPO has lost games as well',
          }[sinceBefore(dmpo) ?? 'open'];
          return `DPO ${x}, DMPO ${y}: ${words}, on the same games. ${verdict} Before training it was ${share(solvedOf(dmpo)?.before ?? 0)}: ${before}.`;
        },
      ),
      teach: 'Play it: one pupil is the model, one the world. Which turn would they blame for a lost game?',
    },
  ],
};
