import subgroupCode from '../../shaders/linear-subgroup.wgsl?raw';
import tiledCode from '../../shaders/linear-tiled.wgsl?raw';
import type { TensorInfo } from '../tf';
import { dispatch } from './dispatch';
import type { MatmulVariant } from './kernel-choice';
import { currentVariant } from './kernel-choice';
import { specialise, unroll } from './unroll';

/** One matrix product C [m, n] = op(A) op(B), with the offsets (in elements) of A, B and C inside their buffers. */
export interface Product {
  label: string;
  a: TensorInfo;
  b: TensorInfo;
  m: number;
  n: number;
  k: number;
  /** A is stored [k, m]. */
  transposeA?: boolean;
  /** B is stored [n, k]. */
  transposeB?: boolean;
  aOffset?: number;
  bOffset?: number;
  cOffset?: number;
  bias?: TensorInfo; // [n]
  residual?: TensorInfo; // [m, n]
  /** (max, log sum, coefficient) per row, [m, 3]: C becomes -coefficient * softmax. Excludes `bias`. */
  softmaxGrad?: TensorInfo;
  /** Adds to what `out` holds. */
  accumulate?: boolean;
  /** Written in place; a new [m, n] tensor otherwise. */
  out?: TensorInfo;
}

const cache = new Map<string, string>();
const prepared = (key: string, make: () => string): string => {
  let code = cache.get(key);
  if (code === undefined) {
    code = make();
    cache.set(key, code);
  }
  return code;
};

/** What the subgroup shader decides in its text. */
type Facts = Record<
  'TRANS_A' | 'TRANS_B' | 'HAS_BIAS' | 'HAS_RESIDUAL' | 'ACCUMULATE' | 'SOFTMAX_GRAD' | 'TAIL',
  boolean
>;

const subgroupShader = (rows: number, facts: Facts) =>
  prepared(`subgroup ${rows} ${JSON.stringify(facts)}`, () => {
    const named = Object.entries(facts).reduce(
      (code, [name, value]) => code.replace(new RegExp(`const ${name} = \\w+;`), `const ${name} = ${value};`),
      subgroupCode,
    );
    return unroll(specialise(named, facts), { TM: rows });
  });

const tiledShader = (side: number) => prepared(`tiled ${side}`, () => unroll(tiledCode, { WG: side }));

const flags = (p: Product) => ({
  TRANS_A: p.transposeA ?? false,
  TRANS_B: p.transposeB ?? false,
  HAS_BIAS: p.bias !== undefined,
  HAS_RESIDUAL: p.residual !== undefined,
  ACCUMULATE: p.accumulate ?? false,
  SOFTMAX_GRAD: p.softmaxGrad !== undefined,
});

const shaderOf = (p: Product, variant: MatmulVariant) => {
  if (variant === 'subgroup') {
    const rows = p.m <= 4 ? 4 : p.m <= 8 ? 8 : 16;
    const facts: Facts = { ...flags(p), TAIL: p.k % 4 !== 0 };
    return { code: subgroupShader(rows, facts), tileM: rows, tileN: 32, constants: {} };
  }
  const side = Math.ceil(p.m / 64) * Math.ceil(p.n / 64) >= 64 ? 16 : 8;
  const constants = Object.fromEntries(Object.entries(flags(p)).map(([name, on]) => [name, Number(on)]));
  return { code: tiledShader(side), tileM: 4 * side, tileN: 4 * side, constants };
};

/** Records one matrix product by the adapter's variant (see tune.ts), or the one given; returns C. */
export const product = (p: Product, variant: MatmulVariant = currentVariant()): TensorInfo => {
  const { code, tileM, tileN, constants } = shaderOf(p, variant);
  return dispatch({
    label: p.label,
    code,
    // A missing bias or residual is bound to A, and not read.
    inputs: [p.a, p.b, p.bias ?? p.softmaxGrad ?? p.a, p.residual ?? p.a],
    outputs: [p.out ?? { shape: [p.m, p.n], dtype: 'float32' }],
    uniforms: [p.m, p.n, p.k, p.aOffset ?? 0, p.bOffset ?? 0, p.cOffset ?? 0],
    constants,
    workgroups: [Math.ceil(p.n / tileN), Math.ceil(p.m / tileM)],
  })[0]!;
};
