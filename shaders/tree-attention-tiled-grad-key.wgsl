// The keys' and values' gradient, tiled (see tree-attention-tile.wgsl; the formulas stand in tree-attention-grad-key.wgsl).
// Rows are keys and values, columns queries, then their dOut, then the queries again, in the same memory. The tiles of
// queries of all the heads that share a key are dealt out in turn to `shares` workgroups, each of which writes a result of its
// own; the host adds them up.
@group(0) @binding(4) var<storage, read> stats: array<f32>; // (log2 of the sum of exp, treeStart, delta)
@group(0) @binding(5) var<storage, read> dOut: array<VEC>;
@group(0) @binding(6) var<storage, read_write> dK: array<VEC>;
@group(0) @binding(7) var<storage, read_write> dV: array<VEC>;
@group(0) @binding(8) var<uniform> p: Params;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  step_place(p.kvHeads * p.shares);
  let share = index % p.shares;
  let kv = index / p.shares % p.kvHeads;
  let first = index / (p.shares * p.kvHeads) * BLOCK; // keys with many queries begin first
  let last = min(first + BLOCK, p.tokens) - 1u;
  let kept = kv;
  step_keep(0u, k, p.scale * LOG2E);
  step_keep(1u, v, 1.0);
  var held: array<array<vec4f, COLS>, 4u * CT / RT>; // registers
  // The last query that sees a key of the block. A subtree ends no later than the one around it.
  var end = first;
  var root = first;
  while (root <= last) {
    end = max(end, u32(visibleUntil[root]));
    root = max(root + 1u, u32(visibleUntil[root]));
  }
  let tiles = (end - first + TILE - 1u) / TILE;
  var span: array<vec4u, GROUPS>; // registers
  for (var g = 0u; g < GROUPS; g++) { // unroll
    span[g] = spansFrom(first + y + 4u * g * RT, RT);
  }
  var keySum: array<array<vec4f, COLS>, TR>; // registers
  var valueSum: array<array<vec4f, COLS>, TR>; // registers
  let all = tiles * (p.heads / p.kvHeads);
  var h = min(kv * (p.heads / p.kvHeads) + share / tiles, p.heads - 1u);
  var at = first + share % tiles * TILE;
  step_fetch(q, at, h);
  for (var tile = share; tile < all; tile += p.shares) {
    step_put();
    var normaliser = vec4f();
    var delta = vec4f();
    for (var j = 0u; j < 4u; j++) { // unroll
      let place = 3u * (min(at + j * CT + x, p.tokens - 1u) * p.heads + h);
      normaliser[j] = stats[place];
      delta[j] = stats[place + 2u];
    }
    workgroupBarrier();
    step_fetch(dOut, at, h);
    var weight: array<vec4f, TR>; // registers
    step_products(weight, 0u);
    let distance = vec4u(at + x - first - y) + vec4u(0u, CT, 2u * CT, 3u * CT);
    for (var i = 0u; i < TR; i++) { // unroll
      weight[i] = exp2(hide(weight[i], distance - vec4u(i * RT), vec4u(span[i / 4u][i % 4u])) - normaliser);
      weights[i][y].by[x] = weight[i];
    }
    workgroupBarrier();
    step_put();
    workgroupBarrier();
    step_fetch(q, at, h);
    var gain: array<vec4f, TR>; // registers
    step_products(gain, 1u);
    step_accumulate(valueSum);
    workgroupBarrier();
    step_put();
    for (var i = 0u; i < TR; i++) { // unroll
      weights[i][y].by[x] = weight[i] * (gain[i] - delta);
    }
    h = min(kv * (p.heads / p.kvHeads) + (tile + p.shares) / tiles, p.heads - 1u);
    at = first + (tile + p.shares) % tiles * TILE;
    workgroupBarrier();
    step_fetch(q, at, h);
    step_accumulate(keySum);
    workgroupBarrier();
  }
  for (var i = 0u; i < TR; i++) { // unroll
    let token = first + i * RT + y;
    if (token <= last) {
      for (var n = 0u; n < COLS; n++) { // unroll
        let row = (share * p.tokens + token) * p.kvHeads + kv;
        store_dK(row, n * CT + x, keySum[i][n] * p.scale);
        store_dV(row, n * CT + x, valueSum[i][n]);
      }
    }
  }
}
