// dTable[t,:] = sum of dy[n,:] over the positions n with tokens[n] = t, in ascending order, so that the bits repeat.
// One thread per element of the table.
//
// `ordered` finds the positions of a token in a list made beforehand (those of token t are
// index[start[t] .. start[t + 1])); `unordered` looks at every position.
struct Params { tokens: u32, width: u32, vocab: u32 }

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<i32>; // the positions by token, or the tokens themselves
@group(0) @binding(2) var<storage, read> start: array<i32>; // not used by `unordered`
@group(0) @binding(3) var<storage, read_write> dTable: array<f32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn ordered(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.vocab * p.width) { return; }
  let token = i / p.width;
  let column = i % p.width;
  var sum = 0.0;
  for (var n = start[token]; n < start[token + 1u]; n++) { sum += dy[u32(index[n]) * p.width + column]; }
  dTable[i] = sum;
}

@compute @workgroup_size(64)
fn unordered(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.vocab * p.width) { return; }
  let token = i32(i / p.width);
  let column = i % p.width;
  var sum = 0.0;
  for (var n = 0u; n < p.tokens; n++) {
    if (index[n] == token) { sum += dy[n * p.width + column]; }
  }
  dTable[i] = sum;
}
