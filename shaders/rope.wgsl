// Rotary embedding, pairs (i, i + D/2) of each head turned by the angle whose cosine and sine the host has put into `table`
// (see src/kernels/rope-table.ts), a row [cosines | sines] per position.
// One thread per (row, pair), which turns that pair in every head. `direction` is 1, or -1 for the gradient.
struct Params { rows: u32, heads: u32, half: u32, direction: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> position: array<i32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.rows * p.half) { return; }
  let row = index / p.half;
  let i = index % p.half;
  let turn = u32(position[row]) * 2u * p.half + i;
  let c = table[turn];
  let s = table[turn + p.half] * p.direction;
  for (var h = 0u; h < p.heads; h++) {
    let at = (row * p.heads + h) * 2u * p.half + i;
    let a = x[at];
    let b = x[at + p.half];
    y[at] = a * c - b * s;
    y[at + p.half] = b * c + a * s;
  }
}
