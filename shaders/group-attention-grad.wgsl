// With P the weights, delta[i] = dOut[i] . out[i] and dS[i,j] = P[i,j] (dOut[i] . v[j] - delta[i]):
// dQ[i] = scale * sum over j of dS[i,j] k[j],  dK[i] = scale * sum over j of dS[j,i] q[j],  dV[i] = sum over j of P[j,i] dOut[j].
//
// One thread per (head, row) writes all three of its row; the weights are computed again from lse. Sums run in a fixed
// order. VEC, PARTS and unrolling as in tree-attention.wgsl.
alias VEC = vec4f;
const PARTS = 4u;

struct Params { rows: u32, heads: u32, span: u32, scale: f32, first: u32 } // first: workgroups before this part

@group(0) @binding(0) var<storage, read> qkv: array<VEC>;
@group(0) @binding(1) var<storage, read> out: array<VEC>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<VEC>;
@group(0) @binding(4) var<storage, read_write> dQkv: array<VEC>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (p.first + group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.rows * p.heads) { return; }
  let i = index % p.rows;
  let h = index / p.rows;
  let width = p.heads * PARTS;
  let own = 3u * i * width + h * PARTS;
  let at = i * width + h * PARTS;
  var query: array<VEC, PARTS>; // registers
  var key: array<VEC, PARTS>; // registers
  var value: array<VEC, PARTS>; // registers
  var push: array<VEC, PARTS>; // registers
  var querySum: array<VEC, PARTS>; // registers
  var keySum: array<VEC, PARTS>; // registers
  var valueSum: array<VEC, PARTS>; // registers
  var delta = 0.0;
  for (var c = 0u; c < PARTS; c++) { // unroll
    query[c] = qkv[own + c] * p.scale;
    key[c] = qkv[own + width + c] * p.scale;
    value[c] = qkv[own + 2u * width + c];
    push[c] = dOut[at + c];
    delta += dot(push[c], out[at + c]);
    querySum[c] = VEC();
    keySum[c] = VEC();
    valueSum[c] = VEC();
  }
  let norm = lse[i * p.heads + h];
  let begin = i / p.span * p.span;
  for (var j = begin; j < begin + p.span; j++) {
    let other = 3u * j * width + h * PARTS;
    let there = j * width + h * PARTS;
    var score = 0.0; // of i on j
    var gain = 0.0;
    var back = 0.0; // of j on i
    var backGain = 0.0;
    var backDelta = 0.0;
    for (var c = 0u; c < PARTS; c++) { // unroll
      score += dot(query[c], qkv[other + width + c]);
      gain += dot(push[c], qkv[other + 2u * width + c]);
      back += dot(key[c], qkv[other + c]);
      backGain += dot(value[c], dOut[there + c]);
      backDelta += dot(dOut[there + c], out[there + c]);
    }
    let ds = exp(score - norm) * (gain - delta);
    let weight = exp(back - lse[j * p.heads + h]);
    let backDs = weight * (backGain - backDelta);
    for (var c = 0u; c < PARTS; c++) { // unroll
      querySum[c] += ds * qkv[other + width + c];
      keySum[c] += backDs * qkv[other + c];
      valueSum[c] += weight * dOut[there + c];
    }
  }
  for (var c = 0u; c < PARTS; c++) { // unroll
    dQkv[own + c] = querySum[c] * p.scale;
    dQkv[own + width + c] = keySum[c] * p.scale;
    dQkv[own + 2u * width + c] = valueSum[c];
  }
}
