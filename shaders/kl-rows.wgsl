// Per row of two sets of logits a and b [rows, width]: KL(softmax(a) || softmax(b)), in one pass with running maxima.
// With A = max a, B = max b, g = sum e^(a - A) ((a - b) - (A - B)):  KL = g / sum e^(a - A) - log sum e^(a - A) + log sum e^(b - B).
// Differences of logits and of maxima are taken first, because their sums lose digits where logits are large.
//
// One workgroup of W threads per row; thread t takes columns t, t + W, ...; one barrier, then the first thread folds the W partial
// results in order. CONTINUE: the row's result so far is folded in, for logits that come in chunks of columns.
// Overrides: W, CONTINUE.
override W: u32 = 64u;
override CONTINUE: bool = false;

struct Params { rows: u32, width: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>; // [rows, width]
@group(0) @binding(1) var<storage, read> b: array<f32>; // [rows, width]
@group(0) @binding(2) var<storage, read_write> stats: array<f32>; // [rows, 5]: A, sum of a, B, sum of b, g
@group(0) @binding(3) var<storage, read_write> divergence: array<f32>; // [rows]
@group(0) @binding(4) var<uniform> p: Params;

struct Part { topA: f32, sumA: f32, topB: f32, sumB: f32, gap: f32 }
var<workgroup> parts: array<Part, W>;

const LOWEST = -3.4028234e38f;

fn join(x: Part, y: Part) -> Part {
  let topA = max(x.topA, y.topA);
  let topB = max(x.topB, y.topB);
  let apart = topA - topB;
  let ofX = exp(x.topA - topA);
  let ofY = exp(y.topA - topA);
  return Part(
    topA,
    x.sumA * ofX + y.sumA * ofY,
    topB,
    x.sumB * exp(x.topB - topB) + y.sumB * exp(y.topB - topB),
    ofX * (x.gap + x.sumA * ((x.topA - x.topB) - apart)) + ofY * (y.gap + y.sumA * ((y.topA - y.topB) - apart)),
  );
}

@compute @workgroup_size(W)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = wid.x + wid.y * groups.x;
  let valid = row < p.rows;
  var part = Part(LOWEST, 0f, LOWEST, 0f, 0f);
  if (valid) {
    for (var v = thread; v < p.width; v += W) {
      part = join(part, Part(a[row * p.width + v], 1f, b[row * p.width + v], 1f, 0f));
    }
  }
  parts[thread] = part;
  workgroupBarrier();
  if (!valid || thread != 0u) { return; }
  let at = 5u * row;
  part = Part(LOWEST, 0f, LOWEST, 0f, 0f);
  if (CONTINUE) { part = Part(stats[at], stats[at + 1u], stats[at + 2u], stats[at + 3u], stats[at + 4u]); }
  for (var t = 0u; t < min(W, p.width); t++) { part = join(part, parts[t]); }
  stats[at] = part.topA;
  stats[at + 1u] = part.sumA;
  stats[at + 2u] = part.topB;
  stats[at + 3u] = part.sumB;
  stats[at + 4u] = part.gap;
  // Never below 0, whatever the rounding.
  divergence[row] = max(0f, part.gap / part.sumA - log(part.sumA) + log(part.sumB));
}
