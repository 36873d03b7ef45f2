import { count, plural } from '../util/count';
import type { PipelineContext } from './pipeline';
import { TooFewTreesError } from './tally';
import type { SearchTally } from './task-world';

/** For example "64 problems searched, 4,096 steps, 1,420 answers of which 610 wrong, 41 pairs". */
export const describeSearch = ({ problems, steps, ended, right }: SearchTally, pairs: number): string =>
  `${plural(problems, 'problem')} searched, ${plural(steps, 'step')}, ${plural(ended, 'answer')} of which ${count(ended - right)} wrong, ${plural(pairs, 'pair')}`;

/**
 * The error of a search that gives up, with what it saw and what to do about it.
 * @param found pairs that were made, and those that were too close or too little visited
 */
export const tooLittleFound = (
  ctx: Pick<PipelineContext, 'count' | 'maxTokens'>,
  made: number,
  tally: SearchTally,
  found: { pairs: number; below: number },
): TooFewTreesError => {
  const { problems, ended, right, unusable } = tally;
  const start = `Only ${count(made)} of ${plural(ctx.count, 'tree')} came out of the search of ${plural(problems, 'problem')}: `;
  const because = (cause: string, remedy: string) => new TooFewTreesError(`${start}${cause}. ${remedy}`);
  if (ended === 0) {
    return because(
      'no answer ended',
      'Raise the depth, the simulations or data.maxTokens, or use a model that was trained on this task.',
    );
  }
  if (unusable > ended / 2) {
    return because(
      `${count(unusable)} of ${count(ended)} answers were cut off at ${ctx.maxTokens} tokens`,
      'Raise data.maxTokens, or use a model that was trained on this task.',
    );
  }
  if (right <= ended / 100) {
    return because(
      right === 0
        ? `of ${count(ended)} answers none was right`
        : `of ${count(ended)} answers only ${count(right)} were right`,
      'Choose an easier difficulty, a lower temperature, or more simulations.',
    );
  }
  if (ended - right <= ended / 100) {
    return because(
      `of ${count(ended)} answers only ${count(ended - right)} were wrong`,
      'Choose a harder difficulty or a higher temperature.',
    );
  }
  if (found.below > found.pairs) {
    return because(
      `${count(found.below)} pairs of steps differed in worth, but not by the gap, or had too few visits`,
      'Lower the gap or the visits needed, or raise the simulations or the rollouts.',
    );
  }
  return because(
    describeSearch(tally, found.pairs),
    'Ask for fewer trees, or raise the simulations or the children.',
  );
};
