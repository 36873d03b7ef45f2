// The Euclidean norm of a flat vector in a fixed order: partial sums of each of its segments, then their sum. A number that is not finite anywhere makes
// the norm infinite; that is tested on the bits, because a shader compiler may assume that such numbers do not occur.
struct Params { size: u32, infinity: u32, first: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

const THREADS = 1024u; // of a segment's dispatch, and its partial sums

fn finite(v: f32) -> bool { return (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u; }

/** result[first + t] = sum of squares of every THREADS-th number of a segment. */
@compute @workgroup_size(64)
fn partials(@builtin(global_invocation_id) id: vec3u) {
  var sum = 0.0;
  var sound = true;
  for (var i = id.x; i < p.size; i += THREADS) {
    let v = x[i];
    sound = sound && finite(v);
    sum += v * v;
  }
  result[p.first + id.x] = select(bitcast<f32>(p.infinity), sum, sound && finite(sum));
}

var<workgroup> sums: array<f32, 64>;
var<workgroup> sounds: array<u32, 64>;

/** One workgroup: result[0] = root of the sum of the partial sums. */
@compute @workgroup_size(64)
fn finish(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  var sound = true;
  for (var i = thread; i < p.size; i += 64u) {
    sound = sound && finite(x[i]);
    sum += x[i];
  }
  sums[thread] = sum;
  sounds[thread] = u32(sound);
  workgroupBarrier();
  if (thread != 0u) { return; }
  for (var t = 1u; t < 64u; t++) {
    sum += sums[t];
    sound = sound && sounds[t] == 1u;
  }
  result[0] = select(bitcast<f32>(p.infinity), sqrt(sum), sound && finite(sum));
}
