// out[n,c] = x[n,c] + gate[b,c] * y[n,c],  b = n / span;  gate is columns at.. of `modulation`
struct Params { size: u32, width: u32, span: u32, stride: u32, at: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> modulation: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  let gate = modulation[i / p.width / p.span * p.stride + p.at + i % p.width];
  sum[i] = x[i] + gate * y[i];
}
