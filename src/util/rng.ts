/** A seeded generator whose state is four integers, so that a checkpoint can hold it. */
export interface Rng {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Integer in [0, n). */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform 32-bit integer. */
  bits(): number;
  shuffle<T>(items: T[]): T[];
  pick<T>(items: readonly T[]): T;
  /** A new, independent generator named by `label`; does not advance this one. */
  fork(label: string): Rng;
  state(): RngState;
}

export type RngState = readonly [number, number, number, number];

/** A 32-bit hash of a text under a seed. */
export const hash = (text: string, seed: number): number => {
  // FNV-1a, then a murmur3 finaliser
  let h = 2166136261 ^ seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
};

/** xoshiro128** (Blackman and Vigna, 2018). */
const fromState = (initial: RngState): Rng => {
  let [a, b, c, d] = initial;
  const bits = () => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const rng: Rng = {
    bits,
    next: () => bits() / 4294967296,
    int: (n) => Math.floor((bits() / 4294967296) * n),
    normal: () => {
      const u = (bits() + 1) / 4294967297;
      return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * (bits() / 4294967296));
    },
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = rng.int(i + 1);
        [items[i], items[j]] = [items[j]!, items[i]!];
      }
      return items;
    },
    pick: (items) => {
      if (items.length === 0) throw new Error('rng.pick: the list is empty');
      return items[rng.int(items.length)]!;
    },
    fork: (label) => {
      const s = [a, b, c, d].map((x, i) => hash(`${label}/${i}`, x)) as unknown as RngState;
      return fromState(s);
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
  return rng;
};

/** A generator from a whole-number seed. */
export const createRng = (seed: number): Rng =>
  fromState([hash('a', seed), hash('b', seed), hash('c', seed), hash('d', seed) || 1]);

/** The generator that had this state. */
export const restoreRng = (state: RngState): Rng => fromState(state);
