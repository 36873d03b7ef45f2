import { signed } from '../../ui/format';
import type { Step } from '../lesson';
import { sideAsk } from '../pieces';
import { besideOf, live, runOf, share } from '../read';
import { bright, columns, drawn, lot, moved, ranges, rowOf, rowsOf, trainedFor } from './runs';

/** A reward that is led astray, a control, and what to ask for. */
export const ledAstray: readonly Step[] = [
  {
    title: 'Led astray',
    teaser: 'A reward without bound, and a loose leash.',
    say: 'Another preference: the brighter picture is better, with beta 20 in the place of 200, so that less holds it. Brightness has no bound; a white square has most. The reward will rise. And the share of pictures whose shape is recognised?',
    ask: sideAsk({ less: 'falls', more: 'rises too' }, (all) => moved(all, 'bright', 'recognised')),
    run: bright,
    show: [
      {
        view: 'pictures',
        title: 'From the same noise',
        of: (all) =>
          rowsOf([
            ['Before', drawn(runOf(all, 'bright'), 'before')],
            [`After ${trainedFor(all, 'bright')} steps for brightness`, drawn(runOf(all, 'bright'), 'now')],
          ]),
      },
      {
        view: 'table',
        title: 'What was measured; rewards in units of their spread',
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
    ask: sideAsk({ less: 'it falls', more: 'it rises' }, (all) => moved(all, 'lot', 'hue')),
    run: lot,
    reply: (all) => {
      const [hue, other] = [ranges(all, 'lot', 'hue'), ranges(all, 'colour', 'hue')];
      if (!hue) return undefined;
      const beside = other ? ` With labels that mean something it went to ${share(other.now.value, 0)}.` : '';
      const verdict = {
        more: 'So it does rise a little from training alone; only what is beyond that is the preference’s.',
        open:
          moved(all, 'colour', 'hue') === 'more'
            ? 'So it was the labels: the pictures by themselves teach nothing about hues.'
            : 'No change beyond chance by pictures alone; that says something beside a run in which labels did change it.',
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
];
