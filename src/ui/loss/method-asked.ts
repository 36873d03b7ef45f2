import type { State } from '../state';

/** The method that a link to the loss lab names (`loss.method=simpo`), else that of the run document. */
export const methodAsked = ({ place, document }: Pick<State, 'place' | 'document'>): string | undefined =>
  place.own['loss.method'] ?? document?.method.id;
