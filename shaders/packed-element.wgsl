// Appended to kernels that read a weight which may be packed (src/kernels/packed-shader.ts): one element of it, in registers.
// The kernel declares `words: array<WORD>` and `scales: array<u32>`; a word holds PER neighbours of a row, low bits first, and
// BLOCK neighbours share one word (d, m) in half precision: value = d * q + m.
//
// `if (INT4)`, `if (INT8)`, `if (F16)` and `if (SCALED)` are resolved in the text, and so is WORD: f32 for a plain matrix.

fn quantOf(word: WORD, i: u32) -> f32 {
  if (INT4) { return f32((word >> (4u * i)) & 15u); }
  if (INT8) { return f32(extractBits(bitcast<i32>(word), 8u * i, 8u)); }
  if (F16) { return unpack2x16float(word)[i]; }
  if (PLAIN) { return word; }
}

fn elementOf(i: u32) -> f32 {
  let q = quantOf(words[i / PER], i % PER);
  if (SCALED) {
    let scale = unpack2x16float(scales[i / BLOCK]);
    return fma(scale.x, q, scale.y);
  } else {
    return q;
  }
}
