// C [m, n] = s (op(A) op(B) + A2 op(B2)) (+ bias [n]) (+ residual [m, n]), as linear-tiled.wgsl, four numbers at a time.
//
// For matrices whose rows, as they lie in memory, are multiples of four: A [m, k] or, TRANS_A, [k, m]; B [k, n] or, TRANS_B,
// [n, k]; TRANS_A with TRANS_B is left to linear-tiled.wgsl. One workgroup of WG x WG threads per tile of TILE x TILE results, R x R
// of them a thread. A and B pass through workgroup memory in slabs of BK along k, each as it lies in memory, in quads; the next
// slab is on its way in registers while this one is multiplied. A thread owns rows (columns) WG apart where k runs along the
// quads, so that neighbouring threads read neighbouring rows, and quads WG apart elsewhere. SPLIT: k is shared out among the
// workgroups of a tile, `per` slabs each, and C is their sums apart, [splits, m, n], for linear-sum.wgsl.
//
// Injected by src/kernels/matmul.ts: WG, R, BK, LOADS; the layout of B, whose words are read a quad at a time.
const WG = 16u;
const R = 4u;
const BK = 16u;
const TILE = WG * R;
const THREADS = WG * WG;
const LOADS = 1u; // quads of a slab that a thread brings: TILE BK / 4 / THREADS
const ALONG = BK / 4u + 1u; // quads from row to row of a slab with quads along k: odd, to keep off one memory bank
const ACROSS = TILE / 4u; // of the others
const BLOCK = 32u;

var<workgroup> slabA: array<vec4f, TILE * ALONG>;
var<workgroup> slabB: array<vec4f, TILE * ALONG>;

// Four numbers along k for a row x, or for a row k along x; 0 outside.
fn loadA(x: u32, k: u32, second: bool) -> vec4f {
  let depth = select(p.k, p.k2, second);
  if (x >= p.m || k >= depth) { return vec4f(); }
  if (SECOND) {
    if (second) { return a2[(x * p.k2 + k) / 4u]; }
  }
  if (TRANS_A) {
    return a[(p.aOffset + k * p.m + x) / 4u];
  } else {
    return a[(p.aOffset + x * p.k + k) / 4u];
  }
}
fn loadB(x: u32, k: u32, second: bool) -> vec4f {
  let depth = select(p.k, p.k2, second);
  if (x >= p.n || k >= depth) { return vec4f(); }
  if (TRANS_B) {
    let at = x * depth + k;
  } else {
    let at = k * p.n + x;
  }
  if (SECOND) {
    if (second) { return b2[at / 4u]; }
  }
  return quadOf((p.bOffset + at) / 4u);
}

@compute @workgroup_size(WG, WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(local_invocation_id) lid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m0 = (p.firstRow + wid.y) * TILE;
  let n0 = (p.firstColumn + wid.x) * TILE;
  let slabs = (p.k + BK - 1u) / BK;
  if (SECOND) {
    let all = slabs + (p.k2 + BK - 1u) / BK;
  } else {
    let all = slabs;
  }
  let begin = wid.z * p.per;
  let end = min(all, begin + p.per);
  var nextA: array<vec4f, LOADS>; // registers
  var nextB: array<vec4f, LOADS>; // registers
  var acc: array<array<vec4f, R / 4>, R>; // registers
  for (var slab = begin; slab <= end; slab++) {
    if (slab > begin) {
      for (var t = 0u; t < LOADS; t++) { // unroll
        let e = t * THREADS + thread;
        if (TRANS_A) {
          slabA[e] = nextA[t];
        } else {
          slabA[e / (BK / 4u) * ALONG + e % (BK / 4u)] = nextA[t];
        }
        if (TRANS_B) {
          slabB[e / (BK / 4u) * ALONG + e % (BK / 4u)] = nextB[t];
        } else {
          slabB[e] = nextB[t];
        }
      }
    }
    workgroupBarrier();
    if (slab < end) {
      let second = slab >= slabs;
      let k0 = select(slab, slab - slabs, second) * BK;
      for (var t = 0u; t < LOADS; t++) { // unroll
        let e = t * THREADS + thread;
        if (TRANS_A) {
          nextA[t] = loadA(m0 + e % ACROSS * 4u, k0 + e / ACROSS, second);
        } else {
          nextA[t] = loadA(m0 + e / (BK / 4u), k0 + e % (BK / 4u) * 4u, second);
        }
        if (TRANS_B) {
          nextB[t] = loadB(n0 + e / (BK / 4u), k0 + e % (BK / 4u) * 4u, second);
        } else {
          nextB[t] = loadB(n0 + e % ACROSS * 4u, k0 + e / ACROSS, second);
        }
      }
    }
    if (slab > begin) {
      if (TRANS_A) {
        for (var k = 0u; k < BK; k++) {
          for (var i = 0u; i < R / 4; i++) { // unroll
            let av = slabA[k * ACROSS + i * WG + lid.y];
            for (var j = 0u; j < R / 4; j++) { // unroll
              let bv = slabB[k * ACROSS + j * WG + lid.x];
              for (var s = 0u; s < 4u; s++) { // unroll
                acc[i * 4 + s][j] = fma(vec4f(av[s]), bv, acc[i * 4 + s][j]);
              }
            }
          }
        }
      } else {
        for (var k = 0u; k < BK / 4u; k++) {
          var av: array<vec4f, R>; // registers
          for (var i = 0u; i < R; i++) { // unroll
            av[i] = slabA[(i * WG + lid.y) * ALONG + k];
          }
          if (TRANS_B) {
            for (var j = 0u; j < R / 4; j++) { // unroll
              for (var s = 0u; s < 4u; s++) { // unroll
                let bv = slabB[((j * 4u + s) * WG + lid.x) * ALONG + k];
                for (var i = 0u; i < R; i++) { // unroll
                  acc[i][j][s] = fma(av[i].x, bv.x, fma(av[i].y, bv.y, fma(av[i].z, bv.z, fma(av[i].w, bv.w, acc[i][j][s]))));
                }
              }
            }
          } else {
            for (var s = 0u; s < 4u; s++) { // unroll
              for (var j = 0u; j < R / 4; j++) { // unroll
                let bv = slabB[(k * 4u + s) * ACROSS + j * WG + lid.x];
                for (var i = 0u; i < R; i++) { // unroll
                  acc[i][j] = fma(vec4f(av[i][s]), bv, acc[i][j]);
                }
              }
            }
          }
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < R; i++) { // unroll
    if (TRANS_A) {
      let row = m0 + (i / 4u * WG + lid.y) * 4u + i % 4u;
    } else {
      let row = m0 + i * WG + lid.y;
    }
    for (var j = 0u; j < R / 4; j++) { // unroll
      for (var s = 0u; s < 4u; s++) { // unroll
        if (TRANS_B) {
          let col = n0 + (j * 4u + s) * WG + lid.x;
        } else {
          let col = n0 + (j * WG + lid.x) * 4u + s;
        }
        if (SPLIT) {
          if (row < p.m && col < p.n) { c[(wid.z * p.m + row) * p.n + col] = acc[i][j][s]; }
        } else {
          store(row, col, acc[i][j][s]);
        }
      }
    }
  }
}
