const BITS = 11;
const DIGITS = 1 << BITS;

/** Below this many, comparing is as fast as counting. */
const FEW = 512;

/** One stable pass of a counting sort, larger digits first. */
const sortByDigit = (order: Uint32Array, next: Uint32Array, keys: Uint32Array, shift: number) => {
  const ends = new Uint32Array(DIGITS);
  const digit = (key: number) => DIGITS - 1 - ((key >>> shift) & (DIGITS - 1));
  for (let i = 0; i < keys.length; i++) ends[digit(keys[i]!)]!++;
  let sum = 0;
  for (let d = 0; d < DIGITS; d++) {
    const count = ends[d]!;
    ends[d] = sum;
    sum += count;
  }
  for (let i = 0; i < order.length; i++) {
    const index = order[i]!;
    const d = digit(keys[index]!);
    next[ends[d]!] = index;
    ends[d]!++;
  }
};

/**
 * Indices of non-negative numbers in order of falling value, the lower index first among equals.
 *
 * Many are sorted by counting: the upper half of a positive double, read as a whole number, grows with it. Three passes over
 * eleven bits each order the halves, and only where these are alike are the numbers compared.
 */
export const fallingOrder = (values: Float64Array): Uint32Array => {
  const size = values.length;
  const falling = (a: number, b: number) => values[b]! - values[a]! || a - b;
  let order = new Uint32Array(size);
  for (let i = 0; i < size; i++) order[i] = i;
  if (size < FEW) return order.sort(falling);
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * size);
  const keys = new Uint32Array(size);
  for (let i = 0; i < size; i++) keys[i] = words[2 * i + 1]!;
  let next = new Uint32Array(size);
  for (let shift = 0; shift < 32; shift += BITS) {
    sortByDigit(order, next, keys, shift);
    [order, next] = [next, order];
  }
  for (let start = 0; start < size; ) {
    let end = start + 1;
    let alike = true; // equal numbers stand in order already
    while (end < size && keys[order[end]!] === keys[order[start]!]) {
      alike &&= values[order[end]!] === values[order[start]!];
      end++;
    }
    if (!alike) order.subarray(start, end).sort(falling);
    start = end;
  }
  return order;
};
