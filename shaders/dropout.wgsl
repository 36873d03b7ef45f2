// y = x / (1 - rate) where kept, and 0 elsewhere; element i is kept when hash(hash(i) ^ seed) >= limit, limit = rate * 2^32,
// so that the mask follows from the seed and is never stored. The hash is "lowbias32" (C. Wellons, 2018), a bijection of u32;
// src/kernels/dropout.ts has the same in JavaScript. `seed` comes hashed. One thread per element.
struct Params { size: u32, seed: u32, limit: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

fn hash(key: u32) -> u32 {
  var h = key;
  h = (h ^ (h >> 16u)) * 0x7feb352du;
  h = (h ^ (h >> 15u)) * 0x846ca68bu;
  return h ^ (h >> 16u);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  y[i] = select(0f, x[i] * p.scale, hash(hash(i) ^ p.seed) >= p.limit);
}
