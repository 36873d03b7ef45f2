import { fail } from './error';
import type { Value } from './values';
import { Callable, equal, Undefined } from './values';

/**
 * What a template calls `loop`.
 * @param again goes through other items in the same way, for a recursive loop
 */
export const loopValue = (
  items: readonly Value[],
  i: number,
  level: number,
  state: { changed?: Value[] },
  again: Value | undefined,
): Callable => {
  const { length } = items;
  const outside = (what: string) => new Undefined(`there is no ${what} item`);
  const attributes = new Map<string, Value>([
    ['index', i + 1],
    ['index0', i],
    ['revindex', length - i],
    ['revindex0', length - i - 1],
    ['first', i === 0],
    ['last', i === length - 1],
    ['length', length],
    ['depth', level + 1],
    ['depth0', level],
    ['previtem', items[i - 1] ?? outside('previous')],
    ['nextitem', items[i + 1] ?? outside('next')],
    [
      'cycle',
      new Callable('cycle', ({ positional }) =>
        positional.length === 0 ? fail('no items for cycling given') : positional[i % positional.length]!,
      ),
    ],
    [
      'changed',
      new Callable('changed', ({ positional }) => {
        const isSame = state.changed !== undefined && equal([...positional], state.changed);
        state.changed = [...positional];
        return !isSame;
      }),
    ],
  ]);
  return new Callable(
    'loop',
    (args) =>
      again instanceof Callable
        ? again.call(args)
        : fail("the loop must have the 'recursive' marker to be called recursively"),
    attributes,
  );
};
