import { nearest } from './nearest';

/** That there is no method of this id, in words: the one that was meant first, since the list is long. */
export const notAMethod = (id: unknown, ids: readonly string[]): string => {
  const close = typeof id === 'string' ? nearest(id, ids) : undefined;
  const meant = close === undefined ? '' : `did you mean "${close}"? Else `;
  return `${JSON.stringify(id)} is not a method; ${meant}use one of ${ids.join(', ')}`;
};
