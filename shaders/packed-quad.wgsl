// Appended to kernels that read a weight which may be packed, four neighbours of a row at a time: quad i holds elements 4i to
// 4i + 3. The layout is that of packed-element.wgsl; WORD is vec4f for a plain matrix.
fn quadOf(i: u32) -> vec4f {
  if (PLAIN) {
    return words[i];
  } else {
    if (F16) {
      let q = vec4f(unpack2x16float(words[2u * i]), unpack2x16float(words[2u * i + 1u]));
    }
    if (INT8) {
      let word = bitcast<i32>(words[i]);
      let q = vec4f((vec4i(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
    }
    if (INT4) {
      let half = words[i / 2u] >> (16u * (i % 2u));
      let q = vec4f((vec4u(half) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u));
    }
    if (SCALED) {
      let scale = unpack2x16float(scales[4u * i / BLOCK]);
      return fma(vec4f(scale.x), q, vec4f(scale.y));
    } else {
      return q;
    }
  }
}
