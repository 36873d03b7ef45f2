// Gradient of squares-rows.wgsl by the logits, for a chunk [rows, width] of the vocabulary, in place: 2 (p^2 / sum p^2 - p), times
// d[row]. One thread per element.
struct Params { rows: u32, width: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> stats: array<f32>; // [rows, 3]: max, sum, sum of squares
@group(0) @binding(1) var<storage, read> d: array<f32>; // [rows]
@group(0) @binding(2) var<storage, read_write> logits: array<f32>; // [rows, width]: logits, then their gradient
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i >= p.rows * p.width) { return; }
  let row = i / p.width;
  let e = exp(logits[i] - stats[3u * row]);
  logits[i] = 2f * d[row] * (e * e / stats[3u * row + 2u] - e / stats[3u * row + 1u]);
}
