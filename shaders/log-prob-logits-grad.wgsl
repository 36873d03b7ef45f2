// dLogits [R, width] for columns [first, first + width) of the vocabulary, see log-prob-row-grad.wgsl.
// SOFTMAX: from the logits, dLogits = -coef p, then the targets; else dLogits already holds -coef p and only the g of the
// entries whose target lies in these columns are added.
//
// One workgroup of W threads per row, or (not SOFTMAX) one thread per row. A thread adds only to columns that it wrote itself, in the order
// of rowEntries, so no barrier is needed and the sum has one order.
// Overrides: W, SOFTMAX.
override W: u32 = 64u;
override SOFTMAX: bool = true;

struct Params { rows: u32, width: u32, first: u32, groups: u32 }
@group(0) @binding(0) var<storage, read> logits: array<f32>; // [R, width] when SOFTMAX
@group(0) @binding(1) var<storage, read> coef: array<f32>; // [R, 3]: max, log sum, coef
@group(0) @binding(2) var<storage, read> g: array<f32>; // [M]
@group(0) @binding(3) var<storage, read> target_: array<i32>; // [M]
@group(0) @binding(4) var<storage, read> rowStart: array<i32>; // [R + 1]
@group(0) @binding(5) var<storage, read> rowEntries: array<i32>; // [M]
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>; // [R, width]
@group(0) @binding(7) var<uniform> p: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.x + wid.y * p.groups;
  let row = select(group * W + thread, group, SOFTMAX);
  if (row >= p.rows) { return; }
  if (SOFTMAX) {
    let top = coef[3u * row];
    let logSum = coef[3u * row + 1u];
    let c = coef[3u * row + 2u];
    for (var v = thread; v < p.width; v += W) {
      dLogits[row * p.width + v] = -c * exp((logits[row * p.width + v] - top) - logSum);
    }
  }
  for (var i = rowStart[row]; i < rowStart[row + 1u]; i++) {
    let m = rowEntries[i];
    let v = u32(target_[m]) - p.first; // wraps far past width when the target lies before the chunk
    if (v < p.width && (!SOFTMAX || v % W == thread)) { dLogits[row * p.width + v] += g[m]; }
  }
}
