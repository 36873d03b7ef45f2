// Tree attention, tiled (see tree-attention-tile.wgsl): rows are queries, columns keys and then values in the same memory. The
// maximum of a row is shared at each tile, its sum stays apart by thread until the end. After Dao, 2023, arXiv 2307.08691.
@group(0) @binding(4) var<storage, read> treeStart: array<i32>;
@group(0) @binding(5) var<storage, read_write> out: array<VEC>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>; // (log2 of the sum of exp, treeStart, delta)
@group(0) @binding(7) var<uniform> p: Params;

fn largest(a: vec4f) -> f32 { return max(max(a.x, a.y), max(a.z, a.w)); }

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  step_queries();
  step_keep(0u, q, p.scale * LOG2E);
  var held: array<array<vec4f, COLS>, 4u * CT / RT>; // registers
  var sum: array<array<vec4f, COLS>, TR>; // registers
  var total: array<vec4f, GROUPS>; // registers
  var top: array<vec4f, GROUPS>; // registers
  for (var g = 0u; g < GROUPS; g++) { // unroll
    top[g] = vec4f(LOWEST);
  }
  let start = u32(treeStart[first]);
  var at = nextSeen(start, visibleUntil[start], first, last);
  step_fetch(k, at, kv);
  while (at <= last) {
    step_put();
    let span = spansFrom(at + x, CT);
    let ahead = visibleUntil[min(at + TILE, last)];
    workgroupBarrier();
    step_fetch(v, at, kv);
    var score: array<vec4f, TR>; // registers
    step_products(score, 0u);
    let distance = vec4u(first + y - at - x) - vec4u(0u, CT, 2u * CT, 3u * CT);
    for (var i = 0u; i < TR; i++) { // unroll
      score[i] = hide(score[i], distance + vec4u(i * RT), span);
    }
    for (var g = 0u; g < GROUPS; g++) { // unroll
      exchange[g][y].by[x] = vec4f(
        largest(score[4u * g]),
        largest(score[4u * g + 1u]),
        largest(score[4u * g + 2u]),
        largest(score[4u * g + 3u]),
      );
    }
    workgroupBarrier();
    step_put();
    var shrink: array<vec4f, GROUPS>; // registers
    for (var g = 0u; g < GROUPS; g++) { // unroll
      var most = top[g];
      for (var t = 0u; t < CT; t++) { // unroll
        most = max(most, exchange[g][y].by[t]);
      }
      shrink[g] = exp2(top[g] - most);
      top[g] = most;
      total[g] *= shrink[g];
    }
    for (var i = 0u; i < TR; i++) { // unroll
      let weight = exp2(score[i] - vec4f(top[i / 4u][i % 4u]));
      weights[i][y].by[x] = weight;
      total[i / 4u][i % 4u] += dot(weight, vec4f(1.0));
      for (var n = 0u; n < COLS; n++) { // unroll
        sum[i][n] *= shrink[i / 4u][i % 4u];
      }
    }
    at = nextSeen(at + TILE, ahead, first, last);
    workgroupBarrier();
    step_fetch(k, at, kv);
    step_accumulate(sum);
    workgroupBarrier();
  }
  for (var g = 0u; g < GROUPS; g++) { // unroll
    exchange[g][y].by[x] = total[g];
  }
  workgroupBarrier();
  for (var g = 0u; g < GROUPS; g++) { // unroll
    total[g] = vec4f();
    for (var t = 0u; t < CT; t++) { // unroll
      total[g] += exchange[g][y].by[t];
    }
  }
  for (var i = 0u; i < TR; i++) { // unroll
    let token = first + i * RT + y;
    if (token <= last) {
      for (var n = 0u; n < COLS; n++) { // unroll
        store_out(token * p.heads + h, n * CT + x, sum[i][n] / total[i / 4u][i % 4u]);
      }
      if (x == 0u) {
        stats[3u * (token * p.heads + h)] = top[i / 4u][i % 4u] + log2(total[i / 4u][i % 4u]);
        stats[3u * (token * p.heads + h) + 1u] = f32(treeStart[token]); // exact below 2^24
      }
    }
  }
}
