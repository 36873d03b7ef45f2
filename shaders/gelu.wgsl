// y = x * Phi(x), the normal distribution's Phi either exact (by erf) or as 1 / (1 + exp(-2u)) with
// u = sqrt(2/pi) (x + 0.044715 x^3), which is the usual form with tanh. `slope` writes dx = dy * y'(x) instead.
override TANH: u32 = 0u;

struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>; // x again in the forward pass
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> p: Params;

/** 1 + erf(v), at most 1.5e-7 off (Abramowitz and Stegun, 7.1.26). */
fn onePlusErf(v: f32) -> f32 {
  let a = min(abs(v), 9.0);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let rest = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = rest * exp(-a * a);
  return select(2.0 - tail, tail, v < 0.0);
}

/** (Phi, Phi'). */
fn share(v: f32) -> vec2f {
  let c = clamp(v, -30.0, 30.0); // beyond, Phi is 0 or 1 to the last bit, and powers of v could overflow
  if (TANH == 1u) {
    let u = 0.7978845608028654 * (c + 0.044715 * c * c * c);
    let e = exp(min(-2.0 * u, 88.0));
    let s = 1.0 / (1.0 + e);
    return vec2f(s, 2.0 * 0.7978845608028654 * (1.0 + 0.134145 * c * c) * s * (e * s)); // e * s = 1 - s
  }
  return vec2f(0.5 * onePlusErf(c * 0.7071067811865476), 0.3989422804014327 * exp(-0.5 * c * c));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  y[i] = x[i] * share(x[i]).x;
}

@compute @workgroup_size(64)
fn slope(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.size) { return; }
  let s = share(x[i]);
  y[i] = dy[i] * (s.x + clamp(x[i], -30.0, 30.0) * s.y);
}
