import type { HostWeights } from '../model/host-weights';
import { loraA, loraB } from '../model/lora';
import type { Matrix } from '../util/small-matrix';
import { matmul, svd, thinQr, transpose } from '../util/small-matrix';

const asMatrix = ({
  shape,
  data,
}: {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}): Matrix => ({
  rows: shape[0]!,
  cols: shape[1]!,
  data: Float64Array.from(data),
});

/** Matrices below one another. */
const stack = (parts: readonly Matrix[]): Matrix => {
  const cols = parts[0]!.cols;
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { rows: data.length / cols, cols, data };
};

const scaled = ({ rows, cols, data }: Matrix, factor: number): Matrix => ({
  rows,
  cols,
  data: data.map((x) => factor * x),
});

/**
 * What a weighted sum of adapters does, as one adapter of their rank. The sum of c_i B_i A_i is a product of concatenated
 * factors (PEFT's "cat") of a rank as many times as large; its best approximation of the rank that the run trains comes from
 * the singular values of a matrix of that small size (PEFT's "svd"). Exact where the sum has no larger rank.
 */
export const sumAdapters = (parts: readonly (readonly [number, HostWeights])[]): HostWeights => {
  const [[, first]] = parts as [readonly [number, HostWeights]];
  const result: HostWeights = new Map();
  for (const name of first.keys()) {
    const module = name.replace(/\.lora_A\.weight$/, '');
    if (module === name) continue;
    const rank = first.get(name)!.shape[0]!;
    const wide = stack(parts.map(([, own]) => asMatrix(own.get(loraA(module))!))); // [n r, in]
    const tall = stack(
      parts.map(([factor, own]) => scaled(transpose(asMatrix(own.get(loraB(module))!)), factor)),
    ); // [n r, out]
    const a = thinQr(transpose(wide)); // q [in, k], r [k, n r]
    const b = thinQr(transpose(tall)); // q [out, k], r [k, n r]
    const { u, s, v } = svd(matmul(b.r, transpose(a.r)));
    const A = new Float32Array(rank * wide.cols);
    const B = new Float32Array(tall.cols * rank);
    for (let i = 0; i < Math.min(rank, s.length); i++) {
      const root = Math.sqrt(s[i]!);
      for (let x = 0; x < wide.cols; x++) {
        let sum = 0;
        for (let k = 0; k < v.rows; k++) sum += a.q.data[x * a.q.cols + k]! * v.data[k * v.cols + i]!;
        A[i * wide.cols + x] = root * sum;
      }
      for (let y = 0; y < tall.cols; y++) {
        let sum = 0;
        for (let k = 0; k < u.rows; k++) sum += b.q.data[y * b.q.cols + k]! * u.data[k * u.cols + i]!;
        B[y * rank + i] = root * sum;
      }
    }
    result.set(loraA(module), { shape: [rank, wide.cols], data: A });
    result.set(loraB(module), { shape: [tall.cols, rank], data: B });
  }
  return result;
};
