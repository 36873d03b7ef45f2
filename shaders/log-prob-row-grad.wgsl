// Per row r, what the softmax part of the gradient needs: dlogit(r, v) = -coef p(r, v) + (g of the entries at (r, v)), with
// coef = (sum of g over the row's entries) - dLogSumExp[r], p = exp(logit - max - logSum).
// One thread per row; the sum runs in the order of rowEntries.
struct Params { rows: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> g: array<f32>; // [M]
@group(0) @binding(1) var<storage, read> dLogSumExp: array<f32>; // [R]
@group(0) @binding(2) var<storage, read> stats: array<f32>; // [R, 2]: max, log sum
@group(0) @binding(3) var<storage, read> rowStart: array<i32>; // [R + 1]
@group(0) @binding(4) var<storage, read> rowEntries: array<i32>; // [M]
@group(0) @binding(5) var<storage, read_write> coef: array<f32>; // [R, 3]: max, log sum, coef
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = id.x + id.y * p.groups * 64u;
  if (r >= p.rows) { return; }
  var sum = 0f;
  for (var i = rowStart[r]; i < rowStart[r + 1u]; i++) { sum += g[rowEntries[i]]; }
  coef[3u * r] = stats[2u * r];
  coef[3u * r + 1u] = stats[2u * r + 1u];
  coef[3u * r + 2u] = sum - dLogSumExp[r];
}
