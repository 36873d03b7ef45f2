// out[n] = source[r] where rows[r] = n, and 0 where no r has it. rows [R] ascends, each value once, so the r of an n is
// found by bisection and each element is written once. One thread per element of out.
struct Params { size: u32, rows: u32, width: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> source: array<f32>; // [R, width]
@group(0) @binding(1) var<storage, read> rows: array<i32>; // [R]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [size, width]
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * p.groups * 64u;
  if (i >= p.size * p.width) { return; }
  let n = i32(i / p.width);
  var low = 0u;
  var high = p.rows;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (rows[middle] < n) { low = middle + 1u; } else { high = middle; }
  }
  var value = 0f;
  if (low < p.rows && rows[low] == n) { value = source[low * p.width + i % p.width]; }
  out[i] = value;
}
