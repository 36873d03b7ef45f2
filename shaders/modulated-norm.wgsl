// y[n,:] = (x[n,:] - mean[n]) * r[n] * (1 + scale[b,:]) + shift[b,:],  b = n / span,  r[n] = 1 / sqrt(var(x[n,:]) + eps);
// shift and scale are columns at.. and at + width.. of `modulation`;  stats[n] = (mean, r)
//
// One thread per row: the rows are short.
struct Params { rows: u32, width: u32, span: u32, stride: u32, at: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> modulation: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.x + group.y * groups.x) * 64u + thread;
  if (row >= p.rows) { return; }
  let start = row * p.width;
  var sum = 0.0;
  for (var c = 0u; c < p.width; c++) { sum += x[start + c]; }
  let mean = sum / f32(p.width);
  var squares = 0.0;
  for (var c = 0u; c < p.width; c++) {
    let v = x[start + c] - mean;
    squares += v * v;
  }
  let r = 1.0 / sqrt(squares / f32(p.width) + p.eps);
  stats[2u * row] = mean;
  stats[2u * row + 1u] = r;
  let shift = (row / p.span) * p.stride + p.at;
  let scale = shift + p.width;
  for (var c = 0u; c < p.width; c++) {
    y[start + c] = (x[start + c] - mean) * r * (1.0 + modulation[scale + c]) + modulation[shift + c];
  }
}
