// y[n,:] = weight * x[n,:] * r[n],  r[n] = 1 / sqrt(mean(x[n,:]^2) + eps)
//
// LANES threads share a row. With LANES = 1 nothing is shared and the barriers fall away, which is best where a
// barrier is dear (CPU rasterisers); on a GPU 16 threads read a row together.
override LANES: u32 = 1u;

struct Params { rows: u32, width: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> rootInverse: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

var<workgroup> shared_: array<f32, 64>;

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
    for (var c = lane; c < p.width; c += LANES) {
      let v = x[start + c];
      sum += v * v;
    }
  }
  if (LANES > 1u) {
    shared_[thread] = sum;
    workgroupBarrier();
    sum = 0.0;
    for (var i = 0u; i < LANES; i++) { sum += shared_[thread - lane + i]; }
  }
  if (row >= p.rows) { return; }
  let r = 1.0 / sqrt(sum / f32(p.width) + p.eps);
  if (lane == 0u) { rootInverse[row] = r; }
  for (var c = lane; c < p.width; c += LANES) { y[start + c] = weight[c] * (x[start + c] * r); }
}
