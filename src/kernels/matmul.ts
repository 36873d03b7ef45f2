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

/** a or b read as vec4: the contiguous dimension and the offset are multiples of 4, so each load is aligned. */
const vectorise = (code: string, name: 'a' | 'b'): string =>
  code
    .replace(`${name}: array<f32>; // vec4`, `${name}: array<vec4f>;`)
    .replace(
      new RegExp(`fn ${name}4\\(.*`),
      `fn ${name}4(i: u32, left: u32) -> vec4f { return ${name}[i / 4u]; }`,
    )
    .replace(
      new RegExp(`fn ${name}1\\(.*`),
      `fn ${name}1(i: u32) -> f32 { return ${name}[i / 4u][i % 4u]; }`,
    );

interface Form {
  rows: number;
  vecA: boolean;
  vecB: boolean;
  facts: { TRANS_A: boolean; TRANS_B: boolean; TAIL: boolean };
}

const subgroupShader = (form: Form) =>
  prepared(JSON.stringify(form), () => {
    let code = unroll(specialise(subgroupCode, form.facts), { TM: form.rows });
    if (form.vecA) code = vectorise(code, 'a');
    if (form.vecB) code = vectorise(code, 'b');
    return code;
  });

const tiledShader = (side: number) => prepared(`tiled ${side}`, () => unroll(tiledCode, { WG: side }));

const shaderOf = (p: Product, variant: MatmulVariant) => {
  if (variant === 'subgroup') {
    const rows = p.m <= 4 ? 4 : p.m <= 8 ? 8 : 16;
    const aligned = (contiguous: number, offset = 0) => contiguous % 4 === 0 && offset % 4 === 0;
    const vecA = aligned(p.transposeA ? p.m : p.k, p.aOffset);
    const vecB = aligned(p.transposeB ? p.k : p.n, p.bOffset);
    const facts = { TRANS_A: p.transposeA ?? false, TRANS_B: p.transposeB ?? false, TAIL: p.k % 4 !== 0 };
    return { code: subgroupShader({ rows, vecA, vecB, facts }), tileM: rows, tileN: 32 };
  }
  const side = Math.ceil(p.m / 64) * Math.ceil(p.n / 64) >= 64 ? 16 : 8;
  return { code: tiledShader(side), tileM: 4 * side, tileN: 4 * side };
};

/** Records one matrix product by the adapter's variant (see tune.ts), or the one given; returns C. */
export const product = (p: Product, variant: MatmulVariant = currentVariant()): TensorInfo => {
  const { code, tileM, tileN } = shaderOf(p, variant);
  return dispatch({
    label: p.label,
    code,
    // A missing bias or residual is bound to A, and not read.
    inputs: [p.a, p.b, p.bias ?? p.softmaxGrad ?? p.a, p.residual ?? p.a],
    outputs: [p.out ?? { shape: [p.m, p.n], dtype: 'float32' }],
    uniforms: [p.m, p.n, p.k, p.aOffset ?? 0, p.bOffset ?? 0, p.cOffset ?? 0],
    constants: {
      TRANS_A: Number(p.transposeA ?? false),
      TRANS_B: Number(p.transposeB ?? false),
      HAS_BIAS: Number(p.bias !== undefined),
      HAS_RESIDUAL: Number(p.residual !== undefined),
      ACCUMULATE: Number(p.accumulate ?? false),
      SOFTMAX_GRAD: Number(p.softmaxGrad !== undefined),
    },
    workgroups: [Math.ceil(p.n / tileN), Math.ceil(p.m / tileM)],
  })[0]!;
};
