import type { Evaluation } from '../../workers/protocol';

/** Evaluations as files of numbers have them: pictures are files of their own. */
export const withoutPictures = (evaluations: readonly Evaluation[]): Omit<Evaluation, 'images'>[] =>
  evaluations.map(({ images: _images, ...numbers }) => numbers);
