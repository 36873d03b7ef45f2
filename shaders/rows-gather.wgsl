// out[r] = source[rows[r]], r < R. One thread per element.
struct Params { rows: u32, width: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> source: array<f32>; // [N, width]
@group(0) @binding(1) var<storage, read> rows: array<i32>; // [R]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [R, width]
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i >= p.rows * p.width) { return; }
  out[i] = source[u32(rows[i / p.width]) * p.width + i % p.width];
}
