/** Marks at round numbers over a range: 1, 2 or 5 times a power of ten apart. */
export const roundMarks = (low: number, high: number, most: number): number[] => {
  const least = (high - low) / Math.max(1, most);
  if (!(least > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= least - 1e-12) ?? 10);
  const marks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) marks.push(i * step);
  return marks;
};

/** Powers of ten over a range of positive numbers, at most so many. */
const powerMarks = (low: number, high: number, most: number): number[] => {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const stride = Math.max(1, Math.ceil((to - from) / most));
  const marks: number[] = [];
  for (let power = from; power <= to; power += stride) marks.push(10 ** power);
  return marks.filter((mark) => mark >= low && mark <= high);
};

export interface Scale {
  /** Position of a value, in the picture's units. */
  at(value: number): number;
  marks: readonly number[];
}

/**
 * From values to a stretch of the picture.
 * @param values finite; positive on a logarithmic scale
 * @param from position of the smallest value; `to` of the largest
 */
export const scaleOf = (
  values: readonly number[],
  [from, to]: readonly [number, number],
  { log = false, most = 6, room = 0 }: { log?: boolean; most?: number; room?: number } = {},
): Scale => {
  const known = log ? values.filter((v) => v > 0) : values;
  let [low, high] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const place = log ? Math.log10 : (x: number) => x;
  const spare = room * (place(high) - place(low));
  const [first, last] = [place(low) - spare, place(high) + spare];
  const at = (value: number) => from + ((to - from) * (place(value) - first)) / (last - first);
  const marks = log ? powerMarks(10 ** first, 10 ** last, most) : roundMarks(first, last, most);
  return { at, marks };
};
