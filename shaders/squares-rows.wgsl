// Per row of logits [rows, width]: log of the sum of squared probabilities, log sum e^(2 (x - max)) - 2 log sum e^(x - max).
//
// One workgroup of W threads per row; thread t takes columns t, t + W, ...; one barrier, then the first thread folds the W partial
// results in order. CONTINUE: the row's result so far is folded in, for logits that come in chunks of columns.
// Overrides: W, CONTINUE.
override W: u32 = 64u;
override CONTINUE: bool = false;

struct Params { rows: u32, width: u32 }
@group(0) @binding(0) var<storage, read> logits: array<f32>; // [rows, width]
@group(0) @binding(1) var<storage, read_write> stats: array<f32>; // [rows, 3]: max, sum, sum of squares
@group(0) @binding(2) var<storage, read_write> squares: array<f32>; // [rows]
@group(0) @binding(3) var<uniform> p: Params;

struct Part { top: f32, sum: f32, squared: f32 }
var<workgroup> parts: array<Part, W>;

const LOWEST = -3.4028234e38f;

fn join(x: Part, y: Part) -> Part {
  let top = max(x.top, y.top);
  let ofX = exp(x.top - top);
  let ofY = exp(y.top - top);
  return Part(top, x.sum * ofX + y.sum * ofY, x.squared * ofX * ofX + y.squared * ofY * ofY);
}

@compute @workgroup_size(W)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = wid.x + wid.y * groups.x;
  let valid = row < p.rows;
  var part = Part(LOWEST, 0f, 0f);
  if (valid) {
    for (var v = thread; v < p.width; v += W) { part = join(part, Part(logits[row * p.width + v], 1f, 1f)); }
  }
  parts[thread] = part;
  workgroupBarrier();
  if (!valid || thread != 0u) { return; }
  part = Part(LOWEST, 0f, 0f);
  if (CONTINUE) { part = Part(stats[3u * row], stats[3u * row + 1u], stats[3u * row + 2u]); }
  for (var t = 0u; t < min(W, p.width); t++) { part = join(part, parts[t]); }
  stats[3u * row] = part.top;
  stats[3u * row + 1u] = part.sum;
  stats[3u * row + 2u] = part.squared;
  squares[row] = log(part.squared) - 2f * log(part.sum);
}
