import type { Answer } from './sample-answers';

/** Whether two answers are the same token for token. */
export const sameAnswer = (a: Pick<Answer, 'steps'>, b: Pick<Answer, 'steps'>): boolean => {
  const key = ({ steps }: Pick<Answer, 'steps'>) => steps.flatMap(({ tokens }) => tokens).join(' ');
  return key(a) === key(b);
};
