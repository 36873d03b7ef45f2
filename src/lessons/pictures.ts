import { conditionAt, inWords } from '../diffusion/world/condition';
import { signed } from '../ui/format';
import { pixelsAt } from '../ui/images/paint';
import type { Lesson, Live, LiveRun, Picture, RunSpec } from './lesson';
import { clearestOf, type PictureLook } from './looks';
import { besideOf, firstOf, lastOf, live, measureOf, metricOf, rangesOf, runOf, share } from './read';

const look: RunSpec = {
  name: 'look',
  title: 'one step that moves nothing, to look at its pictures',
  fields: { 'data.trees': 48, steps: 1, 'optimizer.learningRate': 1e-7 },
  looks: { pair: clearestOf(48) },
  seconds: 8,
};
const colour: RunSpec = { name: 'colour', title: '80 steps of Diffusion-DPO for colour', seconds: 17 };
const bright: RunSpec = {
  name: 'bright',
  title: 'the same for brightness, with beta 20',
  fields: { 'data.source.params.reward': 'brightness', 'method.params.beta': 20 },
  seconds: 17,
};
const lot: RunSpec = {
  name: 'lot',
  title: 'the same for colour, labelled by a coin',
  fields: { 'data.source.params.labels': 'lot' },
  seconds: 17,
};

/** Errors are means over single draws of noise; fewer steps would show the draw. */
const errorSteps = 20;
const errorsIn = (all: Live) => {
  const run = runOf(all, 'colour');
  const [chosen, rejected] = ['chosen', 'rejected'].map(
    (side) => run && metricOf(run, `errors/${side}`, errorSteps),
  );
  return chosen === undefined || rejected === undefined ? undefined : { chosen, rejected };
};

/** A change of less than this is none; before training the errors are about a tenth. */
const unmoved = 0.001;
const course = (by: number) => (by > unmoved ? 'rises' : by < -unmoved ? 'falls' : 'same');

const pairIn = ({ looks }: Live) => looks['look']?.['pair'] as PictureLook | undefined;
const letters = ['A', 'B'];
const better = (all: Live) => {
  const pair = pairIn(all);
  return pair ? (pair.pictures[0]!.reward > pair.pictures[1]!.reward ? 0 : 1) : undefined;
};

const ranges = (all: Live, name: string, id: string) => {
  const run = runOf(all, name);
  return run && rangesOf(run, id);
};

/** What became of a share, beyond chance. */
const moved = (all: Live, name: string, id: string) => {
  const found = ranges(all, name, id);
  return found && besideOf(found.before, found.now);
};

/** Pictures that an evaluation kept: one of each shape, or two. */
const drawn = (
  run: LiveRun | undefined,
  when: 'before' | 'now',
  every = false,
): readonly Picture[] | undefined => {
  const images = run && (when === 'before' ? firstOf(run) : lastOf(run))?.images;
  if (!images) return undefined;
  const all = images.conditions.map((condition, i) => ({
    pixels: pixelsAt(images.pixels, i),
    label: inWords(conditionAt(condition)),
  }));
  return every ? all : all.filter((_, i) => i % 2 === 0);
};

const rowsOf = (rows: readonly (readonly [string, readonly Picture[] | undefined])[]) => {
  const there = rows.flatMap(([heading, pictures]) => (pictures ? [{ heading, pictures }] : []));
  return there.length > 0 ? there : undefined;
};

/** Measures of runs that a table of them has. */
const columns = [
  ['hue', 'right hue', (value: number) => `${(100 * value).toFixed(1)} %`],
  ['recognised', 'shape recognised', (value: number) => `${(100 * value).toFixed(1)} %`],
  ['shape', 'shape, held out', (value: number) => signed(value, 2)],
  ['brightness', 'brightness', (value: number) => signed(value, 2)],
] as const;

const rowOf = (label: string, run: LiveRun | undefined, when: 'before' | 'now') => {
  const values = columns.map(([id]) => run && measureOf(run, id)?.[when]);
  return values.every((value) => value !== undefined)
    ? [[label, ...values.map((value, i) => columns[i]![2](value!))]]
    : [];
};

export const pictures: Lesson = {
  id: 'pictures',
  base: {
    'method.id': 'diffusion-dpo',
    'data.trees': 768,
    steps: 80,
    'evaluation.every': 0,
  },
  terms: ['pair', 'denoising', 'denoising-error', 'reference', 'beta', 'judge', 'reward-hacking', 'interval'],
  claims: [
    {
      id: 'hue',
      text: 'After 80 steps more pictures have the hue that was asked for, beyond chance.',
      holds: (all) => {
        const hue = moved(all, 'colour', 'hue');
        return hue && hue === 'more';
      },
    },
    {
      id: 'both-rise',
      text: 'The errors on preferred pictures rise, and those on rejected ones rise more.',
      holds: (all) => {
        const errors = errorsIn(all);
        return errors && errors.chosen > 0 && errors.rejected > errors.chosen;
      },
    },
    {
      id: 'hacked',
      text: 'Paid for brightness, it is brighter by more than one spread, and fewer shapes are recognised, beyond chance.',
      holds: (all) => {
        const brightness = ranges(all, 'bright', 'brightness');
        return (
          brightness &&
          brightness.now.value - brightness.before.value > 1 &&
          moved(all, 'bright', 'recognised') === 'less'
        );
      },
    },
    {
      id: 'coin',
      text: 'With labels by a coin no more pictures have the right hue, beyond chance.',
      holds: (all) => {
        const hue = moved(all, 'lot', 'hue');
        return hue && hue !== 'more';
      },
    },
  ],
  steps: [
    {
      title: 'What it draws',
      teaser: 'Pictures of 12 by 12 pixels, and what is wrong with them.',
      say: 'This model draws: one of six shapes in one of six hues, out of noise. Some of the pictures that it learned from had another hue than their label, some were cut in half. A program looks at 288 that it draws now. How many have the hue that was asked for, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 8,
        truth: (all) => {
          const hue = ranges(all, 'look', 'hue');
          return hue && Math.round(100 * hue.before.value);
        },
      },
      run: look,
      show: [
        {
          view: 'pictures',
          title: 'Drawn before any training',
          of: (all) => rowsOf([['Asked for', drawn(runOf(all, 'look'), 'before', true)]]),
        },
      ],
      reply: (all, given) => {
        const [hue, shape] = [ranges(all, 'look', 'hue'), ranges(all, 'look', 'recognised')];
        if (!hue || !shape) return undefined;
        const guess = given === undefined ? '' : ` You said ${live(`${given} %`)}.`;
        const room =
          hue.before.value < 0.85
            ? 'It knows every hue, and often takes another: something that preferences can turn round.'
            : 'Hardly any hue is wrong here, so there is little to be gained; another seed will not change that, for the pictures are the same.';
        return `${share(hue.before.value, 0)}, and ${share(shape.before.value, 0)} a shape that can be recognised.${guess} ${room}`;
      },
      notes: [
        {
          title: 'The model',
          text: '`shapes-nano`: it begins with noise and takes some of it away, twenty times. What it is asked for stands beside, as two numbers.',
        },
      ],
    },
    {
      title: 'Which is better?',
      teaser: 'Two pictures of one request.',
      say: (all) =>
        `A pair: two pictures that the model drew of one request${pairIn(all) ? `, *${pairIn(all)!.asked}*` : ''}. Preferred is the one whose colour is nearer to what was asked; of shapes nothing is said. Which one is it?`,
      ask: {
        kind: 'choice',
        options: letters.map((value) => ({ value, text: value })),
        truth: (all) => {
          const at = better(all);
          return at === undefined ? undefined : letters[at];
        },
      },
      run: look,
      show: [
        {
          view: 'pictures',
          title: 'The pair',
          early: true,
          of: (all) => {
            const pair = pairIn(all);
            return pair
              ? [
                  {
                    heading: `Asked for: ${pair.asked}`,
                    pictures: pair.pictures.map(({ pixels }, i) => ({ pixels, label: letters[i]! })),
                  },
                ]
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const [pair, at] = [pairIn(all), better(all)];
        if (pair === undefined) return undefined;
        if (!pair || at === undefined) return 'No pair was made here: all pictures had the same reward.';
        const [won, lost] = [pair.pictures[at]!.reward, pair.pictures[1 - at]!.reward];
        const clear =
          won - lost > 1
            ? 'Here a program clicks; elsewhere people do, and disagree.'
            : 'Close: two people might not agree on it, and the label counts all the same.';
        return `${letters[at]}: ${live(signed(won, 1))} against ${live(signed(lost, 1))}, in units of how far the model’s own pictures differ. ${clear}`;
      },
    },
    {
      title: 'No log-prob',
      teaser: 'What stands in its place, and where it goes.',
      say: 'Nobody can say how likely a picture is. But one can drown it in noise, let the model restore it, and take the error. [Diffusion-DPO](#/methods/diffusion-dpo) puts the error, its sign turned, where DPO has the log-prob. After 80 steps, what has become of the error on *preferred* pictures?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'falls', text: 'it falls' },
          { value: 'same', text: 'it stays' },
          { value: 'rises', text: 'it rises' },
        ],
        truth: (all) => {
          const errors = errorsIn(all);
          return errors && course(errors.chosen);
        },
      },
      run: colour,
      show: [
        { view: 'lines', title: 'Loss', of: 'loss', runs: [['colour', 'colour']] },
        {
          view: 'bars',
          title: `Error less the reference’s, mean of the last ${errorSteps} steps`,
          of: (all) => {
            const errors = errorsIn(all);
            if (!errors) return undefined;
            const row = (label: string, value: number, color: string) => ({
              label,
              value,
              text: signed(value, 3),
              color,
            });
            return [row('preferred', errors.chosen, '--right'), row('rejected', errors.rejected, '--rubric')];
          },
        },
      ],
      reply: (all) => {
        const [run, errors] = [runOf(all, 'colour'), errorsIn(all)];
        const loss = run && metricOf(run, 'loss');
        if (!errors || loss === undefined) return undefined;
        const both = `Preferred ${live(signed(errors.chosen, 3))}, rejected ${live(signed(errors.rejected, 3))}.`;
        const [up, down] = [course(errors.chosen), course(errors.rejected)];
        const verdict =
          up === 'rises' && errors.rejected > errors.chosen
            ? 'Both are restored worse than before, the rejected ones more so. The loss sees the difference alone: with words it is no other, see [lesson 3](#/lessons/why-chosen-fall).'
            : up !== 'rises' && down === 'rises'
              ? 'Here the preferred ones did not suffer, and the rejected ones did: what one would wish for, and nothing that the loss asks for.'
              : 'That is not the order that was trained for; single draws of noise are uneven, so try another seed.';
        return `${both} Loss ${live(loss.toFixed(2))}, from 0.69. ${verdict}`;
      },
      notes: [
        {
          title: 'The same noise',
          text: 'Both pictures of a pair get one noise and one time, so that the luck of the draw cancels in the comparison.',
        },
      ],
    },
    {
      title: 'Is it prettier?',
      teaser: 'The same noise, before and after.',
      say: 'Worse at restoring both, then; and at drawing? The same requests are drawn again, from the same noise as before. Do more of the 288 pictures have the hue that was asked for?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'more', text: 'more' },
          { value: 'open', text: 'no difference beyond chance' },
          { value: 'less', text: 'fewer' },
        ],
        truth: (all) => moved(all, 'colour', 'hue'),
      },
      run: colour,
      show: [
        {
          view: 'pictures',
          title: 'From the same noise',
          of: (all) =>
            rowsOf([
              ['Before', drawn(runOf(all, 'colour'), 'before')],
              ['After 80 steps for colour', drawn(runOf(all, 'colour'), 'now')],
            ]),
        },
      ],
      reply: (all) => {
        const [hue, shape] = [ranges(all, 'colour', 'hue'), ranges(all, 'colour', 'recognised')];
        if (!hue || !shape) return undefined;
        const verdict = {
          more: 'To tell two pictures apart it had to learn what sets them apart, and that is the hue.',
          open: 'The intervals overlap: with this seed nothing is shown. The reward may have risen all the same.',
          less: 'Fewer, against what was preferred. Look at the pictures: has something else broken?',
        }[besideOf(hue.before, hue.now)];
        return `Right hue: ${share(hue.before.value, 0)} before, ${share(hue.now.value, 0)} now. Recognised shape: ${share(shape.before.value, 0)} and ${share(shape.now.value, 0)}. ${verdict}`;
      },
    },
    {
      title: 'Led astray',
      teaser: 'A reward without bound, and a loose leash.',
      say: 'Another preference: the brighter picture is better, with beta 20 in the place of 200, so that less holds it. Brightness has no bound; a white square has most. The reward will rise. And the share of pictures whose shape is recognised?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'more', text: 'rises too' },
          { value: 'open', text: 'no difference beyond chance' },
          { value: 'less', text: 'falls' },
        ],
        truth: (all) => moved(all, 'bright', 'recognised'),
      },
      run: bright,
      show: [
        {
          view: 'pictures',
          title: 'From the same noise',
          of: (all) =>
            rowsOf([
              ['Before', drawn(runOf(all, 'bright'), 'before')],
              ['After 80 steps for brightness', drawn(runOf(all, 'bright'), 'now')],
            ]),
        },
        {
          view: 'table',
          title: 'The last two in units of their spread before training',
          of: (all) => {
            const rows = [
              ...rowOf('before', runOf(all, 'bright'), 'before'),
              ...rowOf('for colour', runOf(all, 'colour'), 'now'),
              ...rowOf('for brightness', runOf(all, 'bright'), 'now'),
            ];
            return rows.length > 0 ? { head: ['', ...columns.map(([, label]) => label)], rows } : undefined;
          },
        },
      ],
      reply: (all) => {
        const [reward, shape] = [ranges(all, 'bright', 'brightness'), ranges(all, 'bright', 'recognised')];
        if (!reward || !shape) return undefined;
        const numbers = `Brightness: ${live(signed(reward.before.value, 1))} before, ${live(signed(reward.now.value, 1))} now, in units of its spread. Shapes recognised: ${share(shape.before.value, 0)} and ${share(shape.now.value, 0)}.`;
        const verdict = {
          more: 'Here brightness has done shapes good; whether it goes on to do so, more steps would tell.',
          open: 'Here the shapes have held out. Open the run at the foot of the page and give it twice the steps.',
          less: 'The reward says that all is well; a judge that nobody trained on says what it cost. That is *reward hacking*.',
        }[besideOf(shape.before, shape.now)];
        return `${numbers} ${verdict}`;
      },
      teach: 'Let each group invent a reward for a picture, and the others a picture that has most of it.',
    },
    {
      title: 'A coin instead',
      teaser: 'The same pictures, with labels that mean nothing.',
      say: 'Back to colour and beta 200. Perhaps any training on its own pictures would have done it? The same pairs, but a coin says which of the two is better. What becomes of the share with the right hue?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'more', text: 'it rises' },
          { value: 'open', text: 'no difference beyond chance' },
          { value: 'less', text: 'it falls' },
        ],
        truth: (all) => moved(all, 'lot', 'hue'),
      },
      run: lot,
      reply: (all) => {
        const [hue, other] = [ranges(all, 'lot', 'hue'), ranges(all, 'colour', 'hue')];
        if (!hue) return undefined;
        const beside = other
          ? ` With labels that mean something it went to ${share(other.now.value, 0)}.`
          : '';
        const verdict = {
          more: 'So it does rise a little from training alone; only what is beyond that is the preference’s.',
          open: 'So it was the labels: the pictures by themselves teach nothing about hues.',
          less: 'A coin harms: pushing pictures apart at random wears the model out.',
        }[besideOf(hue.before, hue.now)];
        return `${share(hue.before.value, 0)} before, ${share(hue.now.value, 0)} now.${beside} ${verdict}`;
      },
      notes: [
        {
          title: 'A control',
          text: 'The run that has everything but the cause. Whoever says that a preference did something has to show it.',
        },
      ],
    },
    {
      title: 'What to ask for',
      teaser: 'Somebody shows a curve.',
      say: 'Somebody has trained a model that draws, on the clicks of people, and shows you a curve: the reward rises to the last step. What do you ask for first?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'loss', text: 'the loss' },
          { value: 'longer', text: 'a longer run' },
          { value: 'judge', text: 'pictures from the same noise, and a judge that was not trained on' },
        ],
        truth: () => 'judge',
      },
      reply: (all) => {
        const [reward, shape] = [ranges(all, 'bright', 'brightness'), ranges(all, 'bright', 'recognised')];
        const here =
          reward && shape
            ? ` In your own run the reward went from ${live(signed(reward.before.value, 1))} to ${live(signed(reward.now.value, 1))}, and the shapes from ${share(shape.before.value, 0)} to ${share(shape.now.value, 0)}.`
            : '';
        return `The pictures, and another judge: loss and reward say what was asked for, not what was meant.${here} Others prefer single steps of denoising to whole pictures: [SPO](#/methods/spo), [TailorPO](#/methods/tailorpo).`;
      },
    },
  ],
};
