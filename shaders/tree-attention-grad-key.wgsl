// dV[j,kv] = sum p[i,j] dOut[i,h],  dK[j,kv] = scale * sum ds[i,j] q[i,h],  over the H/K query heads h of kv and the
// queries i in [j, visibleUntil[j]): every one of them sees j, so there is nothing to check. One thread per
// (key-value head, key); sums run in a fixed order. VEC, PARTS and unrolling as in the forward pass.
alias VEC = vec4f;
const PARTS = 4u;

struct Params { tokens: u32, heads: u32, kvHeads: u32, scale: f32, first: u32 } // first: workgroups before this part

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> visibleUntil: array<i32>;
@group(0) @binding(4) var<storage, read> stats: array<f32>; // (lse, treeStart, delta)
@group(0) @binding(5) var<storage, read> dOut: array<VEC>;
@group(0) @binding(6) var<storage, read_write> dK: array<VEC>;
@group(0) @binding(7) var<storage, read_write> dV: array<VEC>;
@group(0) @binding(8) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (p.first + group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.tokens * p.kvHeads) { return; }
  let j = index % p.tokens;
  let kv = index / p.tokens;
  let own = (j * p.kvHeads + kv) * PARTS;
  let shared_ = p.heads / p.kvHeads;
  let end = u32(visibleUntil[j]);
  var key: array<VEC, PARTS>; // registers
  var value: array<VEC, PARTS>; // registers
  var keySum: array<VEC, PARTS>; // registers
  var valueSum: array<VEC, PARTS>; // registers
  for (var c = 0u; c < PARTS; c++) { // unroll
    key[c] = k[own + c] * p.scale;
    value[c] = v[own + c];
    keySum[c] = VEC();
    valueSum[c] = VEC();
  }
  for (var h = kv * shared_; h < (kv + 1u) * shared_; h++) {
    for (var i = j; i < end; i++) {
      let query = (i * p.heads + h) * PARTS;
      var score = 0.0;
      var gain = 0.0;
      for (var c = 0u; c < PARTS; c++) { // unroll
        score += dot(key[c], q[query + c]);
        gain += dot(value[c], dOut[query + c]);
      }
      let at = 3u * (i * p.heads + h);
      let weight = exp(score - stats[at]);
      let ds = weight * (gain - stats[at + 2u]);
      for (var c = 0u; c < PARTS; c++) { // unroll
        valueSum[c] += weight * dOut[query + c];
        keySum[c] += ds * q[query + c];
      }
    }
  }
  for (var c = 0u; c < PARTS; c++) { // unroll
    dK[own + c] = keySum[c] * p.scale;
    dV[own + c] = valueSum[c];
  }
}
