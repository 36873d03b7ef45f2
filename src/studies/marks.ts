import index from '../../docs/studies/index.json';
import type { Mark } from './core/mark';

/** Every study in a line, as `npm run study` wrote it: small, for pages that only mark what was found. */
export const marks = index as unknown as readonly Mark[];

/** Studies about a method of the catalogue. */
export const marksOf = (method: string): Mark[] => marks.filter(({ methods }) => methods.includes(method));
