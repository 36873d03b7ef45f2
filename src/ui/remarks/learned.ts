import { percent } from '../format';
import type { Rule } from './remark';

/** DPO's weight is a half where a pair says nothing yet; at a tenth, a fifth of that, nine of ten pairs' worth of force is spent. */
const spent = 0.2;

/** The pairs are learned; what still moves is pushing on. */
export const pushingOn: Rule = ({ push, since }) => {
  const now = since.at(-1);
  if (!push || !now || push.share >= spent) return undefined;
  return {
    id: 'pushing-on',
    step: push.x,
    text: `The loss pushes the pairs with ${percent(Math.max(0, push.share), 0)} of what it did at the start: they are learned, and the rest is pushing on.`,
    lesson: 'when-to-stop',
  };
};
