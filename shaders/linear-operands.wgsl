// Appended to kernels of matrix products by src/kernels/matmul.ts: what they read and write, and how a result is stored.
//
// C = s total (+ bias [n]) (+ residual [m, n]), or with ACCUMULATE that added to C. SOFTMAX_GRAD: C = -coef exp(s total - max - logSum),
// `bias` holding (max, logSum, coef) for each row, [m, 3].
alias WORD = f32; // of B, as its reader (packed-element.wgsl, packed-quad.wgsl) takes it
alias OPERAND = f32; // of A, A2 and B2: vec4f where they are read a quad at a time

// firstRow, firstColumn: the tiles that a dispatch of a part of C begins at; per: slabs along k of a workgroup where k is shared out.
// Offsets wrap around, so that B may begin before its buffer.
struct Params {
  m: u32, n: u32, k: u32, k2: u32, aOffset: u32, bOffset: u32, cOffset: u32, scale: f32, firstRow: u32, firstColumn: u32, per: u32,
}
@group(0) @binding(0) var<storage, read> a: array<OPERAND>;
@group(0) @binding(1) var<storage, read> words: array<WORD>; // B
@group(0) @binding(2) var<storage, read> scales: array<u32>; // of B, when SCALED
@group(0) @binding(3) var<storage, read> a2: array<OPERAND>; // [m, k2]
@group(0) @binding(4) var<storage, read> b2: array<OPERAND>; // [n, k2] when TRANS_B, else [k2, n]
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read> residual: array<f32>;
@group(0) @binding(7) var<storage, read_write> c: array<f32>;
@group(0) @binding(8) var<uniform> p: Params;

fn store(row: u32, col: u32, total: f32) {
  if (row >= p.m || col >= p.n) { return; }
  let at = p.cOffset + row * p.n + col;
  let sum = total * p.scale;
  var value = sum;
  if (SOFTMAX_GRAD) { value = -bias[3u * row + 2u] * exp((sum - bias[3u * row]) - bias[3u * row + 1u]); }
  if (HAS_BIAS) { value += bias[col]; }
  if (HAS_RESIDUAL) { value += residual[row * p.n + col]; }
  if (ACCUMULATE) { value += c[at]; }
  c[at] = value;
}
