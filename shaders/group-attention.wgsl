// out[i,h] = softmax over the j of i's group of (q[i,h] . k[j,h] / sqrt(D)) times v[j,h]; q, k and v lie side by side in the
// rows of `qkv`. A group is `span` rows that follow one another; every row sees all of its group.
//
// One thread per (head, row). lse[i,h] is the log of the sum of the exponentials, which the gradient needs. VEC, PARTS and
// unrolling as in tree-attention.wgsl.
alias VEC = vec4f;
const PARTS = 4u;

struct Params { rows: u32, heads: u32, span: u32, scale: f32, first: u32 } // first: workgroups before this part

@group(0) @binding(0) var<storage, read> qkv: array<VEC>;
@group(0) @binding(1) var<storage, read_write> out: array<VEC>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;

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
  let width = p.heads * PARTS; // of q, k or v, in VECs
  var query: array<VEC, PARTS>; // registers
  var sum: array<VEC, PARTS>; // registers
  for (var c = 0u; c < PARTS; c++) { // unroll
    query[c] = qkv[3u * i * width + h * PARTS + c] * p.scale;
    sum[c] = VEC();
  }
  var top = -3.0e38;
  var total = 0.0;
  let begin = i / p.span * p.span;
  for (var j = begin; j < begin + p.span; j++) {
    let key = (3u * j + 1u) * width + h * PARTS;
    var score = 0.0;
    for (var c = 0u; c < PARTS; c++) { // unroll
      score += dot(query[c], qkv[key + c]);
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
      sum[c] += weight * qkv[key + width + c];
    }
  }
  let inverse = 1.0 / total;
  for (var c = 0u; c < PARTS; c++) { // unroll
    out[i * width + h * PARTS + c] = sum[c] * inverse;
  }
  lse[i * p.heads + h] = top + log(total);
}
