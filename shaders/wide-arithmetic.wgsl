// y = a + b, or y = a * b with b a single number: a stretch of tensors that are too large for one binding, which the tensor
// library's own kernels would bind whole. One thread per element.
struct Params { size: u32, groups: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn add(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i < p.size) { y[i] = a[i] + b[i]; }
}

@compute @workgroup_size(64)
fn scale(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i < p.size) { y[i] = a[i] * b[0]; }
}
