// Part of the tiled attention kernels: access to one matrix, repeated for each, with MATRIX and HEADS written by the host.

if (READ) {
// Vector c of a head of a token; 0 past the head's end. The last token stands for those after it, which nobody sees.
fn load_MATRIX(token: u32, head: u32, c: u32) -> vec4f {
  let row = (min(token, p.tokens - 1u) * p.HEADS + head) * PITCH;
  if (HALVES) {
    let at = min(2u * c, PITCH - 1u);
    let more = min(2u * c + 1u, PITCH - 1u);
    let both = vec4f(MATRIX[row + at], MATRIX[row + more]);
    return select(vec4f(), both, vec4u(2u * c, 2u * c, 2u * c + 1u, 2u * c + 1u) < vec4u(PITCH));
  } else {
    if (PADDED) {
      return select(vec4f(), MATRIX[row + min(c, PARTS - 1u)], c < PARTS);
    } else {
      return MATRIX[row + c];
    }
  }
}
}

if (WRITTEN) {
// Row: token * heads + head.
fn store_MATRIX(row: u32, c: u32, value: vec4f) {
  if (c >= PARTS) { return; }
  if (HALVES) {
    MATRIX[row * PITCH + 2u * c] = value.xy;
    if (2u * c + 1u < PITCH) { MATRIX[row * PITCH + 2u * c + 1u] = value.zw; }
  } else {
    MATRIX[row * PITCH + c] = value;
  }
}
}
