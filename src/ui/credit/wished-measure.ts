import type { Strings } from '../place';
import { type Measure, measureNames } from './explain';

const isMeasure = (name: string): name is Measure => Object.hasOwn(measureNames, name);

/**
 * The measure that an address asks for, `view.measure=net`, where a pair has numbers for it. Names of curves are not for tokens
 * and are passed over here.
 */
export const wishedMeasure = (
  { measure = '' }: Strings,
  offered: readonly Measure[],
): { measure: Measure | undefined; unmet: string[] } => {
  if (!isMeasure(measure)) return { measure: undefined, unmet: [] };
  if (offered.includes(measure)) return { measure, unmet: [] };
  return { measure: undefined, unmet: [`view.measure=${measure}: this pair has ${offered.join(', ')}`] };
};

/**
 * The curves with the one that an address asks for in front, `view.measure=loss`.
 * @returns also what it asks for that is neither a curve of the run nor a measure of tokens
 */
export const wishedFirst = <F extends { id: string }>(
  { measure = '' }: Strings,
  figures: readonly F[],
): { figures: readonly F[]; unmet: string[] } => {
  const first = figures.find(({ id }) => id === measure);
  if (first) return { figures: [first, ...figures.filter((figure) => figure !== first)], unmet: [] };
  if (!measure || isMeasure(measure)) return { figures, unmet: [] };
  const ids = figures.map(({ id }) => id).join(', ');
  return {
    figures,
    unmet: [
      `view.measure=${measure}: the curves of this run are ${ids}; tokens have ${Object.keys(measureNames).join(', ')}`,
    ],
  };
};
