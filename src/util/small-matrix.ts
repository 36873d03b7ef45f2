/** Plain linear algebra in float64 for matrices of a few dozen columns. */
export interface Matrix {
  rows: number;
  cols: number;
  /** Row-major. */
  data: Float64Array;
}

export const transpose = ({ rows, cols, data }: Matrix): Matrix => {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j]!;
  return { rows: cols, cols: rows, data: out };
};

export const matmul = (a: Matrix, b: Matrix): Matrix => {
  const data = new Float64Array(a.rows * b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.cols; k++) {
      const x = a.data[i * a.cols + k]!;
      for (let j = 0; j < b.cols; j++) data[i * b.cols + j]! += x * b.data[k * b.cols + j]!;
    }
  }
  return { rows: a.rows, cols: b.cols, data };
};

/**
 * a = q r by Gram-Schmidt, done twice for columns that are nearly alike. A column that depends on those before it gives a
 * zero column of q.
 */
export const thinQr = (a: Matrix): { q: Matrix; r: Matrix } => {
  const { rows, cols } = a;
  const q: Matrix = { rows, cols, data: a.data.slice() };
  const r: Matrix = { rows: cols, cols, data: new Float64Array(cols * cols) };
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let x = 0; x < rows; x++) sum += q.data[x * cols + i]! * q.data[x * cols + j]!;
    return sum;
  };
  for (let j = 0; j < cols; j++) {
    const before = Math.sqrt(dot(j, j));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < j; i++) {
        const along = dot(i, j);
        r.data[i * cols + j]! += along;
        for (let x = 0; x < rows; x++) q.data[x * cols + j]! -= along * q.data[x * cols + i]!;
      }
    }
    const norm = Math.sqrt(dot(j, j));
    const independent = norm > 1e-12 * before;
    r.data[j * cols + j] = independent ? norm : 0;
    for (let x = 0; x < rows; x++) q.data[x * cols + j] = independent ? q.data[x * cols + j]! / norm : 0;
  }
  return { q, r };
};

/**
 * a = u diag(s) v^T by one-sided Jacobi rotations; s falls.
 * @param a square
 */
export const svd = (a: Matrix): { u: Matrix; s: Float64Array; v: Matrix } => {
  const n = a.cols;
  const w: Matrix = { ...a, data: a.data.slice() }; // u diag(s), in the end
  const v: Matrix = { rows: n, cols: n, data: new Float64Array(n * n) };
  for (let i = 0; i < n; i++) v.data[i * n + i] = 1;
  const rotate = ({ rows, data }: Matrix, i: number, j: number, c: number, s: number) => {
    for (let x = 0; x < rows; x++) {
      const [p, q] = [data[x * n + i]!, data[x * n + j]!];
      data[x * n + i] = c * p - s * q;
      data[x * n + j] = s * p + c * q;
    }
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let largest = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        let [ii, jj, ij] = [0, 0, 0];
        for (let x = 0; x < a.rows; x++) {
          const [p, q] = [w.data[x * n + i]!, w.data[x * n + j]!];
          ii += p * p;
          jj += q * q;
          ij += p * q;
        }
        if (ij === 0) continue;
        largest = Math.max(largest, Math.abs(ij) / Math.sqrt(ii * jj));
        const zeta = (jj - ii) / (2 * ij);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(w, i, j, c, c * t);
        rotate(v, i, j, c, c * t);
      }
    }
    if (largest < 1e-14) break;
  }
  const norms = Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let x = 0; x < a.rows; x++) sum += w.data[x * n + j]! ** 2;
    return Math.sqrt(sum);
  });
  const order = [...norms.keys()].sort((i, j) => norms[j]! - norms[i]! || i - j);
  const columns = (m: Matrix, scale: (j: number) => number): Matrix => {
    const data = new Float64Array(m.data.length);
    order.forEach((from, to) => {
      for (let x = 0; x < m.rows; x++) data[x * n + to] = m.data[x * n + from]! * scale(from);
    });
    return { ...m, data };
  };
  return {
    u: columns(w, (j) => (norms[j]! > 0 ? 1 / norms[j]! : 0)),
    s: Float64Array.from(order, (j) => norms[j]!),
    v: columns(v, () => 1),
  };
};
