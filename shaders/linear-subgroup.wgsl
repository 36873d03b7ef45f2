// C [m, n] = op(A) op(B) (+ bias [n]) (+ residual [m, n]), op = transpose or not, all matrices row-major.
//
// One workgroup of 4 threads per tile of TM rows x (4 threads x TN vec4 columns). No barrier, no workgroup memory: each
// thread keeps TM x TN vec4 accumulators in registers. Of A each thread of a quad loads a different part and shares it
// by subgroupBroadcast: with A [m, k] its own row, with A^T (stored [k, m]) its own k. Broadcast ids stay below 4, the
// smallest subgroup WebGPU allows, and every thread of the workgroup works on the same rows, so any subgroup size is right.
//
// Rows and columns past the edge read the last valid one and are never stored; k past the last multiple of 4 runs in a
// scalar loop of its own. No value depends on robust buffer access.
//
// Injected by src/kernels/matmul.ts: TM and TN are rewritten, loops marked `unroll` are unrolled and arrays marked
// `registers` become single variables (a software adapter keeps indexed arrays in memory); where the contiguous dimensions
// and the offsets are multiples of 4, a and b become array<vec4f> (see the lines marked `vec4`).
// `if (TRANS_A)`, `if (TRANS_B)` and `if (TAIL)` are resolved in the text, which spares the compiler the other branch.
// Overrides: TRANS_A, TRANS_B, HAS_BIAS, HAS_RESIDUAL, ACCUMULATE (C += instead of C =), SOFTMAX_GRAD.
// SOFTMAX_GRAD: C = -coef exp(value - max - logSum), `bias` holding (max, logSum, coef) for each row, [m, 3].
enable subgroups;

const TM = 16u;
const TN = 2u;
override TRANS_A: bool = false;
override TRANS_B: bool = false;
override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;
override ACCUMULATE: bool = false;
override SOFTMAX_GRAD: bool = false;
const TAIL = true; // k may be no multiple of 4

struct Params { m: u32, n: u32, k: u32, aOffset: u32, bOffset: u32, cOffset: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>; // vec4
@group(0) @binding(1) var<storage, read> b: array<f32>; // vec4
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

// Four values along the contiguous dimension from element i; `left` of them are inside the row, at least one.
fn a4(i: u32, left: u32) -> vec4f { return vec4f(a[i], a[i + min(1u, left - 1u)], a[i + min(2u, left - 1u)], a[i + min(3u, left - 1u)]); } // vec4
fn b4(i: u32, left: u32) -> vec4f { return vec4f(b[i], b[i + min(1u, left - 1u)], b[i + min(2u, left - 1u)], b[i + min(3u, left - 1u)]); } // vec4
fn a1(i: u32) -> f32 { return a[i]; } // vec4
fn b1(i: u32) -> f32 { return b[i]; } // vec4

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
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let part = lane & 3u;
  let m0 = wid.y * TM;
  let n0 = wid.x * (16u * TN) + thread * 4u;

  var aBase: array<u32, TM / 4u>; // registers
  var aLeft: array<u32, TM / 4u>; // registers
  for (var i = 0u; i < TM / 4u; i++) { // unroll
    if (TRANS_A) {
      let m = min(m0 + 4u * i, (p.m - 1u) & ~3u);
      aBase[i] = p.aOffset + part * p.m + m;
      aLeft[i] = p.m - m;
    } else {
      aBase[i] = p.aOffset + min(m0 + 4u * i + part, p.m - 1u) * p.k;
      aLeft[i] = 4u;
    }
  }
  var bCol: array<u32, TN>; // registers
  for (var j = 0u; j < TN; j++) { // unroll
    bCol[j] = min(n0 + 16u * j, (p.n - 1u) & ~3u);
  }

  var acc: array<array<vec4f, TN>, TM>; // registers
  var k = 0u;
  for (; k + 4u <= p.k; k += 4u) {
    var av: array<vec4f, TM / 4u>; // registers
    for (var i = 0u; i < TM / 4u; i++) { // unroll
      av[i] = a4(aBase[i] + select(k, k * p.m, TRANS_A), aLeft[i]);
    }
    for (var j = 0u; j < TN; j++) { // unroll
      var b0: vec4f;
      var b1: vec4f;
      var b2: vec4f;
      var b3: vec4f;
      let col = bCol[j];
      let left = p.n - col;
      if (TRANS_B) {
        let at = p.bOffset + col * p.k + k;
        let r0 = b4(at, 4u);
        let r1 = b4(at + min(1u, left - 1u) * p.k, 4u);
        let r2 = b4(at + min(2u, left - 1u) * p.k, 4u);
        let r3 = b4(at + min(3u, left - 1u) * p.k, 4u);
        b0 = vec4f(r0.x, r1.x, r2.x, r3.x);
        b1 = vec4f(r0.y, r1.y, r2.y, r3.y);
        b2 = vec4f(r0.z, r1.z, r2.z, r3.z);
        b3 = vec4f(r0.w, r1.w, r2.w, r3.w);
      } else {
        let at = p.bOffset + k * p.n + col;
        b0 = b4(at, left);
        b1 = b4(at + p.n, left);
        b2 = b4(at + 2u * p.n, left);
        b3 = b4(at + 3u * p.n, left);
      }
      for (var i = 0u; i < TM; i++) { // unroll
        if (TRANS_A) {
          acc[i][j] += subgroupBroadcast(av[i / 4u][i % 4u], 0u) * b0;
          acc[i][j] += subgroupBroadcast(av[i / 4u][i % 4u], 1u) * b1;
          acc[i][j] += subgroupBroadcast(av[i / 4u][i % 4u], 2u) * b2;
          acc[i][j] += subgroupBroadcast(av[i / 4u][i % 4u], 3u) * b3;
        } else {
          acc[i][j] += subgroupBroadcast(av[i / 4u].x, i % 4u) * b0;
          acc[i][j] += subgroupBroadcast(av[i / 4u].y, i % 4u) * b1;
          acc[i][j] += subgroupBroadcast(av[i / 4u].z, i % 4u) * b2;
          acc[i][j] += subgroupBroadcast(av[i / 4u].w, i % 4u) * b3;
        }
      }
    }
  }
  if (TAIL) {
    for (; k < p.k; k++) {
      for (var j = 0u; j < TN; j++) { // unroll
        let col = bCol[j];
        let left = p.n - col;
        var bk: vec4f;
        if (TRANS_B) {
          let at = p.bOffset + col * p.k + k;
          bk = vec4f(b1(at), b1(at + min(1u, left - 1u) * p.k), b1(at + min(2u, left - 1u) * p.k), b1(at + min(3u, left - 1u) * p.k));
        } else {
          bk = b4(p.bOffset + k * p.n + col, left);
        }
        for (var i = 0u; i < TM; i++) { // unroll
          let row = min(m0 + i, p.m - 1u);
          acc[i][j] += a1(p.aOffset + select(row * p.k + k, k * p.m + row, TRANS_A)) * bk;
        }
      }
    }
  }

  for (var i = 0u; i < TM; i++) { // unroll
    for (var j = 0u; j < TN; j++) { // unroll
      store(m0 + i, n0 + 16u * j, acc[i][j].x);
      store(m0 + i, n0 + 16u * j + 1u, acc[i][j].y);
      store(m0 + i, n0 + 16u * j + 2u, acc[i][j].z);
      store(m0 + i, n0 + 16u * j + 3u, acc[i][j].w);
    }
  }
}
