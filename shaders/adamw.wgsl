// AdamW (Loshchilov and Hutter, 2019, arXiv 1711.05101) as PyTorch computes it, over all parameters laid end to end:
//   g' = g * min(1, maxNorm / (norm + 1e-6))              when maxNorm > 0
//   p  = p * (1 - rate * decay)                            where the parameter decays
//   m  = m + (1 - beta1) (g' - m),  v = beta2 v + (1 - beta2) g'^2
//   p  = p - rate / correction1 * m / (sqrt(v) / rootCorrection2 + eps)
// A norm that is not finite writes nothing, so that the last good state stays.
struct Params {
  size: u32,
  rate: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  eps: f32,
  decay: f32,
  maxNorm: f32,
  stepSize: f32, // rate / (1 - beta1^step)
  rootCorrection2: f32, // sqrt(1 - beta2^step)
}

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> decays: array<i32>; // per block of 64
@group(0) @binding(3) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(4) var<storage, read_write> first: array<f32>;
@group(0) @binding(5) var<storage, read_write> second: array<f32>;
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let block = group.x + group.y * groups.x;
  let i = block * 64u + thread;
  if (i >= p.size || (bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
  var g = gradient[i];
  if (p.maxNorm > 0.0) { g *= min(1.0, p.maxNorm / (norm[0] + 1e-6)); }
  var w = parameter[i];
  if (decays[block] != 0) { w *= 1.0 - p.rate * p.decay; }
  let m = first[i] + p.oneMinusBeta1 * (g - first[i]);
  let v = p.beta2 * second[i] + p.oneMinusBeta2 * g * g;
  first[i] = m;
  second[i] = v;
  parameter[i] = w - p.stepSize * m / (sqrt(v) / p.rootCorrection2 + p.eps);
}
