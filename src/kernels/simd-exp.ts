import { f64, f64x2, get, integers, locals, set, v128 } from './wasm-code';

/**
 * The exponential of two numbers of at most 0 in WebAssembly SIMD, by the method of fdlibm's e_exp.c (Sun Microsystems, 1993), which is
 * what Math.exp of V8 and SpiderMonkey is as well: bit for bit the same, below -700 but for numbers that are 0 in single precision.
 */

const [LN2_HIGH, LN2_LOW, LOG2_E] = [0.6931471803691238, 1.9082149292705877e-10, Math.LOG2E];
/** Above minus this, half of log 2 up to its first 32 bits, nothing is taken off. */
const FIRST = new Float64Array(Uint32Array.of(0, 0x3fd62e43).buffer)[0]!;
/** Above minus this, exp(x) is 1 + x. */
const TINY = 2 ** -28;
/** Of x - x (e^x + 1) / (e^x - 1) in x^2. */
const SERIES = [
  0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
  4.1381367970572385e-8,
];

const constants = {
  least: -700,
  first: -FIRST,
  tiny: -TINY,
  log2e: LOG2_E,
  half: 0.5,
  one: 1,
  two: 2,
  high: LN2_HIGH,
  low: LN2_LOW,
  p1: SERIES[0]!,
  p2: SERIES[1]!,
  p3: SERIES[2]!,
  p4: SERIES[3]!,
  p5: SERIES[4]!,
};
type Constant = keyof typeof constants;
const names = Object.keys(constants) as Constant[];

/** Locals that an exponential needs, all v128. */
const own = ['x', 'k', 'fold', 'hi', 'lo', 'y', 'c'] as const;
export const expLocals: number[] = locals(names.length + own.length, 'v128');

/**
 * Code for the exponential, with its locals from `first` on: `before` loops, and `of` for each pair of numbers that lies in the
 * local `x`, which leaves the results on the stack.
 */
export const expCode = (first: number) => {
  const constant = (name: Constant) => get(first + names.indexOf(name));
  const local = (name: (typeof own)[number]) => first + names.length + own.indexOf(name);
  const [x, k, fold, hi, lo, y, c] = own.map(local) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const step = (name: Constant) => [...constant(name), ...f64x2.add, ...get(c), ...f64x2.mul];
  return {
    x,
    before: names.flatMap((name) => [
      ...f64.const(constants[name]),
      ...f64x2.splat,
      ...set(first + names.indexOf(name)),
    ]),
    of: [
      ...[...get(x), ...constant('least'), ...f64x2.max, ...set(x)],
      // k = trunc(x / log 2 - 1/2), and 0 near 0
      ...[...get(x), ...constant('log2e'), ...f64x2.mul, ...constant('half'), ...f64x2.sub],
      ...[...get(x), ...constant('first'), ...f64x2.le, ...integers.and, ...integers.truncF64x2, ...set(k)],
      ...[...get(k), ...f64x2.fromI32x4, ...set(fold)],
      ...[...get(x), ...get(fold), ...constant('high'), ...f64x2.mul, ...f64x2.sub, ...set(hi)],
      ...[...get(fold), ...constant('low'), ...f64x2.mul, ...set(lo)],
      ...[...get(hi), ...get(lo), ...f64x2.sub, ...set(y)],
      // c = y - y^2 (P1 + y^2 (P2 + ..)), y^2 being in c until then
      ...[...get(y), ...get(y), ...f64x2.mul, ...set(c)],
      ...[
        ...constant('p5'),
        ...get(c),
        ...f64x2.mul,
        ...step('p4'),
        ...step('p3'),
        ...step('p2'),
        ...step('p1'),
      ],
      ...set(c),
      ...[...get(y), ...get(c), ...f64x2.sub, ...set(c)],
      // (1 - ((lo - y c / (2 - c)) - hi)) 2^k
      ...[...constant('one'), ...get(lo), ...get(y), ...get(c), ...f64x2.mul],
      ...[...constant('two'), ...get(c), ...f64x2.sub, ...f64x2.div, ...f64x2.sub],
      ...[...get(hi), ...f64x2.sub, ...f64x2.sub],
      ...[
        ...get(k),
        ...integers.extendLow,
        0x41,
        52,
        ...integers.shl64,
        ...constant('one'),
        ...integers.add64,
      ],
      ...f64x2.mul,
      // 1 + x where that is it
      ...set(y),
      ...[...constant('one'), ...get(x), ...f64x2.add, ...get(y)],
      ...[...get(x), ...constant('tiny'), ...f64x2.gt, ...v128.bitselect],
    ],
  };
};
