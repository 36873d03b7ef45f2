import { signed } from '../../ui/format';
import type { Step } from '../lesson';
import { sideAsk, youSaid } from '../pieces';
import { besideOf, live, metricOf, runOf, share } from '../read';
import {
  better,
  colour,
  course,
  drawn,
  errorSteps,
  errorsIn,
  letters,
  look,
  moved,
  pairIn,
  ranges,
  rowsOf,
  trainedFor,
} from './runs';

/** The pictures, their pairs, and what stands for a log-prob. */
export const whatItDraws: readonly Step[] = [
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
      const guess = youSaid(given, '%');
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
    ask: sideAsk({ less: 'fewer', more: 'more' }, (all) => moved(all, 'colour', 'hue')),
    run: colour,
    show: [
      {
        view: 'pictures',
        title: 'From the same noise',
        of: (all) =>
          rowsOf([
            ['Before', drawn(runOf(all, 'colour'), 'before')],
            [`After ${trainedFor(all, 'colour')} steps for colour`, drawn(runOf(all, 'colour'), 'now')],
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
];
