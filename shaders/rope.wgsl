// Rotary embedding, pairs (i, i + D/2) of each head turned by position * inverseFrequency[i].
// One thread per (row, pair), which turns that pair in every head. `direction` is 1, or -1 for the gradient.
//
// WGSL promises sin and cos only to 2^-11 and only near zero, so the angle (up to some 10^4) is reduced by multiples
// of pi/2 in three parts, whose first product is exact, and the rest goes through short polynomials.
struct Params { rows: u32, heads: u32, half: u32, direction: f32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> position: array<i32>;
@group(0) @binding(2) var<storage, read> inverseFrequency: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

/** (cos, sin), about 1e-7 absolute for |angle| < 50,000. */
fn turn(angle: f32) -> vec2f {
  let k = round(angle * 0.63661977236758134);
  // pi/2 = 1.5703125 + 4.837512969970703e-4 + 7.549789948768648e-8
  let a = ((angle - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789948768648e-8;
  let b = a * a;
  let s = a + a * b * (-0.16666654611 + b * (0.00833216087 - b * 0.00019515296));
  let c = 1.0 - 0.5 * b + b * b * (0.04166664568 + b * (-0.00138873163 + b * 0.00002443315));
  switch (u32(i32(k) & 3)) {
    case 0u: { return vec2f(c, s); }
    case 1u: { return vec2f(-s, c); }
    case 2u: { return vec2f(-c, -s); }
    default: { return vec2f(s, -c); }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.x + group.y * groups.x) * 64u + thread;
  if (index >= p.rows * p.half) { return; }
  let row = index / p.half;
  let i = index % p.half;
  let t = turn(f32(position[row]) * inverseFrequency[i]) * p.scale;
  let c = t.x;
  let s = t.y * p.direction;
  for (var h = 0u; h < p.heads; h++) {
    let at = (row * p.heads + h) * 2u * p.half + i;
    let a = x[at];
    let b = x[at + p.half];
    y[at] = a * c - b * s;
    y[at + p.half] = b * c + a * s;
  }
}
