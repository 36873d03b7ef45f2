import type { Lesson, Live, LiveRun, RunSpec } from './lesson';
import { live, metricOf, movedOf, nats, runOf } from './read';

const still = { 'evaluation.every': 0, 'evaluation.problems': 0 };

const usual: RunSpec = { name: 'usual', title: '20 steps of DPO', fields: still, seconds: 7 };
const slow: RunSpec = {
  name: 'slow',
  title: 'the same at a rate of 0.0000001',
  fields: { ...still, 'optimizer.learningRate': 1e-7 },
  seconds: 7,
};
const walking: RunSpec = {
  name: 'walking',
  title: 'with a reference that follows at every step',
  fields: { ...still, 'method.id': 'tr-dpo', 'method.params.every': 1, 'method.params.mix': 1 },
  seconds: 12,
};

/** What a loss is at its first step. */
const firstLoss = (run: LiveRun) => run.points[0]?.metrics['loss'];
const lastLoss = (run: LiveRun) => metricOf(run, 'loss', 3);

/** Nearer than this to ln 2, a batch's loss says nothing. */
const near = 0.01;
const undecided = (loss: number) => Math.abs(loss - Math.LN2) < near;

/** How far the two answers of a pair have come apart since the start, in nats; the median of the probe. */
const apartOf = (run: LiveRun) => {
  const moved = movedOf(run);
  return moved && moved.chosen.median - moved.rejected.median;
};

const rows = (all: Live) =>
  (
    [
      ['usual', 'as usual'],
      ['slow', 'rate 0.0000001'],
      ['walking', 'reference follows'],
    ] as const
  ).flatMap(([name, label]) => {
    const run = runOf(all, name);
    const [loss, norm, apart] = run ? [lastLoss(run), metricOf(run, 'grad_norm', 3), apartOf(run)] : [];
    return loss === undefined || norm === undefined || apart === undefined
      ? []
      : [[label, loss.toFixed(3), norm.toFixed(3), apart.toFixed(2)]];
  });

const curve = (names: readonly (readonly [string, string])[]) =>
  ({ view: 'lines', title: 'Loss', of: 'loss', runs: names }) as const;

export const noOpinion: Lesson = {
  id: 'no-opinion',
  base: { 'method.id': 'dpo', 'data.trees': 64, steps: 20, 'optimizer.learningRate': 0.0001 },
  terms: ['ln-2', 'margin', 'reference', 'learning-rate', 'log-ratio', 'beta'],
  claims: [
    {
      id: 'begins',
      text: 'Every run begins at 0.693.',
      holds: (all) => {
        const losses = ['usual', 'slow', 'walking']
          .map((name) => runOf(all, name))
          .flatMap((run) => (run ? (firstLoss(run) ?? []) : []));
        return losses.length === 0 ? undefined : losses.every((loss) => Math.abs(loss - Math.LN2) < 1e-3);
      },
    },
    {
      id: 'falls',
      text: 'At a usual rate the loss leaves it within 20 steps.',
      holds: (all) => {
        const loss = runOf(all, 'usual') && lastLoss(runOf(all, 'usual')!);
        return loss === undefined ? undefined : loss < Math.LN2 - near;
      },
    },
    {
      id: 'stays',
      text: 'At a rate of 0.0000001 it stays.',
      holds: (all) => {
        const loss = runOf(all, 'slow') && lastLoss(runOf(all, 'slow')!);
        return loss === undefined ? undefined : undecided(loss);
      },
    },
    {
      id: 'walks',
      text: 'With a reference that follows at every step it stays as well, and yet the pairs come apart.',
      holds: (all) => {
        const run = runOf(all, 'walking');
        const [loss, apart] = run ? [lastLoss(run), apartOf(run)] : [];
        return loss === undefined || apart === undefined ? undefined : undecided(loss) && apart > 1;
      },
    },
  ],
  steps: [
    {
      title: 'The first number',
      teaser: 'What a loss is before anything has been learned.',
      say: 'Before the first step the model *is* its reference: no answer has moved, every margin is 0. DPO’s loss of a pair is −log σ(margin). What does the very first step report?',
      ask: {
        kind: 'choice',
        options: [
          { value: '0', text: '0, nothing is wrong yet' },
          { value: '0.5', text: '0.5' },
          { value: '0.693', text: '0.693' },
          { value: '1', text: '1' },
        ],
        truth: (all) => {
          const loss = runOf(all, 'usual') && firstLoss(runOf(all, 'usual')!);
          if (loss === undefined) return undefined;
          return ['0', '0.5', '0.693', '1'].reduce((best, value) =>
            Math.abs(Number(value) - loss) < Math.abs(Number(best) - loss) ? value : best,
          );
        },
      },
      run: usual,
      show: [curve([['usual', 'as usual']])],
      reply: (all) => {
        const run = runOf(all, 'usual');
        const [first, last] = run ? [firstLoss(run), lastLoss(run)] : [];
        if (!run || first === undefined || last === undefined) return undefined;
        const { steps } = run.document;
        const branch = undecided(last)
          ? `Here it has hardly left it in ${live(steps)} steps; look at single steps, for a batch differs from the next.`
          : `In ${live(steps)} steps it came to ${live(last.toFixed(3))}.`;
        return `${live(first.toFixed(3))}. σ(0) is a half, and −log ½ = ln 2 = 0.693: “no opinion”, heads or tails. ${branch}`;
      },
      notes: [
        {
          title: 'Below it, above it',
          text: 'Below 0.693 the pairs are ranked right more than wrong; above it, the other way round. [Try the loss on numbers of your own](#/lab/loss).',
        },
      ],
    },
    {
      title: 'When it stays: the rate',
      teaser: 'The same run at a thousandth of the rate.',
      say: 'Loss curves that do not move are the most common question of all. First cause: the same run at a rate of 0.0000001, a thousandth. What will its loss do in 20 steps, and its gradient?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'stays', text: 'it stays; there is a gradient' },
          { value: 'none', text: 'it stays; there is no gradient' },
          { value: 'falls', text: 'it falls, more slowly' },
        ],
        truth: (all) => {
          const run = runOf(all, 'slow');
          const [loss, norm] = run ? [lastLoss(run), metricOf(run, 'grad_norm', 3)] : [];
          if (loss === undefined || norm === undefined) return undefined;
          return !undecided(loss) ? 'falls' : norm > 1e-6 ? 'stays' : 'none';
        },
      },
      run: slow,
      show: [
        curve([
          ['usual', 'as usual'],
          ['slow', 'rate 0.0000001'],
        ]),
      ],
      reply: (all) => {
        const run = runOf(all, 'slow');
        const [loss, norm] = run ? [lastLoss(run), metricOf(run, 'grad_norm', 3)] : [];
        if (loss === undefined || norm === undefined) return undefined;
        const gradient =
          norm > 1e-6
            ? `the gradient is there, its norm ${live(norm.toFixed(3))}`
            : 'there is no gradient at all';
        return undecided(loss)
          ? `It stays: ${live(loss.toFixed(4))}, and ${gradient}. The direction is known; the steps are too small to get anywhere.`
          : `It moved, to ${live(loss.toFixed(4))}; ${gradient}. A smaller rate still would not: the first cause is one of degree.`;
      },
      notes: [
        {
          title: 'Where to look',
          text: '`grad_norm` is among the curves of the first page. A norm above 0 with a loss that stands still means: small steps, or a reference that moves.',
        },
      ],
    },
    {
      title: 'When it stays: the reference',
      teaser: 'A reference that follows the policy at every step.',
      say: 'Another cause. Margins are measured *from the reference*. Let it follow: after each step the reference is the model as it is now. The rate is the usual one. What will happen?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'falls', text: 'the loss falls' },
          { value: 'both', text: 'loss and model stay where they are' },
          { value: 'walks', text: 'the loss stays, the model moves' },
        ],
        truth: (all) => {
          const run = runOf(all, 'walking');
          const [loss, apart] = run ? [lastLoss(run), apartOf(run)] : [];
          if (loss === undefined || apart === undefined) return undefined;
          return !undecided(loss) ? 'falls' : Math.abs(apart) > 1 ? 'walks' : 'both';
        },
      },
      run: walking,
      show: [
        curve([
          ['usual', 'as usual'],
          ['walking', 'reference follows'],
        ]),
        {
          view: 'lines',
          title: 'Rejected answers since the start, nats',
          of: 'rejected',
          runs: [
            ['usual', 'as usual'],
            ['walking', 'reference follows'],
          ],
        },
      ],
      reply: (all) => {
        const run = runOf(all, 'walking');
        const [loss, apart] = run ? [lastLoss(run), apartOf(run)] : [];
        if (loss === undefined || apart === undefined) return undefined;
        if (!undecided(loss))
          return `The loss went to ${live(loss.toFixed(3))} all the same. Within a step a batch can still be told from the reference; with smaller steps it could not.`;
        return Math.abs(apart) > 1
          ? `Loss ${live(loss.toFixed(3))}, and yet the two answers have come ${nats(apart)} nats apart since the start. Each step begins with no opinion and pushes on; nothing holds it.`
          : `Loss ${live(loss.toFixed(3))}, and the answers have hardly come apart: ${nats(apart, 2)} nats. In more steps they would; the loss would not say so.`;
      },
      notes: [
        {
          title: 'On purpose',
          text: '[TR-DPO](#/methods/tr-dpo) moves its reference now and then. Here it does so at every step and all the way, which nobody should.',
        },
      ],
      teach:
        'The loss is a distance from something. Ask what other measurements fail when the ruler moves along.',
    },
    {
      title: 'Five causes, told apart',
      teaser: 'A loss of 0.693 and a gradient of zero.',
      say: 'Your own run stands at 0.693, and `grad_norm` is 0 as well. The rate is a usual one. Where do you look first?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'rate', text: 'a larger rate' },
          { value: 'nothing', text: 'whether anything is scored or trained' },
          { value: 'reference', text: 'the reference' },
        ],
        truth: () => 'nothing',
      },
      show: [
        {
          view: 'table',
          title: 'The three runs at their end',
          of: (all) => {
            const data = rows(all);
            return data.length > 0
              ? { head: ['run', 'loss', 'gradient norm', 'apart since the start, nats'], rows: data }
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const known = rows(all).length;
        const seen =
          known > 0
            ? ` None of the ${live(known)} runs above ${known === 1 ? 'is' : 'are'} of that kind: see their gradients in the table.`
            : '';
        return `Without a gradient nothing is scored (answers cut away by a length limit, or both sides equal) or nothing is trained (frozen weights). With one it is the rate, or a reference that walks along. And at step 1, 0.693 is as it should be.${seen}`;
      },
      notes: [
        {
          title: 'The page says so',
          text: 'After five steps at 0.693 the margin of the [first page](#/) names the cause that it sees.',
        },
      ],
    },
  ],
};
