// With g = dy * weight:  dx = r * (g - x * r^2 * mean(g * x)),  dWeight = sum over rows of dy * x * r.
//
// `main` does both: the first `rowGroups` workgroups own rows and write dx, the rest own (chunk of rows, columns) and
// write partial sums of dWeight. `finish` adds the partial sums in order, so that the bits repeat.
override LANES: u32 = 1u;

struct Params { rows: u32, width: u32, rowGroups: u32, chunk: u32, chunks: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> rootInverse: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@group(0) @binding(6) var<uniform> p: Params;

var<workgroup> shared_: array<f32, 64>;

fn weightPartial(i: u32) -> f32 {
  let column = i % p.width;
  let first = (i / p.width) * p.chunk;
  var total = 0.0;
  for (var r = first; r < min(first + p.chunk, p.rows); r++) {
    total += dy[r * p.width + column] * (x[r * p.width + column] * rootInverse[r]);
  }
  return total;
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
    if (i < p.chunks * p.width) { partial[i] = weightPartial(i); }
    return;
  }
  let row = index * (64u / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = row * p.width;
  var dot_ = 0.0;
  if (row < p.rows) {
    for (var c = lane; c < p.width; c += LANES) { dot_ += dy[start + c] * weight[c] * x[start + c]; }
  }
  if (LANES > 1u) {
    shared_[thread] = dot_;
    workgroupBarrier();
    dot_ = 0.0;
    for (var i = 0u; i < LANES; i++) { dot_ += shared_[thread - lane + i]; }
  }
  if (row >= p.rows) { return; }
  let r = rootInverse[row];
  let mean = dot_ * r * r / f32(p.width);
  for (var c = lane; c < p.width; c += LANES) {
    dx[start + c] = r * (dy[start + c] * weight[c] - x[start + c] * mean);
  }
}
