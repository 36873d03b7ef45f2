import { unroll } from './unroll';

const fitted = new Map<string, Map<number, string>>();

/** Fits an attention shader to a head size: chooses the vector type, sets `const PARTS`, unrolls the loops over it. */
export const fitToHeadSize = (code: string, headSize: number): string => {
  let sizes = fitted.get(code);
  if (!sizes) {
    sizes = new Map();
    fitted.set(code, sizes);
  }
  let result = sizes.get(headSize);
  if (!result) {
    const width = headSize % 4 === 0 ? 4 : 2;
    const typed = code.replace('alias VEC = vec4f;', `alias VEC = vec${width}f;`);
    result = unroll(typed, { PARTS: headSize / width });
    sizes.set(headSize, result);
  }
  return result;
};
