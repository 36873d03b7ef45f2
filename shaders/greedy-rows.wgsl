// For each row of logits: its largest element's column (the lowest among equals), log(sum of exp(logit - largest)), and
// the first column whose logit is NaN or infinite, or -1. One workgroup per row; each thread strides over the columns.
override THREADS: u32 = 64u;

struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>; // [rows, 3]
@group(0) @binding(2) var<uniform> p: Params;

struct Found { best: f32, sum: f32, column: u32, bad: u32 }
var<workgroup> shared_: array<Found, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = group.x + group.y * groups.x;
  // No infinity to begin with: a compiler may assume that there is none.
  var found = Found(-3.4e38, 0.0, p.width, p.width);
  if (row < p.rows) {
    for (var c = thread; c < p.width; c += THREADS) {
      let v = logits[row * p.width + c];
      if ((bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u) {
        found.bad = min(found.bad, c);
        continue;
      }
      if (found.column == p.width || v > found.best) {
        found.sum = found.sum * exp(max(found.best - v, -88.0)) + 1.0;
        found.best = v;
        found.column = c;
      } else {
        found.sum += exp(max(v - found.best, -88.0));
      }
    }
  }
  shared_[thread] = found;
  workgroupBarrier();
  if (thread != 0u || row >= p.rows) { return; }
  for (var t = 1u; t < THREADS; t++) {
    let other = shared_[t];
    found.bad = min(found.bad, other.bad);
    if (other.column == p.width) { continue; }
    if (other.best > found.best || (other.best == found.best && other.column < found.column)) {
      found.sum = found.sum * exp(max(found.best - other.best, -88.0)) + other.sum;
      found.best = other.best;
      found.column = other.column;
    } else {
      found.sum += other.sum * exp(max(other.best - found.best, -88.0));
    }
  }
  result[3u * row] = f32(found.column);
  result[3u * row + 1u] = log(found.sum);
  result[3u * row + 2u] = select(f32(found.bad), -1.0, found.bad == p.width);
}
