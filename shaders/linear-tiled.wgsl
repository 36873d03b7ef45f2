// C [m, n] = op(A) op(B) (+ bias [n]) (+ residual [m, n]), op = transpose or not, all matrices row-major.
//
// The shape for real GPUs. One workgroup of WG x WG threads per tile of 4 WG x 4 WG results; A and B pass through
// workgroup memory in slabs of BK along k, neighbouring threads loading neighbouring elements; each thread keeps 4 x 4
// accumulators. Elements outside the matrices enter the slabs as 0; no value depends on robust buffer access.
//
// Injected by src/kernels/matmul.ts: WG is rewritten (16 for large results, 8 for small ones).
// Overrides: what linear-subgroup.wgsl has as `if (NAME)`; SOFTMAX_GRAD as there.
const WG = 16u;
const BK = 16u;
const TILE = 4u * WG;
const THREADS = WG * WG;
const PITCH = TILE + 4u; // keeps columns of the slab off one memory bank
override TRANS_A: bool = false;
override TRANS_B: bool = false;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;
override ACCUMULATE: bool = false;
override SOFTMAX_GRAD: bool = false;

struct Params { m: u32, n: u32, k: u32, aOffset: u32, bOffset: u32, cOffset: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

var<workgroup> slabA: array<f32, BK * PITCH>; // [k][m]
var<workgroup> slabB: array<f32, BK * PITCH>; // [k][n]

fn store(row: u32, col: u32, sum: f32) {
  if (row >= p.m || col >= p.n) { return; }
  let at = p.cOffset + row * p.n + col;
  var value = sum;
  if (SOFTMAX_GRAD) { value = -bias[3u * row + 2u] * exp((sum - bias[3u * row]) - bias[3u * row + 1u]); }
  if (HAS_BIAS) { value += bias[col]; }
  if (HAS_RESIDUAL) { value += residual[row * p.n + col]; }
  if (ACCUMULATE) { value += c[at]; }
  c[at] = value;
}

@compute @workgroup_size(WG, WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(local_invocation_id) lid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m0 = wid.y * TILE;
  let n0 = wid.x * TILE;
  var acc: array<vec4f, 4>; // registers
  for (var k0 = 0u; k0 < p.k; k0 += BK) {
    for (var e = thread; e < TILE * BK; e += THREADS) {
      var x = e / BK;
      var k = e % BK;
      if (TRANS_A) {
        x = e % TILE;
        k = e / TILE;
      }
      var value = 0f;
      if (m0 + x < p.m && k0 + k < p.k) {
        value = a[p.aOffset + select((m0 + x) * p.k + k0 + k, (k0 + k) * p.m + m0 + x, TRANS_A)];
      }
      slabA[k * PITCH + x] = value;
    }
    for (var e = thread; e < TILE * BK; e += THREADS) {
      var x = e % TILE;
      var k = e / TILE;
      if (TRANS_B) {
        x = e / BK;
        k = e % BK;
      }
      var value = 0f;
      if (n0 + x < p.n && k0 + k < p.k) {
        value = b[p.bOffset + select((k0 + k) * p.n + n0 + x, (n0 + x) * p.k + k0 + k, TRANS_B)];
      }
      slabB[k * PITCH + x] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < BK; k++) {
      let atB = k * PITCH + lid.x * 4u;
      let bk = vec4f(slabB[atB], slabB[atB + 1u], slabB[atB + 2u], slabB[atB + 3u]);
      for (var i = 0u; i < 4u; i++) { // unroll
        acc[i] += slabA[k * PITCH + lid.y * 4u + i] * bk;
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) { // unroll
    let row = m0 + lid.y * 4u + i;
    let col = n0 + lid.x * 4u;
    store(row, col, acc[i].x);
    store(row, col + 1u, acc[i].y);
    store(row, col + 2u, acc[i].z);
    store(row, col + 3u, acc[i].w);
  }
}
