// y[n,:] = table[tokens[n],:], the table plain or packed. One thread per element.
// packed-element.wgsl is appended by src/kernels/packed-shader.ts, which also sets PER, BLOCK and WORD.
const PER = 1u;
const BLOCK = 32u;
alias WORD = f32;

// Of a table that is too large for one binding, a dispatch sees rows from `begin` on and writes those of tokens first to first + count.
struct Params { tokens: u32, width: u32, first: u32, count: u32, begin: u32 }

@group(0) @binding(0) var<storage, read> words: array<WORD>; // the table
@group(0) @binding(1) var<storage, read> scales: array<u32>; // of the table, when packed with scales
@group(0) @binding(2) var<storage, read> tokens: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.tokens * p.width) { return; }
  let token = u32(tokens[i / p.width]);
  if (token < p.first || token - p.first >= p.count) { return; }
  y[i] = elementOf((token - p.begin) * p.width + i % p.width);
}
