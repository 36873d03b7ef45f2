import { cached } from '../util/cached';
import { unroll } from './unroll';

const fitted = new Map<string, Map<number, string>>();

/** Fits an attention shader to a head size: chooses the vector type, sets `const PARTS`, unrolls the loops over it. */
export const fitToHeadSize = (code: string, headSize: number): string => {
  const sizes = cached(fitted, code, () => new Map<number, string>());
  return cached(sizes, headSize, () => {
    const width = headSize % 4 === 0 ? 4 : 2;
    const typed = code.replace('alias VEC = vec4f;', `alias VEC = vec${width}f;`);
    return unroll(typed, { PARTS: headSize / width });
  });
};
