import { count, plural } from '../util/count';
import type { PipelineContext } from './pipeline';

/** What a collection has seen so far, for its progress note and for the error when it finds too little. */
export interface Tally {
  problems: number;
  sampled: number;
  right: number;
  wrong: number;
  /** Cut off at maxTokens, or with a special token inside: neither right nor wrong, and not used. */
  unusable: number;
  /** Continuations sampled from correct prefixes, and how many of them were right. */
  continued: number;
  continuedRight: number;
}

export const newTally = (): Tally => ({
  problems: 0,
  sampled: 0,
  right: 0,
  wrong: 0,
  unusable: 0,
  continued: 0,
  continuedRight: 0,
});

/** For example "312 answers sampled, 140 wrong, 3 cut off; 800 continuations, 96 right". */
export const describeTally = (tally: Tally): string => {
  const answers = `${plural(tally.sampled, 'answer')} sampled, ${count(tally.wrong)} wrong`;
  const cut = tally.unusable > 0 ? `, ${count(tally.unusable)} cut off` : '';
  const more =
    tally.continued > 0
      ? `; ${plural(tally.continued, 'continuation')}, ${count(tally.continuedRight)} right`
      : '';
  return answers + cut + more;
};

/** Problems after which a collection gives up: a model that is always right, or never, would keep it going forever. */
export const problemLimit = (count: number): number => Math.max(200, 40 * count);

/** The problems ran out before `ctx.count` trees were made. */
export class TooFewTreesError extends Error {
  override name = 'TooFewTreesError';
}

/** The error for a collection that gives up, with what it saw and what to do about it. */
export const tooFewTrees = (
  ctx: Pick<PipelineContext, 'count' | 'maxTokens'>,
  made: number,
  tally: Tally,
): TooFewTreesError => {
  const { sampled, right, wrong, unusable, continued, continuedRight } = tally;
  const start = `Only ${count(made)} of ${plural(ctx.count, 'tree')} could be made from ${plural(tally.problems, 'problem')}: `;
  const end = (cause: string, remedy: string) => new TooFewTreesError(`${start}${cause}. ${remedy}`);
  if (unusable > sampled / 2) {
    return end(
      `${unusable} of ${sampled} sampled answers did not end within ${ctx.maxTokens} tokens`,
      'Raise data.maxTokens, or use a model that was trained on this task.',
    );
  }
  if (wrong <= sampled / 100) {
    return end(
      wrong === 0
        ? `of ${sampled} sampled answers none was wrong`
        : `of ${sampled} sampled answers only ${wrong} were wrong`,
      'Choose a harder difficulty or a higher temperature.',
    );
  }
  if (continued > 0 && continuedRight <= continued / 100) {
    return end(
      `of ${continued} continuations of correct prefixes ${continuedRight === 0 ? 'none was' : `only ${continuedRight} were`} right`,
      'Choose an easier difficulty, sample more continuations, or allow the verifier to supply the step.',
    );
  }
  if (right <= sampled / 100) {
    return end(
      `of ${sampled} sampled answers ${right === 0 ? 'none was' : `only ${right} were`} right`,
      'Choose an easier difficulty or a lower temperature.',
    );
  }
  return end(
    describeTally(tally),
    'Ask for fewer trees, sample more answers per problem, or change the difficulty.',
  );
};
