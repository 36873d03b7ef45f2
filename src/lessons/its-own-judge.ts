import { pairedDifference } from '../util/paired';
import type { Lesson, Live, LiveRun, RunSpec } from './lesson';
import { sideAsk, youSaid } from './pieces';
import { lastOf, live, movedOf, nats, pairedSide, pairedWords, runOf, share } from './read';

const own: RunSpec = { name: 'own', title: 'a round of DPO, then a round on its own labels', seconds: 22 };
const judged: RunSpec = {
  name: 'judged',
  title: 'two rounds that the verifier judges',
  fields: { 'method.id': 'apo', 'method.params.rounds': 2, 'method.params.alpha': 0, steps: 60 },
  seconds: 22,
};

const evaluationsOf = (run: LiveRun) => run.evaluations.filter(({ evaluation }) => evaluation.problems > 0);

/** Accuracy at the start, at the end of the first pass, and at the end. */
const roundsOf = (run: LiveRun | undefined) => {
  if (!run) return undefined;
  const rows = evaluationsOf(run);
  const [first, last] = [rows[0]?.evaluation, rows.at(-1)?.evaluation];
  const middle = rows.filter(({ evaluation }) => evaluation.stage === first?.stage).at(-1)?.evaluation;
  if (!first || !middle || !last) return undefined;
  const [low, high] = pairedDifference(middle.solved ?? '', last.solved ?? '')?.interval ?? [0, 0];
  const clear = low > 0 || high < 0;
  return { start: first.accuracy, first: middle.accuracy, last: last.accuracy, clear };
};

/** What the maker of the second round's pairs measured of its labels. */
const labelsOf = ({ runs }: Live) => {
  const made = Object.values(runs['own']?.[0]?.made ?? {}).flat();
  return made.find(({ id }) => id === 'right-chosen') ?? made.find(({ id }) => id === 'agreement');
};

/** Losses of the first step of each pass. */
const beginnings = (run: LiveRun | undefined) => {
  const stages = [...new Set(run?.points.map(({ stage }) => stage))];
  return stages.flatMap((stage) => run!.points.find((point) => point.stage === stage)?.metrics['loss'] ?? []);
};

const near = 0.03;
const turned = (by: number) => (by > near ? 'up' : by < -near ? 'down' : 'same');

export const itsOwnJudge: Lesson = {
  id: 'its-own-judge',
  base: {
    'method.id': 'dice',
    'method.params.rounds': 1,
    'data.trees': 128,
    steps: 30,
    'optimizer.learningRate': 0.00005,
    'evaluation.every': 0,
  },
  terms: ['round', 'implicit-reward', 'reference', 'verifier', 'on-policy', 'collapse', 'ln-2'],
  claims: [
    {
      id: 'labels',
      text: 'Its own labels are better than chance, and wrong in more than one case of ten.',
      holds: (all) => {
        const found = labelsOf(all);
        return found && found.value > 0.5 && found.value < 0.9;
      },
    },
    {
      id: 'verifier',
      text: 'Two rounds with a verifier end above two rounds of which the second has none.',
      holds: (all) => {
        const [a, b] = [roundsOf(runOf(all, 'own')), roundsOf(runOf(all, 'judged'))];
        return a && b && b.last > a.last;
      },
    },
    {
      id: 'begins-again',
      text: 'The second round begins at 0.693 again.',
      holds: (all) => {
        const losses = beginnings(runOf(all, 'own'));
        return losses.length < 2 ? undefined : Math.abs(losses[1]! - Math.LN2) < 0.01;
      },
    },
  ],
  steps: [
    {
      title: 'A reward left behind',
      teaser: 'What a round of DPO knows about answers.',
      say: 'After a round of DPO the model has moved: some answers it finds likelier than before, some less. That difference is a reward, and DICE lets it label the model’s *next* answers. Of one right and one wrong new answer to a problem, how often will it choose the right one, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 8,
        truth: (all) => {
          const found = labelsOf(all);
          return found && Math.round(100 * found.value);
        },
      },
      run: own,
      reply: (all, given) => {
        const found = labelsOf(all);
        if (!found)
          return (
            runOf(all, 'own') &&
            'The maker of the pairs has measured nothing here: no problem had both a right and a wrong answer. Try another seed.'
          );
        const guess = youSaid(given, '%');
        return found.value < 0.6
          ? `${share(found.value, 0)}, where a coin has 50 %.${guess} It has already corrected what it knew how to tell apart; what is left are its blind spots.`
          : `${share(found.value, 0)}, where a coin has 50 %.${guess} That is worth something; whether it is enough to learn from is the next question.`;
      },
      notes: [
        {
          title: 'Implicit reward',
          text: 'β times how much likelier an answer is under the policy than under the model before it. [DICE](#/methods/dice)',
        },
      ],
    },
    {
      title: 'Learning from it',
      teaser: 'Better, worse or as before, after a round on its own labels.',
      say: 'It then trains on those labels, half of them mixed with judged pairs of the first round. Compared with the end of the first round: does it solve more?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'up', text: 'more, by 3 points or more' },
          { value: 'same', text: 'about as many' },
          { value: 'down', text: 'fewer, by 3 points or more' },
        ],
        truth: (all) => {
          const rounds = roundsOf(runOf(all, 'own'));
          return rounds && turned(rounds.last - rounds.first);
        },
      },
      run: own,
      show: [{ view: 'lines', title: 'Problems solved', of: 'solved', runs: [['own', 'its own judge']] }],
      reply: (all) => {
        const rounds = roundsOf(runOf(all, 'own'));
        if (!rounds) return undefined;
        const three = `${share(rounds.start)} before, ${share(rounds.first)} after the judged round, ${share(rounds.last)} after its own.`;
        const side = turned(rounds.last - rounds.first);
        if (side !== 'same' && !rounds.clear)
          return `${three} From one round to the next that could be chance; several seeds would tell.`;
        return {
          up: `${three} Its own labels did help with this seed. Do they for three?`,
          same: `${three} Not much came of it: what it could tell apart it knew already.`,
          down: `${three} It has been taught its own mistakes, by a judge who is surest where the model is.`,
        }[side];
      },
      teach:
        'An exam that pupils mark by what they wrote themselves. Ask what would have to be true of the marks for it to help.',
    },
    {
      title: 'The ruler moves',
      teaser: 'What the loss reports at the first step of the second round.',
      say: 'In the second round the reference is no longer the start, but the model after round one. What does the loss report at its very first step?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'low', text: 'what it had come to in round one' },
          { value: 'again', text: '0.693 again' },
          { value: 'high', text: 'more than 0.75' },
        ],
        truth: (all) => {
          const loss = beginnings(runOf(all, 'own'))[1];
          if (loss === undefined) return undefined;
          return Math.abs(loss - Math.LN2) < 0.02 ? 'again' : loss > 0.75 ? 'high' : 'low';
        },
      },
      run: own,
      show: [{ view: 'lines', title: 'Loss', of: 'loss', runs: [['own', 'its own judge']] }],
      reply: (all) => {
        const run = runOf(all, 'own');
        if (!run) return undefined;
        const [first, second] = beginnings(run);
        if (first === undefined || second === undefined)
          return 'This run had a single pass, and so no second beginning. Try it again.';
        return Math.abs(second - Math.LN2) < 0.02
          ? `${live(first.toFixed(3))} in the first round, ${live(second.toFixed(3))} in the second: to a reference that is the model itself every pair is new. Losses of two rounds do not go on from one another.`
          : `${live(first.toFixed(3))} in the first round, ${live(second.toFixed(3))} in the second. Not 0.693: some of its pairs are ones that the reference has met before.`;
      },
    },
    {
      title: 'With somebody who knows',
      teaser: 'The same two rounds, judged by the verifier.',
      say: 'The other way to go on: fresh answers of the model so far, judged by the verifier, in both rounds. As many steps, as many problems. How do the two end?',
      ask: sideAsk({ less: 'its own judge is ahead', more: 'the verifier is ahead' }, (all) => {
        const [a, b] = [runOf(all, 'own'), runOf(all, 'judged')];
        return a && b && pairedSide(a, b);
      }),
      run: judged,
      show: [
        {
          view: 'lines',
          title: 'Problems solved',
          of: 'solved',
          runs: [
            ['own', 'its own judge'],
            ['judged', 'the verifier'],
          ],
        },
      ],
      reply: (all) => {
        const [a, b] = [runOf(all, 'own'), runOf(all, 'judged')];
        const [rounds, words] = [roundsOf(b), a && b && pairedWords(a, b)];
        if (!b || !rounds) return undefined;
        if (!a || !words)
          return `The verifier’s two rounds end at ${share(rounds.last)}. Run step 1 for the other half.`;
        const verdict = {
          more: 'Labels of its own blind spots are what a second round needs; only somebody else has them.',
          less: 'With this seed its own labels were the better ones, which is rare: try another.',
          open: `Not told apart with one seed and ${live(lastOf(b)!.problems)} problems.`,
        }[pairedSide(a, b) ?? 'open'];
        return `Verifier ${share(rounds.last)}: ${words}, on the same problems. ${verdict}`;
      },
      notes: [
        {
          title: 'Rounds',
          text: 'The same with momentum is [APO](#/methods/apo); with a price on length [iLR-DPO](#/methods/ilr-dpo).',
        },
      ],
    },
    {
      title: 'What to watch',
      teaser: 'In a loop of your own.',
      say: 'You have no verifier, and let a model label its own answers round after round. Which number would have warned you here, before anybody looked at accuracy?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'loss', text: 'the loss of the second round' },
          { value: 'agree', text: 'how its labels agree with a few judged by hand' },
          { value: 'margin', text: 'the margin on its own pairs' },
        ],
        truth: () => 'agree',
      },
      reply: (all) => {
        const [found, run] = [labelsOf(all), runOf(all, 'own')];
        const moved = run && movedOf(run);
        const seen = found ? ` Here it was ${share(found.value, 0)}` : '';
        const fine =
          found && moved
            ? `, while its pairs came ${nats(moved.chosen.median - moved.rejected.median)} nats apart as if nothing were wrong.`
            : seen
              ? '.'
              : '';
        return `A hundred answers judged by hand, before each round.${seen}${fine} Loss and margin are measured on the labels themselves, and a wrong label is learned as gladly as a right one.`;
      },
    },
  ],
};
