import { number } from '../ui/format';
import { sinceStart } from '../ui/live/since-start';
import type { Lesson, Live, LiveRun, RunSpec } from './lesson';
import { armsOf, lastOf, live, metricOf, movedOf, nats, pairedSide, pairedWords, share } from './read';

const loose: RunSpec = {
  name: 'loose',
  title: 'beta 0.02 and 0.1, side by side',
  arms: [{ 'method.params.beta': 0.02 }, { 'method.params.beta': 0.1 }].map((arm) => ({
    'method.id': 'dpo',
    ...arm,
  })),
  seconds: 20,
};
const tight: RunSpec = {
  name: 'tight',
  title: 'beta 0.5 and 2, side by side',
  arms: [{ 'method.params.beta': 0.5 }, { 'method.params.beta': 2 }].map((arm) => ({
    'method.id': 'dpo',
    ...arm,
  })),
  seconds: 20,
};

const betaOf = (run: LiveRun) => Number(run.document.method.params['beta']);

/** How far the two answers of a pair have come apart, in nats; the median of the probe. */
const apartOf = (run: LiveRun) => {
  const moved = movedOf(run);
  return moved && moved.chosen.median - moved.rejected.median;
};

/** The same at the first probe after the start. */
const apartEarly = (run: LiveRun) => {
  const row = sinceStart(run.probes)[1];
  return row && { x: row.x, apart: row.chosen.median - row.rejected.median };
};

/** Less than this many nats is nothing that could be compared. */
const nothingYet = 0.05;

const all4 = (all: Live) => [...armsOf(all, 'loose'), ...armsOf(all, 'tight')];

const summary = (run: LiveRun) => {
  const [loss, apart, last] = [metricOf(run, 'loss'), apartOf(run), lastOf(run)];
  return loss === undefined || apart === undefined || !last
    ? undefined
    : { run, beta: betaOf(run), loss, apart, solved: last.accuracy };
};

const summaries = (runs: readonly LiveRun[]) => runs.flatMap((run) => summary(run) ?? []);

const table = (runs: readonly LiveRun[]) => {
  const rows = summaries(runs);
  return rows.length > 0
    ? {
        head: ['beta', 'loss at the end', 'come apart, nats', 'solved'],
        rows: rows.map(({ beta, loss, apart, solved }) => [
          number(beta),
          loss.toFixed(3),
          apart.toFixed(1),
          `${(100 * solved).toFixed(1)} %`,
        ]),
      }
    : undefined;
};

const least = <T>(items: readonly T[], of: (item: T) => number): T | undefined =>
  items.length > 0 ? items.reduce((best, item) => (of(item) < of(best) ? item : best)) : undefined;

/** Of four betas the one that solves most, or those that do; none while one is missing. */
const mostSolved = (four: ReturnType<typeof summaries>) =>
  four.length < 4 ? [] : four.filter(({ solved }) => solved === Math.max(...four.map((row) => row.solved)));

/** Two losses that a batch more or less could bring round. */
const alike = (a: { loss: number }, b: { loss: number }) => Math.abs(a.loss - b.loss) < 0.005;

export const whichBeta: Lesson = {
  id: 'which-beta',
  base: {
    'method.id': 'dpo',
    'data.trees': 64,
    steps: 60,
    'optimizer.learningRate': 0.0001,
    'evaluation.every': 30,
  },
  terms: ['beta', 'margin', 'implicit-reward', 'reference', 'learning-rate', 'paired', 'interval'],
  claims: [
    {
      id: 'loss-does-not-compare',
      text: 'Beta 0.02 ends with a loss more than 0.1 above that of beta 0.1, and in problems solved there is no difference beyond chance.',
      holds: (all) => {
        const [a, b] = armsOf(all, 'loose');
        const [x, y] = [a && metricOf(a, 'loss'), b && metricOf(b, 'loss')];
        return a && b && x !== undefined && y !== undefined
          ? x > y + 0.1 && pairedSide(a, b) === 'open'
          : undefined;
      },
    },
    {
      id: 'leash',
      text: 'With beta 2 the answers come less far apart than with beta 0.1.',
      holds: (all) => {
        const rows = summaries(all4(all));
        const at = (beta: number) => rows.find((row) => row.beta === beta)?.apart;
        const [a, b] = [at(0.1), at(2)];
        return a === undefined || b === undefined ? undefined : b < a;
      },
    },
    {
      id: 'no-rate',
      text: 'A fifth of beta does not move the answers a fifth as far.',
      holds: (all) => {
        const [a, b] = armsOf(all, 'loose').map(apartEarly);
        return a && b && b.apart >= nothingYet && a.apart > 0.5 * b.apart;
      },
    },
  ],
  steps: [
    {
      title: 'Two leashes',
      teaser: 'Beta 0.02 and beta 0.1: which ends with the smaller loss?',
      say: 'Beta multiplies the margin: reward = beta × how far an answer has moved. The same pairs, 60 steps, once with beta 0.02 and once with 0.1. Which ends with the smaller loss?',
      ask: {
        kind: 'choice',
        options: [
          { value: '0.02', text: 'beta 0.02' },
          { value: '0.1', text: 'beta 0.1' },
        ],
        truth: (all) => {
          const [a, b] = summaries(armsOf(all, 'loose'));
          return a && b && !alike(a, b) ? String((a.loss < b.loss ? a : b).beta) : undefined;
        },
      },
      run: loose,
      show: [{ view: 'table', title: 'After 60 steps', of: (all) => table(armsOf(all, 'loose')) }],
      reply: (all) => {
        const [a, b] = summaries(armsOf(all, 'loose'));
        if (!a || !b) return undefined;
        const both = `Beta ${live(a.beta)}: loss ${live(a.loss.toFixed(3))}. Beta ${live(b.beta)}: loss ${live(b.loss.toFixed(3))}.`;
        if (alike(a, b)) return `${both} As good as the same: neither has come far from where both began.`;
        return a.loss > b.loss
          ? `${both} The smaller beta counts the same nats for less, so its loss is larger for the same model.`
          : `${both} Here the smaller beta ended lower: its answers must have come much further apart. See the next step.`;
      },
    },
    {
      title: 'Not a rate',
      teaser: 'A fifth of beta: a fifth of the way?',
      say: 'Beta 0.02 is a fifth of 0.1, and so is the gradient at the start. After the first few steps, how far have its answers come apart, compared with those of beta 0.1?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'fifth', text: 'about a fifth as far' },
          { value: 'alike', text: 'about as far' },
          { value: 'further', text: 'more than twice as far' },
        ],
        truth: (all) => {
          const [a, b] = armsOf(all, 'loose').map(apartEarly);
          if (!a || !b || b.apart < nothingYet) return undefined;
          const ratio = a.apart / b.apart;
          return ratio < 0.5 ? 'fifth' : ratio > 2 ? 'further' : 'alike';
        },
      },
      run: loose,
      show: [{ view: 'race', title: 'Beta 0.02 and 0.1', run: 'loose' }],
      reply: (all) => {
        const [a, b] = armsOf(all, 'loose').map(apartEarly);
        if (!a || !b) return undefined;
        const both = `At step ${live(a.x)}: ${nats(a.apart, 2)} and ${nats(b.apart, 2)} nats.`;
        if (b.apart < nothingYet)
          return `${both} Nothing has come apart by then that could be compared; look at the end of the runs.`;
        return a.apart > 0.5 * b.apart
          ? `${both} Adam divides a gradient by its own size: a fifth of it is as long a step. What beta changes is when a pair is *content* and stops pushing.`
          : `${both} Here the smaller beta did move less. Look at the end of the runs, where the difference comes from content pairs.`;
      },
      notes: [
        {
          title: 'Adam',
          text: 'The optimiser of nearly every run. With plain gradient descent, beta would be a rate at first.',
        },
      ],
    },
    {
      title: 'Tighter',
      teaser: 'Beta 0.5 and 2 beside the two before. Which solves most?',
      say: 'With a large beta a few nats make a large reward, the loss is content early, and the model stays near its reference. Four betas, the same pairs, 60 steps at a rate that is on the high side. Which solves most?',
      ask: {
        kind: 'choice',
        options: ['0.02', '0.1', '0.5', '2'].map((value) => ({ value, text: `beta ${value}` })),
        truth: (all) => {
          const [most, second] = mostSolved(summaries(all4(all)));
          return most && !second ? String(most.beta) : undefined;
        },
      },
      run: tight,
      show: [{ view: 'table', title: 'After 60 steps', of: (all) => table(all4(all)) }],
      reply: (all) => {
        const rows = summaries(armsOf(all, 'tight'));
        const four = summaries(all4(all));
        const [a, b] = rows;
        if (!a || !b) return undefined;
        const held = `Beta ${live(a.beta)} ${share(a.solved)}, beta ${live(b.beta)} ${share(b.solved)}.`;
        const [most, closest] = [mostSolved(four), least(four, ({ apart }) => apart)!];
        const [first] = most.map(({ beta, solved }) =>
          most.length > 1
            ? ` Of all four, ${live(most.length)} solve most, ${share(solved)} each;`
            : ` Of all four, beta ${live(beta)} solves most with ${share(solved)};`,
        );
        const leash = `beta ${live(closest.beta)} let its answers come apart least, ${nats(closest.apart)} nats.`;
        const meant =
          closest.beta === b.beta
            ? 'That is what the leash is for.'
            : 'One would have thought of the largest beta: at few steps the leash is not yet felt. Try more of them.';
        return `${held}${first ?? ''} ${first ? leash : `Of these two, ${leash}`} ${meant}`;
      },
      teach:
        'Ask what the best beta would be at a tenth of the rate, and let a group try it: “Its runs” at the foot of the page opens each with every field to be changed.',
    },
    {
      title: 'Chance or not',
      teaser: 'The loosest against the tighter one, problem by problem.',
      say: 'An accuracy of one run may be luck. Both models answered the same 200 problems, so the difference can be counted problem by problem. Beta 0.5 less beta 0.02: is it beyond chance?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'more', text: 'yes, beta 0.5 solves more' },
          { value: 'open', text: 'it could be chance' },
          { value: 'less', text: 'yes, beta 0.02 solves more' },
        ],
        truth: (all) => {
          const [a, b] = [armsOf(all, 'loose')[0], armsOf(all, 'tight')[0]];
          return a && b && pairedSide(a, b);
        },
      },
      run: tight,
      reply: (all) => {
        const [a, b] = [armsOf(all, 'loose')[0], armsOf(all, 'tight')[0]];
        if (!b) return undefined;
        const [words, side] = a ? [pairedWords(a, b), pairedSide(a, b)] : [];
        if (!words || !side)
          return 'The first race has not been run here, so there is nothing to count against. Go back to step 1 for it.';
        const verdict = {
          more: 'The interval leaves out zero: at this rate the tighter leash solves more.',
          less: 'The interval leaves out zero, on the other side: here the looser one solves more. Ask at which step each was best.',
          open: `Zero lies in the interval: with one seed and ${live(lastOf(b)?.problems ?? 0)} problems this cannot be told.`,
        }[side];
        return `${words}. ${verdict}`;
      },
    },
    {
      title: 'Losses do not compare',
      teaser: 'Two runs, two losses: which model is better?',
      say: 'Somebody shows you two loss curves of the same pairs: beta 0.02 ends higher than beta 0.1. What do you know about the models?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'better', text: 'beta 0.1 has the better model' },
          { value: 'further', text: 'beta 0.1 has moved further' },
          { value: 'neither', text: 'neither' },
        ],
        truth: () => 'neither',
      },
      show: [{ view: 'table', title: 'The four runs', of: (all) => table(all4(all)) }],
      reply: (all) => {
        const unit = 'Neither: a loss is measured in beta times nats, and every beta is a unit of its own.';
        const [a, b] = armsOf(all, 'loose');
        const [x, y] = summaries(armsOf(all, 'loose'));
        const words = a && b && pairedWords(a, b);
        if (!a || !b || !x || !y || !words) return `${unit} Train the two of step 1, and the table shows it.`;
        const shown = `Losses ${live(x.loss.toFixed(2))} and ${live(y.loss.toFixed(2))}; solved ${share(x.solved)} and ${share(y.solved)}, a difference of ${words}`;
        const verdict = {
          open: 'which could be chance',
          more: 'here in favour of the smaller loss; with another seed it need not be',
          less: 'against the smaller loss',
        }[pairedSide(a, b) ?? 'open'];
        return `${unit} ${shown}, ${verdict}. Compare nats, and held-out problems.`;
      },
      notes: [
        {
          title: 'So this page does not',
          text: 'lay losses of two methods over each other. [Compare](#/compare) overlays what has one unit: accuracy, nats, tokens, seconds.',
        },
      ],
    },
  ],
};
