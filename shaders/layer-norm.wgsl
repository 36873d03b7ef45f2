// y[n,:] = gain * (x[n,:] - mean[n]) * r[n] + bias,  r[n] = 1 / sqrt(var(x[n,:]) + eps);  stats[n] = (mean, r)
//
// The variance is that of the rows' distances from their mean, in a second pass, so that a large mean costs no digits.
// LANES threads share a row, as in rms-norm.wgsl.
override LANES: u32 = 1u;

struct Params { rows: u32, width: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gain: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

var<workgroup> shared_: array<f32, 128>; // one half for each sum, so that no thread overwrites what another still reads

fn sumOfLanes(value: f32, thread: u32, lane: u32, half: u32) -> f32 {
  if (LANES == 1u) { return value; }
  shared_[half * 64u + thread] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) { sum += shared_[half * 64u + thread - lane + i]; }
  return sum;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.x + group.y * groups.x) * (64u / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = row * p.width;
  var sum = 0.0;
  if (row < p.rows) {
    for (var c = lane; c < p.width; c += LANES) { sum += x[start + c]; }
  }
  let mean = sumOfLanes(sum, thread, lane, 0u) / f32(p.width);
  var squares = 0.0;
  if (row < p.rows) {
    for (var c = lane; c < p.width; c += LANES) {
      let v = x[start + c] - mean;
      squares += v * v;
    }
  }
  let r = 1.0 / sqrt(sumOfLanes(squares, thread, lane, 1u) / f32(p.width) + p.eps);
  if (row >= p.rows) { return; }
  if (lane == 0u) {
    stats[2u * row] = mean;
    stats[2u * row + 1u] = r;
  }
  for (var c = lane; c < p.width; c += LANES) {
    y[start + c] = gain[c] * ((x[start + c] - mean) * r) + bias[c];
  }
}
