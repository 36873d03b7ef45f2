// C [m, n] = s (op(A) op(B) + A2 op(B2)) (+ bias [n]) (+ residual [m, n]), op = transpose or not, all matrices row-major.
// B may be packed (see src/kernels/packed-format.ts) and is then unpacked in registers; A2 op(B2) is a low-rank correction.
//
// The shape for software adapters. One workgroup of 4 threads per tile of TM rows x (TN vec4 x 4 threads) columns; the
// threads' columns lie next to each other, so that one load fetches four neighbours. No barrier, no workgroup memory:
// each thread keeps TM x TN vec4 accumulators. Of A each thread of a quad loads a different part (its own k, or with
// A^T its own row) and shares it by subgroupBroadcast. Broadcast ids stay below 4, the smallest subgroup WebGPU allows,
// and every thread of the workgroup works on the same rows, so any subgroup size is right.
//
// A packed B is read by whole words. Transposed, a word is PER steps of k of one column: STEP = SUB * 4 of them are done
// with one load of words, and scales are loaded once per BLOCK. Not transposed, a word is PER columns of one k, so that a
// thread's columns are neighbours (WIDE) instead.
//
// Rows and columns past the edge read the last valid one and are never stored; k past the last multiple of 4 runs in a
// scalar loop of its own. No value depends on robust buffer access.
//
// Injected by src/kernels/matmul.ts: TM, TN and the layout of B are rewritten, packed-element.wgsl is appended, and loops
// and arrays are prepared by unroll.ts. Each k-step ends in one addition per accumulator: writing a variable costs a
// software adapter more than several products.
// `if (NAME)` is resolved in the text, which spares the compiler the other branch: TRANS_A, TRANS_B, HAS_BIAS,
// HAS_RESIDUAL, ACCUMULATE (C += instead of C =), SOFTMAX_GRAD, SECOND (A2 and B2 are there), TAIL (k is no multiple of
// a step), WIDE, and those of packed-element.wgsl.
// SOFTMAX_GRAD: C = -coef exp(value - max - logSum), `bias` holding (max, logSum, coef) for each row, [m, 3].
enable subgroups;

const TM = 16u;
const TN = 2u;
const PER = 1u;
const BLOCK = 32u;
const SUB = 1u;
const STEP = 4u * SUB;
const TRANS_A = false;
const TRANS_B = false;

fn word4(i: vec4u) -> vec4<WORD> { return vec4<WORD>(words[i.x], words[i.y], words[i.z], words[i.w]); }
fn along4(i: u32) -> vec4<WORD> { return vec4<WORD>(words[i], words[i + 1u], words[i + 2u], words[i + 3u]); }
fn scales4(i: vec4u) -> vec4u { return vec4u(scales[i.x], scales[i.y], scales[i.z], scales[i.w]); }
fn lowHalves(v: vec4u) -> vec4f {
  return vec4f(unpack2x16float(v.x).x, unpack2x16float(v.y).x, unpack2x16float(v.z).x, unpack2x16float(v.w).x);
}
fn highHalves(v: vec4u) -> vec4f {
  return vec4f(unpack2x16float(v.x).y, unpack2x16float(v.y).y, unpack2x16float(v.z).y, unpack2x16float(v.w).y);
}
fn b2At(i: vec4u) -> vec4f { return vec4f(b2[i.x], b2[i.y], b2[i.z], b2[i.w]); }
fn element4(i: vec4u) -> vec4f { return vec4f(elementOf(i.x), elementOf(i.y), elementOf(i.z), elementOf(i.w)); }

// (d, m) of the block that holds an element.
fn scaleAt(i: u32) -> vec2f { return unpack2x16float(scales[i / BLOCK]); }

// Four neighbours of a row, from element i on: i is a multiple of 4, or for F16 of 2, and `last` the last pair that may be read.
fn neighbours(i: u32, last: u32) -> vec4f {
  if (INT4) { return vec4f((vec4u(words[i / PER]) >> (vec4u(0u, 4u, 8u, 12u) + 4u * (i % PER))) & vec4u(15u)); }
  if (INT8) { return vec4f((vec4i(bitcast<i32>(words[i / PER])) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)); }
  if (F16) { return vec4f(unpack2x16float(words[min(i, last) / PER]), unpack2x16float(words[min(i + 2u, last) / PER])); }
  if (PLAIN) { return vec4f(); }
}

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let m0 = (p.firstRow + wid.y) * TM;
  if (WIDE) {
    let n0 = (p.firstColumn + wid.x) * (16u * TN) + 4u * TN * lane;
    let across = vec4u(0u, 1u, 2u, 3u);
    let apart = 4u;
  } else {
    let n0 = (p.firstColumn + wid.x) * (16u * TN) + lane;
    let across = vec4u(0u, 4u, 8u, 12u);
    let apart = 16u;
  }

  var aAt: array<u32, TM>; // once
  for (var i = 0u; i < TM; i++) { // unroll flat
    if (TRANS_A) {
      aAt[i] = p.aOffset + i % 4u * p.m + min(m0 + i / 4u * 4u + lane, p.m - 1u);
    } else {
      aAt[i] = p.aOffset + min(m0 + i, p.m - 1u) * p.k + lane;
    }
  }
  var col: array<vec4u, TN>; // once
  for (var j = 0u; j < TN; j++) { // unroll flat
    col[j] = min(n0 + apart * j + across, vec4u(p.n - 1u));
  }

  var acc: array<array<vec4f, TN>, TM>; // registers
  let whole = p.k - p.k % STEP;
  if (SPANS) {
    let span = BLOCK;
  } else {
    let span = whole;
  }
  for (var start = 0u; start < whole; start += span) {
    if (SPANS) {
      var d: array<vec4f, TN>; // once
      var least: array<vec4f, TN>; // once
      var blocks: array<vec4u, TN>; // once
      for (var j = 0u; j < TN; j++) { // unroll flat
        blocks[j] = scales4((p.bOffset + col[j] * p.k + start) / BLOCK);
        d[j] = lowHalves(blocks[j]);
        least[j] = highHalves(blocks[j]);
      }
    }
    let end = start + span;
    for (var at = start; at < end; at += STEP) {
      if (SPANS) {
        var held: array<vec4u, TN>; // once
        for (var j = 0u; j < TN; j++) { // unroll flat
          held[j] = word4((p.bOffset + col[j] * p.k + at) / PER);
        }
      }
      for (var s = 0u; s < SUB; s++) { // unroll
        let k = at + 4u * s;
        var av: array<f32, TM>; // once
        for (var i = 0u; i < TM; i++) { // unroll flat
          if (TRANS_A) {
            av[i] = a[aAt[i] + k * p.m];
          } else {
            av[i] = a[aAt[i] + k];
          }
        }
        var row: array<vec4f, TM>; // once
        for (var i = 0u; i < TM; i++) { // unroll flat
          if (TRANS_A) {
            row[i] = vec4f(
              subgroupBroadcast(av[i / 4u * 4u], i % 4u),
              subgroupBroadcast(av[i / 4u * 4u + 1u], i % 4u),
              subgroupBroadcast(av[i / 4u * 4u + 2u], i % 4u),
              subgroupBroadcast(av[i / 4u * 4u + 3u], i % 4u),
            );
          } else {
            row[i] = vec4f(
              subgroupBroadcast(av[i], 0u),
              subgroupBroadcast(av[i], 1u),
              subgroupBroadcast(av[i], 2u),
              subgroupBroadcast(av[i], 3u),
            );
          }
        }
        if (WIDE) {
          let first = p.bOffset + k * p.n;
          let left = min(n0, p.n - PER);
          if (SCALED) {
            let r0 = scaleAt(first + left);
            let r1 = scaleAt(first + p.n + left);
            let r2 = scaleAt(first + 2u * p.n + left);
            let r3 = scaleAt(first + 3u * p.n + left);
          }
        }
        for (var j = 0u; j < TN; j++) { // unroll
          if (SPANS) {
            if (INT4) {
              let q = held[j] >> vec4u(16u * s);
              let q0 = vec4f(q & vec4u(15u));
              let q1 = vec4f((q >> vec4u(4u)) & vec4u(15u));
              let q2 = vec4f((q >> vec4u(8u)) & vec4u(15u));
              let q3 = vec4f((q >> vec4u(12u)) & vec4u(15u));
            } else {
              let q = bitcast<vec4i>(held[j]);
              let q0 = vec4f((q << vec4u(24u)) >> vec4u(24u));
              let q1 = vec4f((q << vec4u(16u)) >> vec4u(24u));
              let q2 = vec4f((q << vec4u(8u)) >> vec4u(24u));
              let q3 = vec4f(q >> vec4u(24u));
            }
            let w0 = fma(d[j], q0, least[j]);
            let w1 = fma(d[j], q1, least[j]);
            let w2 = fma(d[j], q2, least[j]);
            let w3 = fma(d[j], q3, least[j]);
          }
          if (ALONG) {
            let base = p.bOffset + col[j] * p.k + k;
            if (F16) {
              let c0 = neighbours(base.x, base.x + 2u);
              let c1 = neighbours(base.y, base.y + 2u);
              let c2 = neighbours(base.z, base.z + 2u);
              let c3 = neighbours(base.w, base.w + 2u);
            } else {
              let c0 = along4(base.x);
              let c1 = along4(base.y);
              let c2 = along4(base.z);
              let c3 = along4(base.w);
            }
            let w0 = vec4f(c0.x, c1.x, c2.x, c3.x);
            let w1 = vec4f(c0.y, c1.y, c2.y, c3.y);
            let w2 = vec4f(c0.z, c1.z, c2.z, c3.z);
            let w3 = vec4f(c0.w, c1.w, c2.w, c3.w);
          }
          if (WIDE) {
            let base = first + min(n0 + 4u * j, p.n - 2u);
            let last = first + p.n - 2u;
            let q0 = neighbours(base, last);
            let q1 = neighbours(base + p.n, last + p.n);
            let q2 = neighbours(base + 2u * p.n, last + 2u * p.n);
            let q3 = neighbours(base + 3u * p.n, last + 3u * p.n);
            if (SCALED) {
              let w0 = fma(vec4f(r0.x), q0, vec4f(r0.y));
              let w1 = fma(vec4f(r1.x), q1, vec4f(r1.y));
              let w2 = fma(vec4f(r2.x), q2, vec4f(r2.y));
              let w3 = fma(vec4f(r3.x), q3, vec4f(r3.y));
            } else {
              let w0 = q0;
              let w1 = q1;
              let w2 = q2;
              let w3 = q3;
            }
          }
          if (ACROSS) {
            let base = p.bOffset + col[j] + k * p.n;
            let w0 = word4(base);
            let w1 = word4(base + p.n);
            let w2 = word4(base + 2u * p.n);
            let w3 = word4(base + 3u * p.n);
          }
          for (var i = 0u; i < TM; i++) { // unroll
            acc[i][j] = fma(vec4f(row[i].x), w0, fma(vec4f(row[i].y), w1, fma(vec4f(row[i].z), w2, fma(vec4f(row[i].w), w3, acc[i][j]))));
          }
        }
      }
    }
  }
  if (TAIL) {
    for (var k = whole; k < p.k; k++) {
      for (var j = 0u; j < TN; j++) { // unroll
        let bk = element4(p.bOffset + select(col[j] + k * p.n, col[j] * p.k + k, TRANS_B));
        for (var i = 0u; i < TM; i++) { // unroll
          let m = min(m0 + i, p.m - 1u);
          acc[i][j] += a[p.aOffset + select(m * p.k + k, k * p.m + m, TRANS_A)] * bk;
        }
      }
    }
  }
  if (SECOND) {
    // Past k2 the factor of A2 is 0, and B2 reads its last valid element.
    for (var k = 0u; k < p.k2; k += 4u) {
      let own = min(k + lane, p.k2 - 1u);
      let valid = k + lane < p.k2;
      var sv: array<f32, TM>; // once
      for (var i = 0u; i < TM; i++) { // unroll flat
        sv[i] = select(0f, a2[min(m0 + i, p.m - 1u) * p.k2 + own], valid);
      }
      var second: array<vec4f, TM>; // once
      for (var i = 0u; i < TM; i++) { // unroll flat
        second[i] = vec4f(
          subgroupBroadcast(sv[i], 0u),
          subgroupBroadcast(sv[i], 1u),
          subgroupBroadcast(sv[i], 2u),
          subgroupBroadcast(sv[i], 3u),
        );
      }
      let k1 = min(k + 1u, p.k2 - 1u);
      let k2 = min(k + 2u, p.k2 - 1u);
      let k3 = min(k + 3u, p.k2 - 1u);
      for (var j = 0u; j < TN; j++) { // unroll
        if (TRANS_B) {
          let base = col[j] * p.k2;
          let w0 = b2At(base + k);
          let w1 = b2At(base + k1);
          let w2 = b2At(base + k2);
          let w3 = b2At(base + k3);
        } else {
          let w0 = b2At(col[j] + k * p.n);
          let w1 = b2At(col[j] + k1 * p.n);
          let w2 = b2At(col[j] + k2 * p.n);
          let w3 = b2At(col[j] + k3 * p.n);
        }
        for (var i = 0u; i < TM; i++) { // unroll
          acc[i][j] = fma(vec4f(second[i].x), w0, fma(vec4f(second[i].y), w1, fma(vec4f(second[i].z), w2, fma(vec4f(second[i].w), w3, acc[i][j]))));
        }
      }
    }
  }

  for (var i = 0u; i < TM; i++) { // unroll
    for (var j = 0u; j < TN; j++) { // unroll
      store(m0 + i, n0 + apart * j, acc[i][j].x);
      store(m0 + i, n0 + apart * j + across.y, acc[i][j].y);
      store(m0 + i, n0 + apart * j + across.z, acc[i][j].z);
      store(m0 + i, n0 + apart * j + across.w, acc[i][j].w);
    }
  }
}
