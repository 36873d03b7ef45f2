// cache[index[i],:] = rows[i,:], in place. One thread per element; rows outside the cache are left out.
struct Params { rows: u32, width: u32, capacity: u32 }

@group(0) @binding(0) var<storage, read> rows: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> cache: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.rows * p.width) { return; }
  let at = index[i / p.width];
  if (at < 0 || u32(at) >= p.capacity) { return; }
  cache[u32(at) * p.width + i % p.width] = rows[i];
}
