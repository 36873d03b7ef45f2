// Per row of logits [rows, width]: max and log of the sum of exp(logit - max), in one pass with a running maximum.
// log p(v) = (logit - max) - logSum: kept as two numbers because their sum loses digits where logits are large.
//
// One workgroup of W threads per row; thread t takes columns t, t + W, ...; one barrier, then each thread folds the W partial
// results in the same order. CONTINUE: the row's result so far is folded in, for logits that come in chunks of columns.
// Overrides: W, CONTINUE.
override W: u32 = 64u;
override CONTINUE: bool = false;

struct Params { rows: u32, width: u32 }
@group(0) @binding(0) var<storage, read> logits: array<f32>; // [rows, width]
@group(0) @binding(1) var<storage, read_write> stats: array<f32>; // [rows, 2]: max, log sum
@group(0) @binding(2) var<uniform> p: Params;

var<workgroup> maxima: array<f32, W>;
var<workgroup> sums: array<f32, W>;

const LOWEST = -3.4028234e38f;

@compute @workgroup_size(W)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = wid.x + wid.y * groups.x;
  let valid = row < p.rows;
  var top = LOWEST;
  var sum = 0f;
  if (valid) {
    for (var v = thread; v < p.width; v += W) {
      let x = logits[row * p.width + v];
      let higher = max(top, x);
      sum = sum * exp(top - higher) + exp(x - higher);
      top = higher;
    }
  }
  maxima[thread] = top;
  sums[thread] = sum;
  workgroupBarrier();
  if (!valid || thread != 0u) { return; }
  top = LOWEST;
  sum = 0f;
  if (CONTINUE) {
    top = stats[2u * row];
    sum = exp(stats[2u * row + 1u]);
  }
  for (var t = 0u; t < min(W, p.width); t++) {
    let higher = max(top, maxima[t]);
    sum = sum * exp(top - higher) + sums[t] * exp(maxima[t] - higher);
    top = higher;
  }
  stats[2u * row] = top;
  stats[2u * row + 1u] = log(sum);
}
