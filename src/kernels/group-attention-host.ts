/** Attention within groups as loops over plain arrays, for the backends whose tensors lie in this program's memory. */
export interface GroupShape {
  rows: number;
  heads: number;
  /** Rows of a group. */
  span: number;
  /** D */
  size: number;
}

/** Copies rows of one head, `size` wide, out of rows `stride` wide, so that the inner loops run over neighbours. */
const take = (
  from: Float32Array,
  at: number,
  stride: number,
  span: number,
  size: number,
  to: Float64Array,
  scale = 1,
) => {
  for (let r = 0; r < span; r++) {
    const start = at + r * stride;
    for (let c = 0; c < size; c++) to[r * size + c] = from[start + c]! * scale;
  }
};

/** Writes out [N, H*D] and the weights [N, H*span]. */
export const attendGroups = (
  { rows, heads, span, size }: GroupShape,
  qkv: Float32Array,
  out: Float32Array,
  weights: Float32Array,
) => {
  const width = heads * size;
  const [q, k, v] = [0, 1, 2].map(() => new Float64Array(span * size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const row = new Float64Array(span);
  const sum = new Float64Array(size);
  for (let first = 0; first < rows; first += span) {
    for (let h = 0; h < heads; h++) {
      const at = first * 3 * width + h * size;
      take(qkv, at, 3 * width, span, size, q, 1 / Math.sqrt(size));
      take(qkv, at + width, 3 * width, span, size, k);
      take(qkv, at + 2 * width, 3 * width, span, size, v);
      for (let i = 0; i < span; i++) {
        let top = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < span; j++) {
          let [a, b] = [0, 0];
          for (let c = 0; c < size; c += 2) {
            a += q[i * size + c]! * k[j * size + c]!;
            b += q[i * size + c + 1]! * k[j * size + c + 1]!;
          }
          row[j] = a + b;
          if (a + b > top) top = a + b;
        }
        let total = 0;
        for (let j = 0; j < span; j++) total += row[j] = Math.exp(row[j]! - top);
        sum.fill(0);
        const own = ((first + i) * heads + h) * span;
        for (let j = 0; j < span; j++) {
          const weight = row[j]! / total;
          weights[own + j] = weight;
          for (let c = 0; c < size; c++) sum[c]! += weight * v[j * size + c]!;
        }
        for (let c = 0; c < size; c++) out[(first + i) * width + h * size + c] = sum[c]!;
      }
    }
  }
};

/** Writes dQkv [N, 3*H*D]. */
export const attendGroupsGrad = (
  { rows, heads, span, size }: GroupShape,
  qkv: Float32Array,
  weights: Float32Array,
  dOut: Float32Array,
  dQkv: Float32Array,
) => {
  const width = heads * size;
  const room = () => new Float64Array(span * size);
  const [q, k, v, dy, dQ, dK, dV] = [room(), room(), room(), room(), room(), room(), room()];
  const gains = new Float64Array(span);
  const scale = 1 / Math.sqrt(size);
  for (let first = 0; first < rows; first += span) {
    for (let h = 0; h < heads; h++) {
      const at = first * 3 * width + h * size;
      take(qkv, at, 3 * width, span, size, q, scale);
      take(qkv, at + width, 3 * width, span, size, k, scale);
      take(qkv, at + 2 * width, 3 * width, span, size, v);
      take(dOut, first * width + h * size, width, span, size, dy);
      for (const sums of [dQ, dK, dV]) sums.fill(0);
      for (let i = 0; i < span; i++) {
        const own = ((first + i) * heads + h) * span;
        let delta = 0;
        for (let j = 0; j < span; j++) {
          let gain = 0;
          for (let c = 0; c < size; c++) gain += dy[i * size + c]! * v[j * size + c]!;
          gains[j] = gain;
          delta += weights[own + j]! * gain;
        }
        for (let j = 0; j < span; j++) {
          const weight = weights[own + j]!;
          const ds = weight * (gains[j]! - delta);
          for (let c = 0; c < size; c++) {
            dQ[i * size + c]! += ds * k[j * size + c]!;
            dK[j * size + c]! += ds * q[i * size + c]!;
            dV[j * size + c]! += weight * dy[i * size + c]!;
          }
        }
      }
      for (let r = 0; r < span; r++) {
        for (let c = 0; c < size; c++) {
          const to = at + r * 3 * width + c;
          dQkv[to] = dQ[r * size + c]!;
          dQkv[to + width] = dK[r * size + c]!;
          dQkv[to + 2 * width] = dV[r * size + c]!;
        }
      }
    }
  }
};
