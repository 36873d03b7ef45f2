import operandsCode from '../../shaders/linear-operands.wgsl?raw';
import rowsCode from '../../shaders/linear-rows.wgsl?raw';
import subgroupCode from '../../shaders/linear-subgroup.wgsl?raw';
import sumCode from '../../shaders/linear-sum.wgsl?raw';
import tiledCode from '../../shaders/linear-tiled.wgsl?raw';
import vectorCode from '../../shaders/linear-vector.wgsl?raw';
import elementCode from '../../shaders/packed-element.wgsl?raw';
import quadCode from '../../shaders/packed-quad.wgsl?raw';
import type { TensorInfo } from '../tf';
import { elementWork, toTensor } from '../tf';
import { cached } from '../util/cached';
import { dispatch, f32, grid } from './dispatch';
import { groupParts } from './group-parts';
import type { MatmulVariant } from './kernel-choice';
import { currentVariant } from './kernel-choice';
import type { PackedInfo } from './packed-matrix';
import type { WeightLayout } from './packed-shader';
import { layoutConstants, layoutFacts, layoutOf } from './packed-shader';
import type { Tiling } from './tiling';
import { tilingOf } from './tiling';
import { specialise, unroll } from './unroll';
import type { Binding } from './window';
import { fitsBinding, rowParts, rowWindow } from './window';

/** One matrix product C [m, n] = op(A) op(B), with the offsets (in elements) of A, B and C inside their buffers. */
export interface Product {
  label: string;
  a: TensorInfo;
  /** A packed B is [n, k] with `transposeB` and [k, n] without; its offset is a whole number of rows. */
  b: TensorInfo | PackedInfo;
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
  /** Another product that is added: A2 [m, k] op(B2), B2 being [n, k] with `transposeB` and [k, n] without. */
  second?: { a: TensorInfo; b: TensorInfo; k: number };
  /** Factor of the sum of the products; 1 when left out. */
  scale?: number;
  bias?: TensorInfo; // [n]
  residual?: TensorInfo; // [m, n]
  /** (max, log sum, coefficient) per row, [m, 3]: C becomes -coefficient * softmax. Excludes `bias`. */
  softmaxGrad?: TensorInfo;
  /** Adds to what `out` holds. */
  accumulate?: boolean;
  /** Written in place; a new [m, n] tensor otherwise. */
  out?: TensorInfo;
}

const texts = new Map<string, Map<string, string>>();

/** What the shaders decide in their text. */
type Facts = Record<string, boolean>;

/**
 * @param code with the reader of B appended
 * @param operand how it reads A, and a plain B
 */
const prepared = (
  code: string,
  operand: 'f32' | 'vec4f',
  layout: WeightLayout,
  facts: Facts,
  sizes: Record<string, number>,
): string => {
  const ofCode = cached(texts, code, () => new Map<string, string>());
  return cached(ofCode, JSON.stringify([layout, facts, sizes]), () => {
    const named = ['TRANS_A', 'TRANS_B'].reduce(
      (whole, name) => whole.replace(`const ${name} = false;`, `const ${name} = ${facts[name]};`),
      code
        .replace('alias WORD = f32;', `alias WORD = ${layout ? 'u32' : operand};`)
        .replace('alias OPERAND = f32;', `alias OPERAND = ${operand};`),
    );
    return unroll(specialise(named, facts), { ...layoutConstants(layout), ...sizes });
  });
};

const byElement = (code: string) => `${code}\n${elementCode}\n${operandsCode}`;
const byQuad = (code: string) => `${code}\n${quadCode}\n${operandsCode}`;
const [subgroup, tiled, vector, rows] = [
  byElement(subgroupCode),
  byElement(tiledCode),
  byQuad(vectorCode),
  byQuad(rowsCode),
];

const factsOf = (p: Product, layout: WeightLayout): Facts => ({
  TRANS_A: p.transposeA ?? false,
  TRANS_B: p.transposeB ?? false,
  SECOND: p.second !== undefined,
  HAS_BIAS: p.bias !== undefined,
  HAS_RESIDUAL: p.residual !== undefined,
  ACCUMULATE: p.accumulate ?? false,
  SOFTMAX_GRAD: p.softmaxGrad !== undefined,
  ...layoutFacts(layout),
});

interface Shader {
  code: string;
  tileM: number;
  tileN: number;
  /** Among how many workgroups k is shared out; 1 when left out. */
  splits?: number;
  /** Slabs along k of each. */
  slabs?: number;
}

const COLUMNS = 8; // of linear-rows.wgsl

const tiledShader = (p: Product, tiling: Tiling): Shader => {
  const layout = layoutOf(p.b);
  const facts = factsOf(p, layout);
  if (tiling.kernel === 'tiled') {
    const { side } = tiling;
    return {
      ...{ code: prepared(tiled, 'f32', layout, facts, { WG: side }) },
      ...{ tileM: 4 * side, tileN: 4 * side },
    };
  }
  if (tiling.kernel === 'rows') {
    const code = prepared(rows, 'vec4f', layout, facts, { ROWS: tiling.rows });
    return { code, tileM: tiling.rows, tileN: COLUMNS };
  }
  const { side, results, slab, splits } = tiling;
  const tile = side * results;
  const sizes = { WG: side, R: results, BK: slab, LOADS: (tile * slab) / 4 / side ** 2 };
  const whole = Math.ceil(p.k / slab) + Math.ceil((p.second?.k ?? 0) / slab);
  const slabs = Math.ceil(whole / splits);
  return {
    code: prepared(vector, 'vec4f', layout, { ...facts, SPLIT: splits > 1 }, sizes),
    ...{ tileM: tile, tileN: tile, splits: Math.ceil(whole / slabs), slabs },
  };
};

const subgroupShader = (p: Product): Shader => {
  const layout = layoutOf(p.b);
  const facts = factsOf(p, layout);
  const few = p.m <= 4 ? 4 : p.m <= 8 ? 8 : 16;
  const columns = p.n <= 16 && !layout ? 16 : 32;
  const spans = facts['SCALED']! && facts['TRANS_B']!;
  const steps = spans && layout?.format === 'int4' ? 2 : 1;
  const all: Facts = {
    ...facts,
    SPANS: spans,
    ALONG: facts['TRANS_B']! && !spans,
    WIDE: facts['PACKED']! && !facts['TRANS_B'],
    ACROSS: !facts['PACKED'] && !facts['TRANS_B'],
    TAIL: p.k % (4 * steps) !== 0,
  };
  const sizes = { TM: few, TN: columns / 16, SUB: steps };
  return { code: prepared(subgroup, 'f32', layout, all, sizes), tileM: few, tileN: columns };
};

const WRAP = 2 ** 32;

/** A part of C in whole tiles of its rows and columns, with what of B it reads. */
interface Part {
  rows: { first: number; count: number };
  columns: { first: number; count: number };
  b: [Binding, Binding];
  bOffset: number;
}

/** C by columns, so that what is read of a B that is too large for one binding is bound in windows. */
const byColumns = (p: Product, tile: number): Omit<Part, 'rows'>[] => {
  const { b, bOffset = 0, n, k } = p;
  const width = p.transposeB ? k : n;
  const from = Math.floor(bOffset / width); // the row of B
  if (!p.transposeB) {
    const { buffers, begin } = rowWindow(b, from, k);
    return [
      {
        columns: { first: 0, count: Math.ceil(n / tile) },
        b: buffers,
        bOffset: bOffset - begin * width,
      },
    ];
  }
  return rowParts(b, { first: from, count: n, tile }).map(({ first, count }) => {
    const { buffers, begin } = rowWindow(b, first, count);
    return {
      columns: { first: (first - from) / tile, count: Math.ceil(count / tile) },
      b: buffers,
      bOffset: (bOffset - begin * width + WRAP) % WRAP, // the shader adds to it the columns before these
    };
  });
};

/** C in parts, one as a rule: none is more work than a command buffer may hold, and each binds what the device allows. */
const partsOf = (p: Product, tileM: number, tileN: number): Part[] => {
  const rows = groupParts(Math.ceil(p.m / tileM), 2 * p.m * p.n * p.k);
  return byColumns(p, tileN).flatMap((part) => rows.map((range) => ({ ...part, rows: range })));
};

/** What to bind of C, and where it begins there: the rows that are written where they lie in a larger one. */
const resultOf = ({ out, m, n, cOffset = 0 }: Product) => {
  if (!out) return { c: { shape: [m, n], dtype: 'float32' as const }, cOffset };
  if (fitsBinding(out)) return { c: out, cOffset };
  const { buffers, begin } = rowWindow(out, Math.floor(cOffset / n), m);
  return { c: buffers[0], cOffset: cOffset - begin * n };
};

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** C from its sums over the parts of k. */
const addSplits = (p: Product, parts: TensorInfo, splits: number): TensorInfo => {
  const { c, cOffset } = resultOf(p);
  const size = p.m * p.n;
  const workgroups = grid(Math.ceil(size / 64));
  const [made] = dispatch({
    label: `${p.label}, sum`,
    code: prepared(sumCode, 'f32', undefined, factsOf(p, undefined), {}),
    inputs: [parts, p.bias ?? parts, p.residual ?? parts],
    outputs: [c],
    uniforms: [size, p.n, splits, cOffset, f32(p.scale ?? 1), workgroups[0]],
    workgroups,
    work: elementWork([{ shape: [splits, size] }]),
  });
  return made!;
};

/**
 * Records one matrix product by the adapter's variant (see tune.ts), or the one given; returns C.
 * @param tiling of the `tiled` variant, one that the shape allows
 */
export const product = (
  p: Product,
  variant: MatmulVariant = currentVariant(),
  tiling: Tiling = tilingOf(p),
): TensorInfo => {
  const shader = variant === 'tiled' ? tiledShader(p, tiling) : subgroupShader(p);
  const { code, tileM, tileN, splits = 1, slabs = 0 } = shader;
  const { second } = p;
  const result = splits > 1 ? { c: float(splits, p.m, p.n), cOffset: 0 } : resultOf(p);
  let made: TensorInfo | undefined;
  for (const { rows, columns, b, bOffset } of partsOf(p, tileM, tileN)) {
    const [m, n] = [Math.min(p.m, rows.count * tileM), Math.min(p.n, columns.count * tileN)];
    [made] = dispatch({
      label: p.label,
      code,
      // What is missing is bound to A, and not read.
      inputs: [
        p.a,
        ...b,
        second?.a ?? p.a,
        second?.b ?? p.a,
        p.bias ?? p.softmaxGrad ?? p.a,
        p.residual ?? p.a,
      ],
      outputs: [made ?? result.c],
      uniforms: [
        p.m,
        p.n,
        p.k,
        second?.k ?? 0,
        p.aOffset ?? 0,
        bOffset,
        result.cOffset,
        f32(p.scale ?? 1),
        rows.first,
        columns.first,
        slabs,
      ],
      workgroups: [columns.count, rows.count, splits],
      work: 2 * m * n * (p.k + (second?.k ?? 0)) + elementWork([{ shape: [m, n] }, { shape: [n, p.k] }]),
    });
  }
  if (splits > 1) {
    const parts = made!;
    made = addSplits(p, parts, splits);
    toTensor(parts).dispose();
  }
  return p.out ?? made!;
};
