// dY[n,c] = gate[b,c] * d[n,c],  dGate[b,c] = sum over the rows of a span of d * y;  the other columns of dModulation are 0.
//
// The first `rowGroups` workgroups own elements of dY, the rest own (span, column of the modulation).
struct Params { size: u32, width: u32, span: u32, stride: u32, at: u32, rowGroups: u32 }

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> modulation: array<f32>;
@group(0) @binding(2) var<storage, read> d: array<f32>;
@group(0) @binding(3) var<storage, read_write> dY: array<f32>;
@group(0) @binding(4) var<storage, read_write> dModulation: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index < p.rowGroups) {
    let i = index * 64u + thread;
    if (i >= p.size) { return; }
    dY[i] = modulation[i / p.width / p.span * p.stride + p.at + i % p.width] * d[i];
    return;
  }
  let i = (index - p.rowGroups) * 64u + thread;
  if (i >= p.size / p.width / p.span * p.stride) { return; }
  let column = i % p.stride;
  var sum = 0.0;
  if (column >= p.at && column < p.at + p.width) {
    let first = (i / p.stride) * p.span * p.width + column - p.at;
    for (var r = 0u; r < p.span; r++) { sum += d[first + r * p.width] * y[first + r * p.width]; }
  }
  dModulation[i] = sum;
}
