import { wasmMemory } from '../tf';
import type { SimdElements } from './simd-elements';
import { simdElements } from './simd-elements';

/** Rows of one length, and the modulation that each group of `span` of them shares: from column `at` of its own row, `stride` wide. */
export interface ModulatedRows {
  rows: number;
  width: number;
  span: number;
  stride: number;
  at: number;
}

/** Walks over plain arrays that lie side by side, for the operations between products on the wasm and cpu backends. */
export interface Elements {
  /** out = x + row, for each row of x. */
  addRow(x: Float32Array, row: Float32Array, out: Float32Array): void;
  /** out = a * b */
  multiply(a: Float32Array, b: Float32Array, out: Float32Array): void;
  /** out = x + gate * y */
  addGated(
    x: Float32Array,
    y: Float32Array,
    modulation: Float32Array,
    out: Float32Array,
    of: ModulatedRows,
  ): void;
  /** out = (x - mean) / sqrt(variance + eps) (1 + scale) + shift; mean and the inverse of the root of each row go to `stats`. */
  modulatedNorm(
    x: Float32Array,
    modulation: Float32Array,
    out: Float32Array,
    stats: Float32Array,
    of: ModulatedRows,
    eps: number,
  ): void;
  /** dx, and what comes back to the modulation, added to `dModulation`; `g` is what is pushed back at the output. */
  modulatedNormGrad(
    given: { x: Float32Array; modulation: Float32Array; stats: Float32Array; g: Float32Array },
    dx: Float32Array,
    dModulation: Float32Array,
    of: ModulatedRows,
  ): void;
  /** Each row of `span` numbers becomes softmax(scale * row), in place. */
  softmax(rows: Float32Array, span: number, scale: number): void;
  /** out = x^T. @param rows of x */
  transpose(x: Float32Array, out: Float32Array, rows: number): void;
  /** out = the sum of x's rows, added up in double precision. @param room for twice as many numbers as out has */
  sumRows(x: Float32Array, out: Float32Array, room: Float32Array): void;
}

/** Rows and columns that are turned together: both fit into the nearest cache. */
const TILE = 16;

/** The walks in JavaScript: what runs without WebAssembly SIMD, and what the others are held to, bit for bit. */
export const elementLoops: Elements = {
  addRow: (x, row, out) => {
    const width = row.length;
    for (let n = 0; n < x.length; n += width) {
      for (let c = 0; c < width; c++) out[n + c] = x[n + c]! + row[c]!;
    }
  },
  multiply: (a, b, out) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]!;
  },
  addGated: (x, y, modulation, out, { rows, width, span, stride, at }) => {
    for (let n = 0; n < rows; n++) {
      const gate = Math.floor(n / span) * stride + at;
      const start = n * width;
      for (let c = 0; c < width; c++) out[start + c] = x[start + c]! + modulation[gate + c]! * y[start + c]!;
    }
  },
  modulatedNorm: (x, modulation, out, stats, { rows, width, span, stride, at }, eps) => {
    for (let n = 0; n < rows; n++) {
      const start = n * width;
      let sum = 0;
      for (let c = 0; c < width; c++) sum += x[start + c]!;
      const mean = Math.fround(sum / width);
      let squares = 0;
      for (let c = 0; c < width; c++) squares += (x[start + c]! - mean) ** 2;
      const r = 1 / Math.sqrt(squares / width + eps);
      stats[2 * n] = mean;
      stats[2 * n + 1] = r;
      const shift = Math.floor(n / span) * stride + at;
      const scale = shift + width;
      for (let c = 0; c < width; c++) {
        out[start + c] = (x[start + c]! - mean) * r * (1 + modulation[scale + c]!) + modulation[shift + c]!;
      }
    }
  },
  modulatedNormGrad: ({ x, modulation, stats, g }, dx, dModulation, { rows, width, span, stride, at }) => {
    for (let n = 0; n < rows; n++) {
      const [start, mean, r] = [n * width, stats[2 * n]!, stats[2 * n + 1]!];
      const shift = Math.floor(n / span) * stride + at;
      const scale = shift + width;
      let [sum, dot] = [0, 0];
      for (let c = 0; c < width; c++) {
        const z = (x[start + c]! - mean) * r;
        const push = g[start + c]! * (1 + modulation[scale + c]!);
        sum += push;
        dot += push * z;
        dModulation[shift + c]! += g[start + c]!;
        dModulation[scale + c]! += g[start + c]! * z;
      }
      for (let c = 0; c < width; c++) {
        const z = (x[start + c]! - mean) * r;
        dx[start + c] = r * (g[start + c]! * (1 + modulation[scale + c]!) - sum / width - (z * dot) / width);
      }
    }
  },
  softmax: (rows, span, scale) => {
    for (let first = 0; first < rows.length; first += span) {
      let top = Number.NEGATIVE_INFINITY;
      for (let j = first; j < first + span; j++) if (rows[j]! > top) top = rows[j]!;
      let total = 0;
      for (let j = first; j < first + span; j++) {
        const weight = Math.exp((rows[j]! - top) * scale);
        rows[j] = weight;
        total += weight;
      }
      for (let j = first; j < first + span; j++) rows[j]! /= total;
    }
  },
  transpose: (x, out, rows) => {
    const columns = x.length / rows;
    for (let top = 0; top < rows; top += TILE) {
      const bottom = Math.min(rows, top + TILE);
      for (let left = 0; left < columns; left += TILE) {
        const right = Math.min(columns, left + TILE);
        for (let c = left; c < right; c++)
          for (let r = top; r < bottom; r++) out[c * rows + r] = x[r * columns + c]!;
      }
    }
  },
  sumRows: (x, out) => {
    const width = out.length;
    const sums = new Float64Array(width);
    for (let n = 0; n < x.length; n += width) {
      for (let c = 0; c < width; c++) sums[c]! += x[n + c]!;
    }
    out.set(sums);
  },
};

/** The walks in WebAssembly SIMD, over arrays that are views of its memory; shapes that it was not written for go the other way. */
export const elementsBySimd = (simd: SimdElements): Elements => ({
  addRow: (x, row, out) =>
    simd.addRow(x.byteOffset, row.byteOffset, out.byteOffset, x.length / row.length, row.length),
  multiply: (a, b, out) => simd.multiply(a.byteOffset, b.byteOffset, out.byteOffset, out.length),
  addGated: (x, y, modulation, out, of) => {
    const { rows, width, span, stride, at } = of;
    if (width % 2 !== 0) return elementLoops.addGated(x, y, modulation, out, of);
    for (let first = 0; first < rows; first += span) {
      const [here, gate] = [4 * first * width, 4 * ((first / span) * stride + at)];
      simd.addGated(
        x.byteOffset + here,
        modulation.byteOffset + gate,
        out.byteOffset + here,
        span,
        width,
        y.byteOffset + here,
      );
    }
  },
  modulatedNorm: (x, modulation, out, stats, of, eps) => {
    const { rows, width, span, stride, at } = of;
    if (width % 2 !== 0 || span % 4 !== 0)
      return elementLoops.modulatedNorm(x, modulation, out, stats, of, eps);
    for (let first = 0; first < rows; first += span) {
      const [here, shift] = [4 * first * width, 4 * ((first / span) * stride + at)];
      simd.normRows(
        x.byteOffset + here,
        modulation.byteOffset + shift,
        out.byteOffset + here,
        span / 4,
        width,
        stats.byteOffset + 8 * first,
        eps,
      );
    }
  },
  modulatedNormGrad: (given, dx, dModulation, of) => {
    const { rows, width, span, stride, at } = of;
    if (width % 2 !== 0 || span % 4 !== 0) return elementLoops.modulatedNormGrad(given, dx, dModulation, of);
    const { x, modulation, stats, g } = given;
    for (let first = 0; first < rows; first += span) {
      const [here, shift] = [4 * first * width, 4 * ((first / span) * stride + at)];
      simd.normRowsGrad(
        x.byteOffset + here,
        modulation.byteOffset + shift,
        stats.byteOffset + 8 * first,
        g.byteOffset + here,
        dx.byteOffset + here,
        span / 4,
        width,
        dModulation.byteOffset + shift,
      );
    }
  },
  softmax: (rows, span, scale) => {
    if (span % 4 !== 0) return elementLoops.softmax(rows, span, scale);
    simd.softmaxRows(rows.byteOffset, rows.length / span, span, scale);
  },
  transpose: (x, out, rows) => {
    const columns = x.length / rows;
    if (rows % 4 !== 0 || columns % 4 !== 0) return elementLoops.transpose(x, out, rows);
    simd.transpose(x.byteOffset, out.byteOffset, rows, columns);
  },
  sumRows: (x, out, room) => {
    if (out.length % 2 !== 0) return elementLoops.sumRows(x, out, room);
    simd.sumRows(x.byteOffset, out.byteOffset, x.length / out.length, out.length, room.byteOffset);
  },
});

const made = new WeakMap<WebAssembly.Memory, Elements>();

/** The walks for tensors' own memory: views of it, taken after the last allocation. */
export const elements = (): Elements => {
  const memory = wasmMemory();
  if (!memory) return elementLoops;
  let own = made.get(memory);
  if (!own) {
    const simd = simdElements(memory);
    own = simd ? elementsBySimd(simd) : elementLoops;
    made.set(memory, own);
  }
  return own;
};
