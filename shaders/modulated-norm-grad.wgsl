// With g = dy * (1 + scale) and z = (x - mean) * r:  dx = r * (g - mean(g) - z * mean(g z)),  and over the rows of a span
// dShift = sum dy,  dScale = sum dy z;  the other columns of dModulation are 0.
//
// The first `rowGroups` workgroups own rows and write dx, the rest own (span, column of the modulation).
struct Params { rows: u32, width: u32, span: u32, stride: u32, at: u32, rowGroups: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> modulation: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> dModulation: array<f32>;
@group(0) @binding(6) var<uniform> p: Params;

fn writeModulation(i: u32) {
  let column = i % p.stride;
  let first = (i / p.stride) * p.span;
  var sum = 0.0;
  if (column >= p.at && column < p.at + 2u * p.width) {
    let c = (column - p.at) % p.width;
    let isScale = column >= p.at + p.width;
    for (var r = first; r < first + p.span; r++) {
      let g = dy[r * p.width + c];
      if (isScale) {
        sum += g * ((x[r * p.width + c] - stats[2u * r]) * stats[2u * r + 1u]);
      } else {
        sum += g;
      }
    }
  }
  dModulation[i] = sum;
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
    if (i < p.rows / p.span * p.stride) { writeModulation(i); }
    return;
  }
  let row = index * 64u + thread;
  if (row >= p.rows) { return; }
  let start = row * p.width;
  let scale = (row / p.span) * p.stride + p.at + p.width;
  let mean = stats[2u * row];
  let r = stats[2u * row + 1u];
  var sums = vec2f(0.0); // of g and of g z
  for (var c = 0u; c < p.width; c++) {
    let g = dy[start + c] * (1.0 + modulation[scale + c]);
    sums += vec2f(g, g * ((x[start + c] - mean) * r));
  }
  let means = sums / f32(p.width);
  for (var c = 0u; c < p.width; c++) {
    let z = (x[start + c] - mean) * r;
    dx[start + c] = r * (dy[start + c] * (1.0 + modulation[scale + c]) - means.x - z * means.y);
  }
}
