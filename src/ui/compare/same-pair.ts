import type { CreditView } from '../../../workers/protocol';

/** Prompt and tokens of all answers. */
const textOf = ({ prompt, responses }: CreditView) =>
  JSON.stringify([prompt, responses.map(({ role, tokens }) => [role, tokens.map(({ text }) => text)])]);

/**
 * Arms have the same pair where prompt and tokens of all answers are the same, however it was made.
 * @param views one to an arm
 * @returns in the same places, undefined where an arm has another pair than the first
 */
export const sameAsFirst = (views: readonly CreditView[]): (CreditView | undefined)[] => {
  const said = views.map(textOf);
  return views.map((view, i) => (said[i] === said[0] ? view : undefined));
};
