// C [m, n] = s (A op(B) + A2 op(B2)) (+ bias [n]) (+ residual [m, n]) for few rows: A [m, k], m at most ROWS, B [n, k].
//
// For sampling on real GPUs, where a product of one row is as fast as B is read. One workgroup of COLUMNS x LANES threads per
// COLUMNS results of each row: LANES threads share a row of B, a quad each in turn, and their sums are added in a fixed order. Rows
// of A are read again from the cache by every workgroup. Widths are multiples of four, as in linear-vector.wgsl.
//
// Injected by src/kernels/matmul.ts: ROWS; the layout of B.
const ROWS = 1u;
const LANES = 16u;
const COLUMNS = 8u;
const THREADS = COLUMNS * LANES;
const SUMS = ROWS * COLUMNS * LANES;
const BLOCK = 32u;

var<workgroup> sums: array<f32, SUMS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % LANES;
  let n0 = (p.firstColumn + wid.x) * COLUMNS;
  let column = min(n0 + thread / LANES, p.n - 1u);
  var acc: array<f32, ROWS>; // registers
  let begin = (p.bOffset + column * p.k) / 4u;
  for (var quad = lane; quad < p.k / 4u; quad += LANES) {
    let bv = quadOf(begin + quad);
    for (var r = 0u; r < ROWS; r++) { // unroll
      acc[r] += dot(a[(p.aOffset + min(r, p.m - 1u) * p.k) / 4u + quad], bv);
    }
  }
  if (SECOND) {
    for (var quad = lane; quad < p.k2 / 4u; quad += LANES) {
      let bv = b2[column * p.k2 / 4u + quad];
      for (var r = 0u; r < ROWS; r++) { // unroll
        acc[r] += dot(a2[min(r, p.m - 1u) * p.k2 / 4u + quad], bv);
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) { // unroll
    sums[r * THREADS + thread] = acc[r];
  }
  workgroupBarrier();
  if (thread >= ROWS * COLUMNS) { return; }
  let row = thread / COLUMNS;
  let col = n0 + thread % COLUMNS;
  var total = 0.0;
  for (var l = 0u; l < LANES; l++) { total += sums[thread * LANES + l]; }
  store(row, col, total);
}
