// Gradient of the divergence of kl-rows.wgsl by the logits of one side, for a chunk [rows, width] of the vocabulary, in place:
// FIRST: by a, p (log(p / q) - KL); else by b, q - p; with p = softmax(a), q = softmax(b). Times d[row].
// One thread per element.
// Overrides: FIRST.
override FIRST: bool = true;

struct Params { rows: u32, width: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> other: array<f32>; // [rows, width]: b when FIRST, else a
@group(0) @binding(1) var<storage, read> stats: array<f32>; // [rows, 5]: max a, sum of a, max b, sum of b, unused
@group(0) @binding(2) var<storage, read> divergence: array<f32>; // [rows]
@group(0) @binding(3) var<storage, read> d: array<f32>; // [rows]
@group(0) @binding(4) var<storage, read_write> own: array<f32>; // [rows, width]: logits, then their gradient
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i >= p.rows * p.width) { return; }
  let row = i / p.width;
  let logP = (select(other[i], own[i], FIRST) - stats[5u * row]) - log(stats[5u * row + 1u]);
  let logQ = (select(own[i], other[i], FIRST) - stats[5u * row + 2u]) - log(stats[5u * row + 3u]);
  if (FIRST) {
    own[i] = d[row] * exp(logP) * ((logP - logQ) - divergence[row]);
  } else {
    own[i] = d[row] * (exp(logQ) - exp(logP));
  }
}
