// One query per sequence against its cache: out[b,h] = softmax over t < length[b] of (q[b,h] . k[b*T+t,kv] / sqrt(D))
// times v[b*T+t,kv]. One thread per (sequence, head); VEC, PARTS and unrolling as in tree-attention.wgsl.
alias VEC = vec4f;
const PARTS = 4u;

struct Params { sequences: u32, capacity: u32, heads: u32, kvHeads: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> length_: array<i32>;
@group(0) @binding(4) var<storage, read_write> out: array<VEC>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.sequences * p.heads) { return; }
  let own = index * PARTS;
  let kv = (index % p.heads) / (p.heads / p.kvHeads);
  let first = (index / p.heads) * p.capacity;
  let end = first + min(u32(length_[index / p.heads]), p.capacity);
  var query: array<VEC, PARTS>; // registers
  var sum: array<VEC, PARTS>; // registers
  for (var c = 0u; c < PARTS; c++) { // unroll
    query[c] = q[own + c] * p.scale;
    sum[c] = VEC();
  }
  var top = -3.0e38;
  var total = 0.0;
  for (var t = first; t < end; t++) {
    let key = (t * p.kvHeads + kv) * PARTS;
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
  let inverse = select(0.0, 1.0 / total, total > 0.0); // an empty cache gives zeros
  for (var c = 0u; c < PARTS; c++) { // unroll
    out[own + c] = sum[c] * inverse;
  }
}
