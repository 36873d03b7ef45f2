// C [m, n] = s sum over splits of parts [splits, m, n] (+ bias [n]) (+ residual [m, n]), in the order of the splits: the second half of a
// product that linear-vector.wgsl shared out along k. One thread per result.
struct Params { size: u32, n: u32, splits: u32, cOffset: u32, scale: f32, groups: u32 }
@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.x + wid.y * p.groups) * 64u + thread;
  if (i >= p.size) { return; }
  var total = 0.0;
  for (var split = 0u; split < p.splits; split++) { total += parts[split * p.size + i]; }
  var value = total * p.scale;
  if (HAS_BIAS) { value += bias[i % p.n]; }
  if (HAS_RESIDUAL) { value += residual[i]; }
  if (ACCUMULATE) { value += c[p.cOffset + i]; }
  c[p.cOffset + i] = value;
}
