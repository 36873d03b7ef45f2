// dX = dy * s * (1 + x * (1 - s)),  s = 1 / (1 + exp(-x))
struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  let e = exp(min(-x[i], 88.0));
  let s = 1.0 / (1.0 + e);
  dX[i] = dy[i] * s * (1.0 + x[i] * (e * s)); // e * s = 1 - s without cancellation
}
