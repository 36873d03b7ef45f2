// stepSum[s] = sum of weight[m] logProb[m] over the step's entries m in [stepStart[s], stepStart[s + 1]), in that order.
// One thread per step.
struct Params { steps: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> logProb: array<f32>; // [M]
@group(0) @binding(1) var<storage, read> weight: array<f32>; // [M]
@group(0) @binding(2) var<storage, read> stepStart: array<i32>; // [S + 1]
@group(0) @binding(3) var<storage, read_write> stepSum: array<f32>; // [S]
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let s = id.x + id.y * p.groups * 64u;
  if (s >= p.steps) { return; }
  var sum = 0f;
  for (var m = stepStart[s]; m < stepStart[s + 1u]; m++) { sum += weight[m] * logProb[m]; }
  stepSum[s] = sum;
}
