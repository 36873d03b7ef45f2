/**
 * Tree attention as loops over plain arrays, for the backends whose tensors lie in this program's memory, where there
 * is no WebAssembly SIMD or the head size is no multiple of four. Matrix products over padded trees are no rival there:
 * tfjs's wasm backend multiplies batches with scalar code.
 */
export interface HostShape {
  tokens: number;
  heads: number;
  kvHeads: number;
  /** D */
  size: number;
  visibleUntil: Int32Array;
  treeStart: Int32Array;
}

/** Writes out [N, H*D] and lse [N, H]. */
export const attendOnHost = (
  shape: HostShape,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  out: Float32Array,
  lse: Float32Array,
) => {
  const { tokens, heads, kvHeads, size, visibleUntil, treeStart } = shape;
  const scale = 1 / Math.sqrt(size);
  const [qRow, kRow, group] = [heads * size, kvHeads * size, heads / kvHeads];
  const keys = new Int32Array(tokens); // offsets of the rows that the token sees
  const weights = new Float64Array(tokens);
  const query = new Float64Array(size);
  const sum = new Float64Array(size);
  for (let i = 0; i < tokens; i++) {
    let count = 0;
    for (let j = treeStart[i]!; j <= i; j++) if (i < visibleUntil[j]!) keys[count++] = j * kRow;
    for (let h = 0; h < heads; h++) {
      const at = i * qRow + h * size;
      const kv = Math.floor(h / group) * size;
      for (let c = 0; c < size; c++) query[c] = q[at + c]! * scale;
      let top = -Infinity;
      for (let n = 0; n < count; n++) {
        const key = keys[n]! + kv;
        let a = 0;
        let b = 0;
        for (let c = 0; c < size; c += 2) {
          a += query[c]! * k[key + c]!;
          b += query[c + 1]! * k[key + c + 1]!;
        }
        const score = a + b;
        weights[n] = score;
        if (score > top) top = score;
      }
      let total = 0;
      sum.fill(0);
      for (let n = 0; n < count; n++) {
        const weight = Math.exp(weights[n]! - top);
        total += weight;
        const value = keys[n]! + kv;
        for (let c = 0; c < size; c++) sum[c] = sum[c]! + weight * v[value + c]!;
      }
      for (let c = 0; c < size; c++) out[at + c] = sum[c]! / total;
      lse[i * heads + h] = top + Math.log(total);
    }
  }
};

/** Writes dQ [N, H*D], dK and dV [N, K*D]. */
export const attendGradOnHost = (
  shape: HostShape,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  out: Float32Array,
  lse: Float32Array,
  dOut: Float32Array,
  dQ: Float32Array,
  dK: Float32Array,
  dV: Float32Array,
) => {
  const { tokens, heads, kvHeads, size, visibleUntil, treeStart } = shape;
  const scale = 1 / Math.sqrt(size);
  const [qRow, kRow, group] = [heads * size, kvHeads * size, heads / kvHeads];
  dK.fill(0);
  dV.fill(0);
  const keys = new Int32Array(tokens);
  const query = new Float64Array(size);
  const dy = new Float64Array(size);
  const sum = new Float64Array(size);
  for (let i = 0; i < tokens; i++) {
    let count = 0;
    for (let j = treeStart[i]!; j <= i; j++) if (i < visibleUntil[j]!) keys[count++] = j * kRow;
    for (let h = 0; h < heads; h++) {
      const at = i * qRow + h * size;
      const kv = Math.floor(h / group) * size;
      const norm = lse[i * heads + h]!;
      let delta = 0;
      for (let c = 0; c < size; c++) {
        query[c] = q[at + c]! * scale;
        dy[c] = dOut[at + c]!;
        delta += dy[c]! * out[at + c]!;
        sum[c] = 0;
      }
      for (let n = 0; n < count; n++) {
        const key = keys[n]! + kv;
        let score = 0;
        let gain = 0;
        for (let c = 0; c < size; c++) {
          score += query[c]! * k[key + c]!;
          gain += dy[c]! * v[key + c]!;
        }
        const weight = Math.exp(score - norm);
        const ds = weight * (gain - delta);
        for (let c = 0; c < size; c++) {
          sum[c] = sum[c]! + ds * k[key + c]!;
          dK[key + c] = dK[key + c]! + ds * query[c]!;
          dV[key + c] = dV[key + c]! + weight * dy[c]!;
        }
      }
      for (let c = 0; c < size; c++) dQ[at + c] = sum[c]! * scale;
    }
  }
};
