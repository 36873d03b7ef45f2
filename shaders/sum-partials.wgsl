// total[c] = sum over chunks of partial[chunk, c], in order. One thread per column.
struct Params { chunks: u32, width: u32 }

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.width) { return; }
  var sum = 0.0;
  for (var c = 0u; c < p.chunks; c++) { sum += partial[c * p.width + id.x]; }
  total[id.x] = sum;
}
