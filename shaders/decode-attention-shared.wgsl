// What decode-attention.wgsl computes, with a workgroup of 64 threads per (sequence, head), for real GPUs: a thread scores keys of
// its own, 64 apart, and then adds up values of one vector of its part, every GROUPS-th key, so that neighbouring threads read
// neighbouring memory. Maximum and sum are kept online over stretches of 64 keys; all sums run in a fixed order.
// VEC, PARTS and unrolling as in tree-attention.wgsl; PARTS is at most 64.
alias VEC = vec4f;
const PARTS = 4u;
const GROUPS = 64u / PARTS;

struct Params { sequences: u32, capacity: u32, heads: u32, kvHeads: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> length_: array<i32>;
@group(0) @binding(4) var<storage, read_write> out: array<VEC>;
@group(0) @binding(5) var<uniform> p: Params;

var<workgroup> weights: array<f32, 64>;
var<workgroup> sums: array<VEC, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.sequences * p.heads) { return; }
  let own = index * PARTS;
  let kv = (index % p.heads) / (p.heads / p.kvHeads);
  let first = (index / p.heads) * p.capacity;
  let count = min(u32(length_[index / p.heads]), p.capacity);
  let part = thread % PARTS;
  let turn = thread / PARTS; // those from GROUPS on are too many, and idle
  var top = -3.0e38;
  var total = 0.0;
  var sum = VEC();
  for (var begin = 0u; begin < count; begin += 64u) {
    var score = -3.0e38;
    if (begin + thread < count) {
      let key = ((first + begin + thread) * p.kvHeads + kv) * PARTS;
      score = 0.0;
      for (var c = 0u; c < PARTS; c++) { // unroll
        score += dot(q[own + c], k[key + c]);
      }
      score *= p.scale;
    }
    weights[thread] = score;
    workgroupBarrier();
    var next = top;
    for (var t = 0u; t < 64u; t++) { next = max(next, weights[t]); }
    workgroupBarrier();
    weights[thread] = select(0.0, exp(score - next), begin + thread < count);
    workgroupBarrier();
    let shrink = exp(top - next);
    top = next;
    total *= shrink;
    for (var t = 0u; t < 64u; t++) { total += weights[t]; }
    sum *= shrink;
    if (turn < GROUPS) {
      for (var t = turn; t < min(64u, count - begin); t += GROUPS) {
        sum += weights[t] * v[((first + begin + t) * p.kvHeads + kv) * PARTS + part];
      }
    }
    workgroupBarrier();
  }
  sums[thread] = sum;
  workgroupBarrier();
  if (thread >= PARTS) { return; }
  var all = VEC();
  for (var g = 0u; g < GROUPS; g++) { all += sums[g * PARTS + thread]; }
  out[own + thread] = all * select(0.0, 1.0 / total, total > 0.0); // an empty cache gives zeros
}
