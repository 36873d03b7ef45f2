import { number } from '../format';
import type { Rule } from './remark';

/** Worlds that count different right answers among several samples have a measure whose id begins so. */
const isVariety = (id: string) => id.startsWith('distinct');

/** Fewer different right answers than at the start, by more than both intervals. */
export const lessVaried: Rule = ({ evaluations }) => {
  const [first, last] = [evaluations[0]?.evaluation, evaluations.at(-1)];
  const before = first?.measures?.find(({ id }) => isVariety(id));
  const now = last?.evaluation.measures?.find(({ id }) => id === before?.id);
  if (!before || !now || !last || now.interval[1] >= before.interval[0]) return undefined;
  return {
    id: 'less-varied',
    step: last.x,
    text: `Of the right answers fewer are different: ${now.name} went from ${number(before.value)} to ${number(now.value)}. It keeps to what it knows best.`,
  };
};
