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
  let index = p.first + group.x + group.y * groups.x;
  let blocks = (p.tokens + 4u * RT - 1u) / (4u * RT);
  if (index >= blocks * p.heads) { return; }
  let h = index % p.heads;
  let kv = h / (p.heads / p.kvHeads);
  let first = (blocks - 1u - index / p.heads) * 4u * RT; // long rows begin first
  let last = min(first + 4u * RT, p.tokens) - 1u;
  let x = thread % CT;
  let y = thread / CT;
  let kept = h;
  step_keep(0u, q, p.scale * LOG2E);
  var held: array<array<vec4f, COLS>, 4u * CT / RT>; // registers
  var sum: array<array<vec4f, COLS>, 4>; // registers
  var total: array<f32, 4>; // registers
  var top = vec4f(LOWEST);
  let start = u32(treeStart[first]);
  var at = nextSeen(start, visibleUntil[start], first, last);
  step_fetch(k, at, kv);
  while (at <= last) {
    step_put();
    let span = spansFrom(at + x, CT);
    let ahead = visibleUntil[min(at + 4u * CT, last)];
    workgroupBarrier();
    step_fetch(v, at, kv);
    var score = products(0u, x, y);
    let distance = vec4u(first + y - at - x) - vec4u(0u, CT, 2u * CT, 3u * CT);
    for (var i = 0u; i < 4u; i++) { // unroll
      score[i] = hide(score[i], distance + vec4u(i * RT), span);
    }
    exchange[y].by[x] = vec4f(largest(score[0]), largest(score[1]), largest(score[2]), largest(score[3]));
    workgroupBarrier();
    step_put();
    var most = top;
    for (var t = 0u; t < CT; t++) { // unroll
      most = max(most, exchange[y].by[t]);
    }
    let shrink = exp2(top - most);
    top = most;
    for (var i = 0u; i < 4u; i++) { // unroll
      let weight = exp2(score[i] - vec4f(top[i]));
      weights[i][y].by[x] = weight;
      total[i] = total[i] * shrink[i] + dot(weight, vec4f(1.0));
      for (var n = 0u; n < COLS; n++) { // unroll
        sum[i][n] *= shrink[i];
      }
    }
    at = nextSeen(at + 4u * CT, ahead, first, last);
    workgroupBarrier();
    step_fetch(k, at, kv);
    step_accumulate(sum);
    workgroupBarrier();
  }
  exchange[y].by[x] = vec4f(total[0], total[1], total[2], total[3]);
  workgroupBarrier();
  var whole = vec4f();
  for (var t = 0u; t < CT; t++) { // unroll
    whole += exchange[y].by[t];
  }
  let normaliser = top + log2(whole);
  for (var i = 0u; i < 4u; i++) { // unroll
    let token = first + i * RT + y;
    if (token <= last) {
      for (var n = 0u; n < COLS; n++) { // unroll
        store_out(token * p.heads + h, n * CT + x, sum[i][n] / whole[i]);
      }
      if (x == 0u) {
        stats[3u * (token * p.heads + h)] = normaliser[i];
        stats[3u * (token * p.heads + h) + 1u] = f32(treeStart[token]); // exact below 2^24
      }
    }
  }
}
