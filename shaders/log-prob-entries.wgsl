// logProb[m] = logit(row[m], target[m]) - logSumExp[row[m]], and logSumExp itself.
// The logit is read from logits [R, V], or (FROM_HIDDEN) is the dot product of row row[m] of hidden [R, d] and row target[m]
// of head [V, d], plain or packed; `width` is V or d.
//
// One thread per entry, and one per row for logSumExp. `if (FROM_HIDDEN)` is resolved in the text, and packed-element.wgsl
// appended, by src/kernels/packed-shader.ts, which also sets PER, BLOCK and WORD.
const PER = 1u;
const BLOCK = 32u;
alias WORD = f32;

// Of a head that is too large for one binding, a dispatch sees rows from `begin` on and does the targets first to first + count.
struct Params { entries: u32, rows: u32, width: u32, groups: u32, first: u32, count: u32, begin: u32 }
@group(0) @binding(0) var<storage, read> values: array<f32>; // logits [R, V], or hidden [R, d]
@group(0) @binding(1) var<storage, read> words: array<WORD>; // head [V, d] when FROM_HIDDEN
@group(0) @binding(2) var<storage, read> scales: array<u32>; // of a packed head
@group(0) @binding(3) var<storage, read> row: array<i32>; // [M]
@group(0) @binding(4) var<storage, read> target_: array<i32>; // [M]
@group(0) @binding(5) var<storage, read> stats: array<f32>; // [R, 2]: max, log sum
@group(0) @binding(6) var<storage, read_write> logProb: array<f32>; // [M]
@group(0) @binding(7) var<storage, read_write> logSumExp: array<f32>; // [R]
@group(0) @binding(8) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i < p.rows) { logSumExp[i] = stats[2u * i] + stats[2u * i + 1u]; }
  if (i >= p.entries) { return; }
  let r = u32(row[i]);
  let v = u32(target_[i]);
  var logit = 0f;
  if (FROM_HIDDEN) {
    if (v < p.first || v - p.first >= p.count) { return; }
    for (var c = 0u; c < p.width; c++) { logit += values[r * p.width + c] * elementOf((v - p.begin) * p.width + c); }
  } else {
    logit = values[r * p.width + v];
  }
  logProb[i] = (logit - stats[2u * r]) - stats[2u * r + 1u];
}
