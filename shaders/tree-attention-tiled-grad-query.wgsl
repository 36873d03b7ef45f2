// The queries' gradient, tiled (see tree-attention-tile.wgsl; the formulas stand in tree-attention-grad-query.wgsl). Rows are
// queries and their dOut, columns values and then keys in the same memory.
@group(0) @binding(4) var<storage, read> out: array<VEC>;
@group(0) @binding(5) var<storage, read> dOut: array<VEC>;
@group(0) @binding(6) var<storage, read_write> dQ: array<VEC>;
@group(0) @binding(7) var<storage, read_write> stats: array<f32>; // (log2 of the sum of exp, treeStart, delta)
@group(0) @binding(8) var<uniform> p: Params;

var<workgroup> start: u32;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  step_queries();
  if (thread == 0u) { start = u32(stats[3u * (first * p.heads + h) + 1u]); }
  step_keep(0u, q, p.scale * LOG2E);
  step_keep(1u, dOut, 1.0);
  var held: array<array<vec4f, COLS>, 4u * CT / RT>; // registers
  let begin = workgroupUniformLoad(&start); // a barrier, too
  var at = nextSeen(begin, visibleUntil[begin], first, last);
  step_fetch(v, at, kv);
  var own: array<vec4f, GROUPS>; // registers
  var normaliser: array<f32, TR>; // registers
  for (var i = 0u; i < TR; i++) { // unroll
    let token = first + i * RT + y;
    if (token <= last) { normaliser[i] = stats[3u * (token * p.heads + h)]; }
    for (var n = 0u; n < COLS; n++) { // unroll
      let c = n * CT + x;
      own[i / 4u][i % 4u] += dot(load_out(token, h, c), rows[1][i][y].part[c / 4u][c % 4u]);
    }
  }
  for (var g = 0u; g < GROUPS; g++) { // unroll
    exchange[g][y].by[x] = own[g];
  }
  workgroupBarrier();
  var delta: array<vec4f, GROUPS>; // registers
  for (var g = 0u; g < GROUPS; g++) { // unroll
    for (var t = 0u; t < CT; t++) { // unroll
      delta[g] += exchange[g][y].by[t];
    }
  }
  var sum: array<array<vec4f, COLS>, TR>; // registers
  while (at <= last) {
    step_put();
    let span = spansFrom(at + x, CT);
    let ahead = visibleUntil[min(at + TILE, last)];
    workgroupBarrier();
    step_fetch(k, at, kv);
    var gain: array<vec4f, TR>; // registers
    step_products(gain, 1u);
    workgroupBarrier();
    step_put();
    let distance = vec4u(first + y - at - x) - vec4u(0u, CT, 2u * CT, 3u * CT);
    at = nextSeen(at + TILE, ahead, first, last);
    workgroupBarrier();
    step_fetch(v, at, kv);
    var score: array<vec4f, TR>; // registers
    step_products(score, 0u);
    for (var i = 0u; i < TR; i++) { // unroll
      let seen = hide(score[i], distance + vec4u(i * RT), span);
      weights[i][y].by[x] = exp2(seen - vec4f(normaliser[i])) * (gain[i] - vec4f(delta[i / 4u][i % 4u]));
    }
    workgroupBarrier();
    step_accumulate(sum);
    workgroupBarrier();
  }
  for (var i = 0u; i < TR; i++) { // unroll
    let token = first + i * RT + y;
    if (token <= last) {
      for (var n = 0u; n < COLS; n++) { // unroll
        store_dQ(token * p.heads + h, n * CT + x, sum[i][n] * p.scale);
      }
      if (x == 0u) { stats[3u * (token * p.heads + h) + 2u] = delta[i / 4u][i % 4u]; }
    }
  }
}
