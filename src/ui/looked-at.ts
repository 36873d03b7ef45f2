import { count } from './format';
import type { Strings } from './place';

/** What there is to look at: how many pairs, the steps whose weights are kept, and the step of now. */
interface There {
  pairs: number;
  kept: readonly number[];
  now: number;
}

interface LookedAt {
  /** From 0. */
  pair: number;
  /** Under whose weights; undefined for those of now. */
  step: number | undefined;
  /** What the address asks for that there is not, in words. */
  unmet: string[];
}

const whole = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/**
 * The pair and the step that an address asks for: `pair=3&step=20`, pairs from 1.
 * @param prefix of the fields' names as the address has them: `view.` for those of the reader
 */
export const lookedAt = (
  { pair = '', step = '' }: Strings,
  { pairs, kept, now }: There,
  prefix = '',
): LookedAt => {
  const unmet: string[] = [];
  const [n, at] = [whole(pair), whole(step)];
  const isPair = n !== undefined && n >= 1 && n <= pairs;
  if (pair && !isPair) unmet.push(`${prefix}pair=${pair}: there are pairs 1 to ${count(pairs)}`);
  const isKept = at !== undefined && kept.includes(at);
  if (step && !isKept && at !== now) {
    const steps = kept.map(count).join(', ');
    unmet.push(
      `${prefix}step=${step}: ${steps ? `kept are the weights of steps ${steps}` : 'no weights on the way are kept'}`,
    );
  }
  return { pair: isPair ? n - 1 : 0, step: isKept && at !== now ? at : undefined, unmet };
};
