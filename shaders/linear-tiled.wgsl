// C [m, n] = s (op(A) op(B) + A2 op(B2)) (+ bias [n]) (+ residual [m, n]), op = transpose or not, all matrices row-major.
// B may be packed (see src/kernels/packed-format.ts); A2 op(B2) is a low-rank correction.
//
// The shape for real GPUs. One workgroup of WG x WG threads per tile of 4 WG x 4 WG results; A and B pass through
// workgroup memory in slabs of BK along k, neighbouring threads loading neighbouring elements (of a packed B: words, each of
// which gives PER elements); each thread keeps 4 x 4 accumulators. The correction's slabs follow those of A and B. Elements
// outside the matrices enter the slabs as 0; no value depends on robust buffer access.
//
// Injected by src/kernels/matmul.ts: WG is rewritten (16 for large results, 8 for small ones), and so is the layout of B;
// packed-element.wgsl is appended. `if (NAME)` is resolved in the text, with the names of linear-subgroup.wgsl.
const WG = 16u;
const BK = 16u;
const TILE = 4u * WG;
const THREADS = WG * WG;
const PITCH = TILE + 4u; // keeps columns of the slab off one memory bank
const PER = 1u;
const BLOCK = 32u;
const TRANS_A = false;
const TRANS_B = false;

var<workgroup> slabA: array<f32, BK * PITCH>; // [k][m]
var<workgroup> slabB: array<f32, BK * PITCH>; // [k][n]

fn loadA(m0: u32, k0: u32, thread: u32) {
  for (var e = thread; e < TILE * BK; e += THREADS) {
    if (TRANS_A) {
      let x = e % TILE;
      let k = e / TILE;
    } else {
      let x = e / BK;
      let k = e % BK;
    }
    var value = 0f;
    if (m0 + x < p.m && k0 + k < p.k) {
      value = a[p.aOffset + select((m0 + x) * p.k + k0 + k, (k0 + k) * p.m + m0 + x, TRANS_A)];
    }
    slabA[k * PITCH + x] = value;
  }
}

// One word per turn. Rows divide into words, so that a word lies inside the matrix or outside, never across its edge.
fn loadB(n0: u32, k0: u32, thread: u32) {
  for (var e = thread; e < TILE * BK / PER; e += THREADS) {
    if (TRANS_B) {
      let x = e / (BK / PER);
      let k = e % (BK / PER) * PER;
    } else {
      let x = e % (TILE / PER) * PER;
      let k = e / (TILE / PER);
    }
    let valid = n0 + x < p.n && k0 + k < p.k;
    let at = select(0u, p.bOffset + select((k0 + k) * p.n + n0 + x, (n0 + x) * p.k + k0 + k, TRANS_B), valid);
    let word = words[at / PER];
    if (SCALED) {
      let scale = unpack2x16float(scales[at / BLOCK]);
    }
    for (var i = 0u; i < PER; i++) { // unroll
      if (SCALED) {
        let value = fma(scale.x, quantOf(word, i), scale.y);
      } else {
        let value = quantOf(word, i);
      }
      if (TRANS_B) {
        slabB[(k + i) * PITCH + x] = select(0f, value, valid);
      } else {
        slabB[k * PITCH + x + i] = select(0f, value, valid);
      }
    }
  }
}

fn loadSecond(m0: u32, n0: u32, k0: u32, thread: u32) {
  for (var e = thread; e < TILE * BK; e += THREADS) {
    let x = e / BK;
    let k = e % BK;
    var value = 0f;
    if (m0 + x < p.m && k0 + k < p.k2) { value = a2[(m0 + x) * p.k2 + k0 + k]; }
    slabA[k * PITCH + x] = value;
  }
  for (var e = thread; e < TILE * BK; e += THREADS) {
    if (TRANS_B) {
      let x = e / BK;
      let k = e % BK;
    } else {
      let x = e % TILE;
      let k = e / TILE;
    }
    var value = 0f;
    if (n0 + x < p.n && k0 + k < p.k2) {
      value = b2[select((k0 + k) * p.n + n0 + x, (n0 + x) * p.k2 + k0 + k, TRANS_B)];
    }
    slabB[k * PITCH + x] = value;
  }
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
  var acc: array<vec4f, 4>; // registers
  for (var slab = 0u; slab < all; slab++) {
    if (SECOND) {
      if (slab < slabs) {
        loadA(m0, slab * BK, thread);
        loadB(n0, slab * BK, thread);
      } else {
        loadSecond(m0, n0, (slab - slabs) * BK, thread);
      }
    } else {
      loadA(m0, slab * BK, thread);
      loadB(n0, slab * BK, thread);
    }
    workgroupBarrier();
    for (var k = 0u; k < BK; k++) {
      let atB = k * PITCH + lid.x * 4u;
      let bk = vec4f(slabB[atB], slabB[atB + 1u], slabB[atB + 2u], slabB[atB + 3u]);
      for (var i = 0u; i < 4u; i++) { // unroll
        acc[i] += slabA[k * PITCH + lid.y * 4u + i] * bk;
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) { // unroll
    let row = m0 + lid.y * 4u + i;
    let col = n0 + lid.x * 4u;
    store(row, col, acc[i].x);
    store(row, col + 1u, acc[i].y);
    store(row, col + 2u, acc[i].z);
    store(row, col + 3u, acc[i].w);
  }
}
