// dTable[t,:] = sum of dy[n,:] over the positions n with tokens[n] = t, in ascending order, so that the bits repeat.
// One thread per element of the table.
//
// `ordered` finds the positions of a token in a list made beforehand (those of token t are
// index[start[t] .. start[t + 1])); `unordered` looks at every position.
// A dispatch writes rows first to first + count; of a table that is too large for one binding, it sees rows from `begin` on.
struct Params { tokens: u32, width: u32, first: u32, count: u32, begin: u32 }

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
  if (i >= p.count * p.width) { return; }
  let token = p.first + i / p.width;
  let column = i % p.width;
  var sum = 0.0;
  for (var n = start[token]; n < start[token + 1u]; n++) { sum += dy[u32(index[n]) * p.width + column]; }
  dTable[i + (p.first - p.begin) * p.width] = sum;
}

@compute @workgroup_size(64)
fn unordered(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + thread;
  if (i >= p.count * p.width) { return; }
  let token = i32(p.first + i / p.width);
  let column = i % p.width;
  var sum = 0.0;
  for (var n = 0u; n < p.tokens; n++) {
    if (index[n] == token) { sum += dy[n * p.width + column]; }
  }
  dTable[i + (p.first - p.begin) * p.width] = sum;
}
