// dGate = dy * up * s * (1 + gate * (1 - s)),  dUp = dy * gate * s,  s = 1 / (1 + exp(-gate))
struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> gate: array<f32>;
@group(0) @binding(1) var<storage, read> up: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dGate: array<f32>;
@group(0) @binding(4) var<storage, read_write> dUp: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  let g = gate[i];
  let e = exp(min(-g, 88.0));
  let s = 1.0 / (1.0 + e);
  dGate[i] = dy[i] * up[i] * s * (1.0 + g * (e * s)); // e * s = 1 - s without cancellation
  dUp[i] = dy[i] * g * s;
}
