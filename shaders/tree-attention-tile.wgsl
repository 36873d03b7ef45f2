// Part of the tiled attention kernels: what they share; src/kernels/tree-attention-tiled.ts puts it before each of them.
//
// The shape for real GPUs. A workgroup of RT x CT threads owns TR RT rows (queries, or in the keys' gradient keys) of one head
// and walks over tiles of 4 CT columns (keys, or queries), which pass through workgroup memory. Thread (y, x) has the
// products of the rows y, RT + y, 2 RT + y, ... with the columns x, CT + x, 2 CT + x, 3 CT + x in registers, and of the
// results the same rows at the vectors x, CT + x, ... of the head. Between the two, the weights of a tile pass through workgroup
// memory, one vector being those four columns of a row. A row of workgroup memory is an odd number of vectors, so that
// neighbouring rows lie on different banks; past the end of a head it is 0. Every sum has a fixed order.
//
// A token's subtree ends at visibleUntil, and subtrees nest (a forest): where one is over before the rows begin, nothing in it
// is seen, and the walk goes on at its end.
//
// The host writes the constants, VEC (vec2f when the head is no multiple of four), access to each matrix
// (tree-attention-matrix.wgsl) and the steps (tree-attention-steps.wgsl).
alias VEC = vec4f;
const PARTS = 16u; // vectors of four of a head
const PITCH = 16u; // VECs of a head
const COLS = 2u; // vectors of a result that a thread has, per row
const CT = 8u;
const RT = 8u;
const TR = 4u; // rows of a thread: 4 or 8
const GROUPS = 1u; // TR / 4
const MATRICES = 1u; // whose rows are kept
const WIDTH = COLS * CT; // PARTS, and zeros
const THREADS = RT * CT;
const BLOCK = TR * RT; // rows of a workgroup
const TILE = 4u * CT; // columns that it has at a time
const LOG2E = 1.4426950408889634; // weights are powers of two: exp is one multiplication more
const HIDDEN = -1.0e30;
const LOWEST = -1.0e29; // above HIDDEN, so that a row which sees nothing in a tile gives its columns the weight 0

struct Params {
  tokens: u32,
  heads: u32,
  kvHeads: u32,
  scale: f32,
  first: u32, // workgroups before this part
  shares: u32, // of the keys' gradient
}

struct Row { part: array<array<vec4f, 4>, WIDTH / 4u>, pad: vec4f }
struct Shares { by: array<vec4f, CT>, pad: vec4f }

@group(0) @binding(0) var<storage, read> q: array<VEC>;
@group(0) @binding(1) var<storage, read> k: array<VEC>;
@group(0) @binding(2) var<storage, read> v: array<VEC>;
@group(0) @binding(3) var<storage, read> visibleUntil: array<i32>;

var<workgroup> rows: array<array<array<Row, RT>, TR>, MATRICES>;
var<workgroup> columns: array<array<Row, CT>, 4>;
var<workgroup> weights: array<array<Shares, RT>, TR>;
var<workgroup> exchange: array<array<Shares, RT>, GROUPS>; // four rows of a thread by vector

// For the tokens token, token + step, ...: how many from each on see it.
fn spansFrom(token: u32, step: u32) -> vec4u {
  let at = vec4u(token) + step * vec4u(0u, 1u, 2u, 3u);
  let own = min(at, vec4u(p.tokens - 1u));
  let end = vec4i(visibleUntil[own.x], visibleUntil[own.y], visibleUntil[own.z], visibleUntil[own.w]);
  return select(vec4u(), vec4u(end) - at, at < vec4u(p.tokens));
}

// `distance` is from key to query, modulo 2^32: past every span where the query comes first.
fn hide(score: vec4f, distance: vec4u, span: vec4u) -> vec4f {
  return select(vec4f(HIDDEN), score, distance < span);
}

// Where the walk over columns goes on, for rows from `first` to `last`; past `last` when there is nothing more. `ahead` is where the
// subtree of `start` ends, read before it is needed.
fn nextSeen(start: u32, ahead: i32, first: u32, last: u32) -> u32 {
  var at = start;
  var end = u32(ahead);
  while (at <= last && end <= first) {
    at = max(end, at + 1u);
    end = u32(visibleUntil[min(at, last)]);
  }
  return at;
}
