import type { Lesson, Live, LiveRun, RunSpec } from './lesson';
import { firstPair, youSaid } from './pieces';
import { lastOf, live, mendedIn, movedOf, nats, runOf, share, solvedOf } from './read';

const look: RunSpec = {
  name: 'look',
  title: 'one step that moves nothing, to look at 48 pairs',
  fields: {
    'data.trees': 48,
    steps: 1,
    'optimizer.learningRate': 1e-7,
    'evaluation.every': 0,
    'evaluation.problems': 0,
    'probe.pairs': 48,
  },
  seconds: 6,
};
const train: RunSpec = { name: 'train', title: '30 steps of DPO', seconds: 9 };

const rejectedAnswer = ['24*8=192', '192*2=384', '384-39=355', 'A:355'];

/** Of the pairs that were asked about, in how many the rejected answer is the likelier one. */
const wrongLikelier = (all: Live) => {
  const pairs = runOf(all, 'look')?.probes[0]?.probe.pairs ?? [];
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const wrong = pairs.filter(({ chosen, rejected }) => sum(rejected.logProb) > sum(chosen.logProb)).length;
  return pairs.length > 0 ? { wrong, pairs: pairs.length, share: wrong / pairs.length } : undefined;
};

/** Of the probed pairs, in how many the two answers have moved apart in the right way. */
const apart = (run: LiveRun) => {
  const moved = movedOf(run);
  if (!moved) return undefined;
  const right = moved.changes.filter(({ chosen, rejected }) => chosen.all > rejected.all).length;
  return { right, pairs: moved.changes.length, share: right / moved.changes.length };
};

const third = (value: number) => (value < 0.25 ? 'few' : value > 0.75 ? 'most' : 'half');
const ranked = (value: number) => (value < 0.7 ? 'half' : value < 0.97 ? 'most' : 'all');

export const aPairIsAQuestion: Lesson = {
  id: 'a-pair-is-a-question',
  base: { 'method.id': 'dpo', 'data.trees': 64, steps: 30, 'evaluation.every': 10 },
  terms: ['token', 'pair', 'policy', 'reference', 'log-ratio', 'margin', 'held-out-accuracy', 'verifier'],
  claims: [
    {
      id: 'gains',
      text: 'Thirty steps on 64 pairs of its own, and more held-out problems are solved.',
      holds: (all) => {
        const solved = runOf(all, 'train') && solvedOf(runOf(all, 'train')!);
        return solved && solved.now > solved.before;
      },
    },
    {
      id: 'mends-more',
      text: 'More problems are mended than broken.',
      holds: (all) => {
        const mended = runOf(all, 'train') && mendedIn(runOf(all, 'train')!);
        return mended && mended.mended > mended.broken;
      },
    },
    {
      id: 'prefers-wrong',
      text: 'Before training, the model finds the wrong answer likelier in more than a quarter of the pairs.',
      holds: (all) => {
        const found = wrongLikelier(all);
        return found && found.share > 0.25;
      },
    },
  ],
  steps: [
    {
      title: 'Two answers',
      teaser: 'What a pair is made of.',
      say: 'The model was asked `24,*8,*2,-39` and answered twice. One answer is right, one is wrong: that is a pair, and its question is *which is better?* This is the wrong one. Which line spoils it?',
      ask: { kind: 'line', lines: rejectedAnswer, truth: () => 3 },
      show: [
        firstPair(
          rejectedAnswer.map((text, i) => ({ text, mark: i === 2 ? 'wrong' : i === 3 ? 'quiet' : 'right' })),
        ),
      ],
      reply: () =>
        'Line {3}: 384 − 39 is 345; a borrowed ten was forgotten. The last line only repeats it. A program, the verifier, can tell that; no person had to.',
      notes: [
        {
          title: 'The model',
          text: 'About 190 thousand numbers, trained on sums of a pupil with a bad habit: ten borrowed in a subtraction is often forgotten. It knows better, and prefers worse.',
        },
      ],
    },
    {
      title: 'What the model thinks',
      teaser: 'Before anything is trained: which of the two does it find likelier?',
      say: 'The model gives every answer a probability. We take 48 pairs that it has written itself. In how many does it find the *wrong* answer the likelier one?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'few', text: 'less than a quarter' },
          { value: 'half', text: 'something like half' },
          { value: 'most', text: 'more than three quarters' },
        ],
        truth: (all) => {
          const found = wrongLikelier(all);
          return found && third(found.share);
        },
      },
      run: look,
      show: [
        {
          view: 'bars',
          title: 'Pairs, by which answer is likelier before training',
          of: (all) => {
            const found = wrongLikelier(all);
            return found
              ? [
                  {
                    label: 'the right one',
                    value: found.pairs - found.wrong,
                    text: String(found.pairs - found.wrong),
                    color: '--right',
                  },
                  {
                    label: 'the wrong one',
                    value: found.wrong,
                    text: String(found.wrong),
                    color: '--rubric',
                  },
                ]
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const found = wrongLikelier(all);
        if (!found) return undefined;
        const branch =
          found.share > 0.25
            ? 'That is what a preference can turn round: both answers are there, the wrong one is too likely.'
            : 'Few, this time: there is less to turn round, and the gain below will be smaller.';
        return `In ${live(found.wrong)} of ${live(found.pairs)}. ${branch}`;
      },
    },
    {
      title: 'Press Train',
      teaser: 'Thirty steps, and problems that it has never seen.',
      say: 'Now DPO: make the better answer likelier *than the worse one*, pair by pair, for 30 steps. Beside it, 200 problems that are never trained on. Before training it solves about 54 of 100. How many of 100 after it?',
      ask: {
        kind: 'number',
        unit: 'of 100',
        near: 5,
        truth: (all) => {
          const solved = runOf(all, 'train') && solvedOf(runOf(all, 'train')!);
          return solved && Math.round(100 * solved.now);
        },
      },
      run: train,
      show: [{ view: 'lines', title: 'Held-out problems solved', of: 'solved', runs: [['train', 'DPO']] }],
      reply: (all, given) => {
        const solved = runOf(all, 'train') && solvedOf(runOf(all, 'train')!);
        if (!solved) return undefined;
        const guess = youSaid(given, '%');
        const branch =
          solved.now > solved.before
            ? 'It was shown 64 pairs and no rule; what it learned reaches problems that it has not seen.'
            : 'Nothing was gained this time. Look at the curve on the way, and try another seed at the foot of the page.';
        return `${share(solved.before)} before, ${share(solved.now)} now.${guess} ${branch}`;
      },
      notes: [
        {
          title: 'Held out',
          text: 'The same 200 problems each time, for everyone. What the pairs are made from never comes among them.',
        },
      ],
      teach:
        'Let all pupils guess before the first one presses the button, and write the guesses on the board.',
    },
    {
      title: 'The margin',
      teaser: 'What the loss looks at.',
      say: 'DPO compares with the model as it was, the *reference*: how far has each answer moved? What the preferred one has gained over the other is the margin. In how many of the probed pairs has it grown in the right direction?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'half', text: 'in fewer than seven of ten' },
          { value: 'most', text: 'in most, not in all' },
          { value: 'all', text: 'in all, or all but' },
        ],
        truth: (all) => {
          const found = runOf(all, 'train') && apart(runOf(all, 'train')!);
          return found && ranked(found.share);
        },
      },
      run: train,
      show: [
        {
          view: 'lines',
          title: 'Preferred answers since the start, nats',
          of: 'chosen',
          runs: [['train', 'DPO']],
        },
        {
          view: 'lines',
          title: 'Rejected answers since the start, nats',
          of: 'rejected',
          runs: [['train', 'DPO']],
        },
      ],
      reply: (all) => {
        const run = runOf(all, 'train');
        const [found, moved] = run ? [apart(run), movedOf(run)] : [];
        if (!found || !moved) return undefined;
        const { chosen, rejected } = moved;
        const branch =
          chosen.median <= rejected.median
            ? 'The preferred ones have gained nothing over the others yet: look at single pairs, and at more steps.'
            : chosen.median >= 0 && rejected.median < 0
              ? 'The one rose and the other fell, as one would wish.'
              : chosen.median < 0
                ? 'Both fell, the rejected ones further: to the loss that is as good.'
                : 'Both rose, the preferred ones further: to the loss that is as good.';
        return `In ${live(found.right)} of ${live(found.pairs)}. In the median the preferred ones moved by ${nats(chosen.median, 2)} nats, the rejected ones by ${nats(rejected.median, 2)}. ${branch} [Why do the chosen log-probs fall?](#/lessons/why-chosen-fall)`;
      },
      notes: [{ title: 'A nat', text: 'The unit of log-probs: one nat less is 2.72 times less likely.' }],
    },
    {
      title: 'What it cost',
      teaser: 'The same problems before and now, one by one.',
      say: 'An accuracy hides something. Take the 200 problems one by one: some were wrong and are right now, some were right and are wrong now. Are any lost that had been solved?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'none', text: 'none' },
          { value: 'some', text: 'some, but fewer than half of what is mended' },
          { value: 'many', text: 'more than that' },
        ],
        truth: (all) => {
          const mended = runOf(all, 'train') && mendedIn(runOf(all, 'train')!);
          if (!mended) return undefined;
          if (mended.broken === 0) return 'none';
          return mended.broken < mended.mended / 2 ? 'some' : 'many';
        },
      },
      run: train,
      show: [
        {
          view: 'bars',
          title: 'The 200 problems, before and now',
          of: (all) => {
            const mended = runOf(all, 'train') && mendedIn(runOf(all, 'train')!);
            return mended
              ? [
                  { label: 'mended', value: mended.mended, text: String(mended.mended), color: '--right' },
                  { label: 'broken', value: -mended.broken, text: String(mended.broken), color: '--rubric' },
                ]
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const run = runOf(all, 'train');
        const [mended, last] = run ? [mendedIn(run), lastOf(run)] : [];
        if (!mended || !last) return undefined;
        const branch =
          mended.mended < mended.broken
            ? 'It broke more than it mended.'
            : mended.mended === mended.broken
              ? 'It broke as much as it mended: the accuracy alone would only have said “no change”.'
              : mended.broken > 0
                ? 'Training mends more than it breaks, and breaks something all the same.'
                : 'This time nothing was lost; that is rare, and worth a look with another seed.';
        return `Mended ${live(mended.mended)}, broke ${live(mended.broken)}; ${live(mended.both)} were right both times. ${branch} Next: [0.693, and when it stays there](#/lessons/no-opinion).`;
      },
      teach: 'Which would your class rather ship: 10 mended and none broken, or 40 mended and 15 broken?',
    },
  ],
};
