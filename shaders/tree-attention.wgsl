// out[i,h] = softmax over visible j of (q[i,h] . k[j,kv] / sqrt(D)) times v[j,kv], kv = h / (H/K),
// where token i sees j exactly when treeStart[i] <= j <= i && i < visibleUntil[j].
//
// One thread per (head, query), neighbours being neighbouring queries: they walk the same keys in step, so that a key
// is fetched once for all of them. Query and accumulator stay in registers, the sum and the maximum are kept online;
// nothing of size N x N exists. What the gradient needs is kept in `stats`: (lse, treeStart, delta)
// for each query and head, delta being the gradient's own; together, so that no kernel binds more than 8 buffers.
//
// The host writes VEC (vec4f, or vec2f when D is no multiple of four) and PARTS = D / components, and unrolls the loops
// over `c` (src/kernels/unroll.ts).
alias VEC = vec4f;
const PARTS = 4u;

struct Params { tokens: u32, heads: u32, kvHeads: u32, scale: f32, first: u32 } // first: workgroups before this part

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> visibleUntil: array<i32>;
@group(0) @binding(4) var<storage, read> treeStart: array<i32>;
@group(0) @binding(5) var<storage, read_write> out: array<VEC>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;
@group(0) @binding(7) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (p.first + group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.tokens * p.heads) { return; }
  let i = index % p.tokens;
  let h = index / p.tokens;
  let own = (i * p.heads + h) * PARTS;
  let kv = h / (p.heads / p.kvHeads);
  var query: array<VEC, PARTS>; // registers
  var sum: array<VEC, PARTS>; // registers
  for (var c = 0u; c < PARTS; c++) { // unroll
    query[c] = q[own + c] * p.scale;
    sum[c] = VEC();
  }
  var top = -3.0e38;
  var total = 0.0;
  for (var j = u32(treeStart[i]); j <= i; j++) {
    if (i32(i) >= visibleUntil[j]) { continue; }
    let key = (j * p.kvHeads + kv) * PARTS;
    var score = 0.0;
    for (var c = 0u; c < PARTS; c++) { // unroll
      score += dot(query[c], k[key + c]);
    }
    if (score > top) {
      let shrink = exp(top - score);
      total *= shrink;
      for (var c = 0u; c < PARTS; c++) { // unroll
        sum[c] *= shrink;
      }
      top = score;
    }
    let weight = exp(score - top);
    total += weight;
    for (var c = 0u; c < PARTS; c++) { // unroll
      sum[c] += weight * v[key + c];
    }
  }
  let inverse = 1.0 / total;
  for (var c = 0u; c < PARTS; c++) { // unroll
    out[own + c] = sum[c] * inverse;
  }
  let at = 3u * (i * p.heads + h);
  stats[at] = top + log(total);
  stats[at + 1u] = f32(treeStart[i]); // exact below 2^24
}
