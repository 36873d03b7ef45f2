// out[r] = sum over k in [start[r], start[r + 1]) of factor[k] values[index[k]], in that order. One thread per row.
struct Params { rows: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> values: array<f32>; // [width]
@group(0) @binding(1) var<storage, read> start: array<i32>; // [rows + 1]
@group(0) @binding(2) var<storage, read> index: array<i32>; // [K]
@group(0) @binding(3) var<storage, read> factor: array<f32>; // [K]
@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [rows]
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = id.x + id.y * p.groups * 64u;
  if (r >= p.rows) { return; }
  var sum = 0f;
  for (var k = start[r]; k < start[r + 1u]; k++) { sum += factor[k] * values[index[k]]; }
  out[r] = sum;
}
