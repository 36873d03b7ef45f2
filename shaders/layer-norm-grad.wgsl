// With g = dy * gain and z = (x - mean) * r:  dx = r * (g - mean(g) - z * mean(g z)),  dGain = sum over rows of dy * z,
// dBias = sum over rows of dy.
//
// The first `rowGroups` workgroups own rows and write dx, the rest own (chunk of rows, columns) and write partial sums:
// partial[chunk, 0..width) of dGain, partial[chunk, width..2 width) of dBias. sum-partials.wgsl adds them in order.
override LANES: u32 = 1u;

struct Params { rows: u32, width: u32, rowGroups: u32, chunk: u32, chunks: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gain: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@group(0) @binding(6) var<uniform> p: Params;

var<workgroup> shared_: array<vec2f, 64>;

fn writePartials(i: u32) {
  let column = i % p.width;
  let part = i / p.width;
  let first = part * p.chunk;
  var forGain = 0.0;
  var forBias = 0.0;
  for (var r = first; r < min(first + p.chunk, p.rows); r++) {
    let g = dy[r * p.width + column];
    forGain += g * ((x[r * p.width + column] - stats[2u * r]) * stats[2u * r + 1u]);
    forBias += g;
  }
  partial[2u * part * p.width + column] = forGain;
  partial[(2u * part + 1u) * p.width + column] = forBias;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.rowGroups) {
    let i = (index - p.rowGroups) * 64u + thread;
    if (i < p.chunks * p.width) { writePartials(i); }
    return;
  }
  let row = index * (64u / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = row * p.width;
  var mean = 0.0;
  var r = 0.0;
  var sums = vec2f(0.0); // of g and of g z
  if (row < p.rows) {
    mean = stats[2u * row];
    r = stats[2u * row + 1u];
    for (var c = lane; c < p.width; c += LANES) {
      let g = dy[start + c] * gain[c];
      sums += vec2f(g, g * ((x[start + c] - mean) * r));
    }
  }
  if (LANES > 1u) {
    shared_[thread] = sums;
    workgroupBarrier();
    sums = vec2f(0.0);
    for (var i = 0u; i < LANES; i++) { sums += shared_[thread - lane + i]; }
  }
  if (row >= p.rows) { return; }
  let means = sums / f32(p.width);
  for (var c = lane; c < p.width; c += LANES) {
    let z = (x[start + c] - mean) * r;
    dx[start + c] = r * (dy[start + c] * gain[c] - means.x - z * means.y);
  }
}
