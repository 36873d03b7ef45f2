// g[m] = dLogProb[m] + weight[m] dStepSum[step[m]]: the whole gradient of an entry's log-prob. Padding has step -1.
// One thread per entry.
struct Params { entries: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> dLogProb: array<f32>; // [M]
@group(0) @binding(1) var<storage, read> dStepSum: array<f32>; // [S]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [M]
@group(0) @binding(3) var<storage, read> step_: array<i32>; // [M]
@group(0) @binding(4) var<storage, read_write> g: array<f32>; // [M]
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.x + id.y * p.groups * 64u;
  if (m >= p.entries) { return; }
  var sum = dLogProb[m];
  if (step_[m] >= 0) { sum += weight[m] * dStepSum[step_[m]]; }
  g[m] = sum;
}
