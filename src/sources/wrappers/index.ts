/** Every wrapper of data makers, in the order in which they are applied. Adding one takes its file and a line here. */
import type { Method } from '../../methods/method';
import type { Params } from '../../methods/params';
import { defaultParams } from '../../methods/params';
import { clearPreferences } from './clear-preferences';
import { noisyLabels } from './noisy-labels';
import { noisyScores } from './noisy-scores';
import type { MakeTrees, WrapContext, Wrapper } from './wrapper';

export const wrappers: readonly Wrapper[] = [noisyScores, noisyLabels, clearPreferences];

/** Those that can change the data of a method. */
export const wrappersFor = (method: Pick<Method, 'eats' | 'params' | 'passes'>): readonly Wrapper[] => {
  const reads = method.passes(defaultParams(method)).map(({ objective }) => objective.reads);
  return wrappers.filter(
    ({ wraps, suits }) => wraps.includes(method.eats) && reads.some((own) => suits?.(own) ?? true),
  );
};

/** Wrappers by id with their parameters, as a run document has them. */
export type ChosenWrappers = Readonly<Record<string, Params>>;

/** Those that a document chooses, in the order of application. */
export const chosenWrappers = (chosen: ChosenWrappers): readonly Wrapper[] =>
  wrappers.filter(({ id }) => Object.hasOwn(chosen, id));

/** A maker of trees with wrappers around it, the first of the list innermost. Each has draws of its own. */
export const wrapped = (make: MakeTrees, context: WrapContext, chosen: ChosenWrappers): MakeTrees =>
  chosenWrappers(chosen).reduce<MakeTrees>(
    (inner, wrapper) => (count) =>
      wrapper.wrap(
        inner,
        { ...context, count, rng: context.rng.fork(`wrap/${wrapper.id}`) },
        chosen[wrapper.id]!,
      ),
    make,
  );
