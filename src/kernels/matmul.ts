import subgroupCode from '../../shaders/linear-subgroup.wgsl?raw';
import tiledCode from '../../shaders/linear-tiled.wgsl?raw';
import elementCode from '../../shaders/packed-element.wgsl?raw';
import type { TensorInfo } from '../tf';
import { elementWork } from '../tf';
import { dispatch, f32 } from './dispatch';
import { groupParts } from './group-parts';
import type { MatmulVariant } from './kernel-choice';
import { currentVariant } from './kernel-choice';
import type { PackedInfo } from './packed-matrix';
import type { WeightLayout } from './packed-shader';
import { layoutConstants, layoutFacts, layoutOf, withWord } from './packed-shader';
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

const cache = new Map<string, string>();

/** What the shaders decide in their text. */
type Facts = Record<string, boolean>;

const prepared = (
  code: string,
  layout: WeightLayout,
  facts: Facts,
  sizes: Record<string, number>,
): string => {
  const key = JSON.stringify([layout, facts, sizes]);
  let text = cache.get(key);
  if (text === undefined) {
    const named = ['TRANS_A', 'TRANS_B'].reduce(
      (whole, name) => whole.replace(`const ${name} = false;`, `const ${name} = ${facts[name]};`),
      withWord(`${code}\n${elementCode}`, layout),
    );
    text = unroll(specialise(named, facts), { ...layoutConstants(layout), ...sizes });
    cache.set(key, text);
  }
  return text;
};

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

const shaderOf = (p: Product, variant: MatmulVariant) => {
  const layout = layoutOf(p.b);
  const facts = factsOf(p, layout);
  if (variant === 'tiled') {
    const side = Math.ceil(p.m / 64) * Math.ceil(p.n / 64) >= 64 ? 16 : 8;
    return { code: prepared(tiledCode, layout, facts, { WG: side }), tileM: 4 * side, tileN: 4 * side };
  }
  const rows = p.m <= 4 ? 4 : p.m <= 8 ? 8 : 16;
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
  const sizes = { TM: rows, TN: columns / 16, SUB: steps };
  return { code: prepared(subgroupCode, layout, all, sizes), tileM: rows, tileN: columns };
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

/** Records one matrix product by the adapter's variant (see tune.ts), or the one given; returns C. */
export const product = (p: Product, variant: MatmulVariant = currentVariant()): TensorInfo => {
  const { code, tileM, tileN } = shaderOf(p, variant);
  const { second } = p;
  const result = resultOf(p);
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
      ],
      workgroups: [columns.count, rows.count],
      work: 2 * m * n * (p.k + (second?.k ?? 0)) + elementWork([{ shape: [m, n] }, { shape: [n, p.k] }]),
    });
  }
  return p.out ?? made!;
};
