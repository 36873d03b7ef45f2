import { lessonCard } from '../../lessons/index';
import type { Axis } from '../../methods/method';
import type { App } from '../app';
import { pageLink } from '../page-link';

/** The lesson that is about what a group of methods changes. */
const lessonsOf: Readonly<Partial<Record<Axis, string>>> = {
  curve: 'when-to-stop',
  length: 'length-is-not-quality',
  term: 'why-chosen-fall',
  alone: 'one-thumb',
  part: 'blame-the-step',
  weights: 'turns',
  value: 'looking-ahead',
  again: 'its-own-judge',
  pairs: 'whose-pairs',
  pictures: 'pictures',
};

/** Where to go on from a group of methods: its lesson, and for curves all of them in one drawing. */
export const axisLinks = (app: App, axis: Axis) => {
  const card = lessonCard(lessonsOf[axis] ?? '');
  return [
    ...(axis === 'curve'
      ? [pageLink(app, { path: ['lab', 'loss-curves'] }, 'Lay them over each other')]
      : []),
    ...(card ? [pageLink(app, { path: ['lessons', card.id] }, `Lesson: ${card.title}`)] : []),
  ];
};

/** What people come with most, each with the lesson that answers it. */
const asked = [
  ['why-chosen-fall', 'Why do the chosen log-probs fall?'],
  ['no-opinion', 'Why does my loss stay at 0.693?'],
  ['which-beta', 'Which beta?'],
  ['length-is-not-quality', 'Why do my answers grow longer?'],
] as const;

export const questionLinks = (app: App) =>
  asked.map(([id, text]) => pageLink(app, { path: ['lessons', id] }, text));
