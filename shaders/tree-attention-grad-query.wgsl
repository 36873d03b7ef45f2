// delta[i,h] = dOut . out,  ds[i,j] = p[i,j] (dOut . v[j] - delta),  dQ[i,h] = scale * sum over visible j of ds k[j],
// with p[i,j] = exp(scale q . k - lse) made anew. One thread per (head, query), as in the forward pass, whose notes on
// VEC, PARTS and unrolling hold here too. delta is written beside lse for the keys' gradient.
alias VEC = vec4f;
const PARTS = 4u;

struct Params { tokens: u32, heads: u32, kvHeads: u32, scale: f32, first: u32 } // first: workgroups before this part

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> visibleUntil: array<i32>;
@group(0) @binding(4) var<storage, read> out: array<VEC>;
@group(0) @binding(5) var<storage, read> dOut: array<VEC>;
@group(0) @binding(6) var<storage, read_write> dQ: array<VEC>;
@group(0) @binding(7) var<storage, read_write> stats: array<f32>; // (lse, treeStart, delta)
@group(0) @binding(8) var<uniform> p: Params;

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
  let at = 3u * (i * p.heads + h);
  let norm = stats[at];
  var query: array<VEC, PARTS>; // registers
  var dy: array<VEC, PARTS>; // registers
  var sum: array<VEC, PARTS>; // registers
  var mean = 0.0;
  for (var c = 0u; c < PARTS; c++) { // unroll
    query[c] = q[own + c] * p.scale;
    dy[c] = dOut[own + c];
    mean += dot(dy[c], out[own + c]);
    sum[c] = VEC();
  }
  for (var j = u32(stats[at + 1u]); j <= i; j++) {
    if (i32(i) >= visibleUntil[j]) { continue; }
    let key = (j * p.kvHeads + kv) * PARTS;
    var score = 0.0;
    var gain = 0.0;
    for (var c = 0u; c < PARTS; c++) { // unroll
      score += dot(query[c], k[key + c]);
      gain += dot(dy[c], v[key + c]);
    }
    let ds = exp(score - norm) * (gain - mean);
    for (var c = 0u; c < PARTS; c++) { // unroll
      sum[c] += ds * k[key + c];
    }
  }
  for (var c = 0u; c < PARTS; c++) { // unroll
    dQ[own + c] = sum[c] * p.scale;
  }
  stats[at + 2u] = mean;
}
