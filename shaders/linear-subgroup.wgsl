// C [m, n] = op(A) op(B) (+ bias [n]) (+ residual [m, n]), op = transpose or not, all matrices row-major.
//
// The shape for software adapters. One workgroup of 4 threads per tile of TM rows x (TN vec4 x 4 threads) columns; the
// threads' columns lie next to each other, so that one load fetches four neighbours. No barrier, no workgroup memory:
// each thread keeps TM x TN vec4 accumulators. Of A each thread of a quad loads a different part (its own k, or with
// A^T its own row) and shares it by subgroupBroadcast. Broadcast ids stay below 4, the smallest subgroup WebGPU allows,
// and every thread of the workgroup works on the same rows, so any subgroup size is right.
//
// Rows and columns past the edge read the last valid one and are never stored; k past the last multiple of 4 runs in a
// scalar loop of its own. No value depends on robust buffer access.
//
// Injected by src/kernels/matmul.ts: TM is rewritten and loops and arrays are prepared by unroll.ts. Each k-step ends in
// one addition per accumulator: writing a variable costs a software adapter more than several products.
// `if (NAME)` is resolved in the text, which spares the compiler the other branch: TRANS_A, TRANS_B, HAS_BIAS,
// HAS_RESIDUAL, ACCUMULATE (C += instead of C =), SOFTMAX_GRAD, TAIL (k is no multiple of 4).
// SOFTMAX_GRAD: C = -coef exp(value - max - logSum), `bias` holding (max, logSum, coef) for each row, [m, 3].
enable subgroups;

const TM = 16u;
const TN = 2u;
const TRANS_A = false;
const TRANS_B = false;
const HAS_BIAS = false;
const HAS_RESIDUAL = false;
const ACCUMULATE = false;
const SOFTMAX_GRAD = false;
const TAIL = true;

struct Params { m: u32, n: u32, k: u32, aOffset: u32, bOffset: u32, cOffset: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

fn b4(i: u32) -> vec4f { return vec4f(b[i], b[i + 1u], b[i + 2u], b[i + 3u]); }
fn b4At(i: vec4u) -> vec4f { return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]); }

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

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let m0 = wid.y * TM;
  let n0 = wid.x * (16u * TN) + lane;

  var aAt: array<u32, TM>; // once
  for (var i = 0u; i < TM; i++) { // unroll flat
    if (TRANS_A) {
      aAt[i] = p.aOffset + i % 4u * p.m + min(m0 + i / 4u * 4u + lane, p.m - 1u);
    } else {
      aAt[i] = p.aOffset + min(m0 + i, p.m - 1u) * p.k + lane;
    }
  }
  var bAt: array<vec4u, TN>; // once
  for (var j = 0u; j < TN; j++) { // unroll flat
    bAt[j] = min(n0 + 16u * j + vec4u(0u, 4u, 8u, 12u), vec4u(p.n - 1u));
  }

  var acc: array<array<vec4f, TN>, TM>; // registers
  var k = 0u;
  for (; k + 4u <= p.k; k += 4u) {
    var av: array<f32, TM>; // once
    for (var i = 0u; i < TM; i++) { // unroll flat
      if (TRANS_A) {
        av[i] = a[aAt[i] + k * p.m];
      } else {
        av[i] = a[aAt[i] + k];
      }
    }
    var row: array<vec4f, TM>; // once
    for (var i = 0u; i < TM; i++) { // unroll flat
      if (TRANS_A) {
        row[i] = vec4f(
          subgroupBroadcast(av[i / 4u * 4u], i % 4u),
          subgroupBroadcast(av[i / 4u * 4u + 1u], i % 4u),
          subgroupBroadcast(av[i / 4u * 4u + 2u], i % 4u),
          subgroupBroadcast(av[i / 4u * 4u + 3u], i % 4u),
        );
      } else {
        row[i] = vec4f(
          subgroupBroadcast(av[i], 0u),
          subgroupBroadcast(av[i], 1u),
          subgroupBroadcast(av[i], 2u),
          subgroupBroadcast(av[i], 3u),
        );
      }
    }
    for (var j = 0u; j < TN; j++) { // unroll
      if (TRANS_B) {
        let at = p.bOffset + bAt[j] * p.k + k;
        let c0 = b4(at.x);
        let c1 = b4(at.y);
        let c2 = b4(at.z);
        let c3 = b4(at.w);
        let b0 = vec4f(c0.x, c1.x, c2.x, c3.x);
        let b1 = vec4f(c0.y, c1.y, c2.y, c3.y);
        let b2 = vec4f(c0.z, c1.z, c2.z, c3.z);
        let b3 = vec4f(c0.w, c1.w, c2.w, c3.w);
      } else {
        let at = p.bOffset + bAt[j] + k * p.n;
        let b0 = b4At(at);
        let b1 = b4At(at + p.n);
        let b2 = b4At(at + 2u * p.n);
        let b3 = b4At(at + 3u * p.n);
      }
      for (var i = 0u; i < TM; i++) { // unroll
        acc[i][j] = fma(vec4f(row[i].x), b0, fma(vec4f(row[i].y), b1, fma(vec4f(row[i].z), b2, fma(vec4f(row[i].w), b3, acc[i][j]))));
      }
    }
  }
  if (TAIL) {
    for (; k < p.k; k++) {
      for (var j = 0u; j < TN; j++) { // unroll
        let bk = b4At(p.bOffset + select(bAt[j] + k * p.n, bAt[j] * p.k + k, TRANS_B));
        for (var i = 0u; i < TM; i++) { // unroll
          let m = min(m0 + i, p.m - 1u);
          acc[i][j] += a[p.aOffset + select(m * p.k + k, k * p.m + m, TRANS_A)] * bk;
        }
      }
    }
  }

  for (var i = 0u; i < TM; i++) { // unroll
    for (var j = 0u; j < TN; j++) { // unroll
      store(m0 + i, n0 + 16u * j, acc[i][j].x);
      store(m0 + i, n0 + 16u * j + 4u, acc[i][j].y);
      store(m0 + i, n0 + 16u * j + 8u, acc[i][j].z);
      store(m0 + i, n0 + 16u * j + 12u, acc[i][j].w);
    }
  }
}
