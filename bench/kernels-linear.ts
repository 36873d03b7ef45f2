import type { EntryTensors } from '../src/kernels/entry-tensors';
import { linear } from '../src/kernels/linear';
import { linearLogProb } from '../src/kernels/linear-log-prob';
import { logSoftmaxGather } from '../src/kernels/log-softmax-gather';
import { matmul } from '../src/kernels/multiply';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '../src/tf';
import { gpuStats, guardGpu, onOwnGpu, readFloats, resetGpuStats, tf, trimGpuPool } from '../src/tf';

export interface KernelRow {
  name: string;
  shape: string;
  oursMs: number;
  otherMs: number;
  /** Fastest of the other side over the fastest of ours: for short kernels, whose median other load can move. */
  bestRatio: number;
  /** Most bytes of GPU buffers in use beyond those at the start. */
  oursPeakBytes: number;
  otherPeakBytes: number;
}

export interface KernelBench {
  rows: KernelRow[];
  /** How many times better ours is than the other side. */
  ratios: Record<string, number>;
}

/** Deterministic values in [-0.5, 0.5), the same on both sides. */
export const filled = (m: number, n: number, seed: number): Tensor2D => {
  const values = new Float32Array(m * n);
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2 ** 32 - 0.5;
  }
  return tf.tensor2d(values, [m, n]);
};

/** Throws unless max |a - b| <= tolerance * max |b|. */
export const checkParity = async (what: string, a: Tensor, b: Tensor, tolerance = 1e-4) => {
  const [worst, scale] = await Promise.all(
    tf
      .tidy(() => [tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(b))])
      .map(async (t) => (await readFloats(t))[0]!),
  );
  if (!(worst! <= tolerance * scale!))
    throw new Error(`${what}: the two sides differ by ${worst} at a scale of ${scale}.`);
};

/** Runs f to the end of its GPU work, by reading one number of each result. */
const finish = async (f: () => Tensor[]) => {
  const results = tf.tidy(f);
  const probes = tf.tidy(() => results.map((t) => tf.slice(tf.reshape(t, [-1]), [0], [1])));
  for (const probe of probes) await readFloats(probe);
  tf.dispose([...results, ...probes]);
};

const peakOf = async (f: () => Tensor[]) => {
  await finish(f); // compiles
  trimGpuPool();
  resetGpuStats();
  const before = gpuStats().bytes;
  await finish(f);
  const peak = gpuStats().peakBytes - before;
  trimGpuPool();
  return peak;
};

const timeOf = async (f: () => Tensor[]) => {
  const start = performance.now();
  await finish(f);
  return performance.now() - start;
};

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

/** Bytes first, then times by turns, so that other load on the machine falls on both sides. */
export const compareSides = async (
  name: string,
  shape: string,
  ours: () => Tensor[],
  other: () => Tensor[],
  repetitions: { ours: number; other: number },
): Promise<KernelRow> => {
  const [otherPeakBytes, oursPeakBytes] = [await peakOf(other), await peakOf(ours)];
  const [otherTimes, oursTimes]: number[][] = [[], []];
  const perTurn = Math.ceil(repetitions.ours / repetitions.other);
  for (let turn = 0; turn < repetitions.other; turn++) {
    const sides = [
      async () => otherTimes!.push(await timeOf(other)),
      async () => {
        for (let i = 0; i < perTurn; i++) oursTimes!.push(await timeOf(ours));
      },
    ];
    if (turn % 2 === 1) sides.reverse(); // neither side always comes after the other
    for (const side of sides) await side();
  }
  return {
    name,
    shape,
    oursMs: median(oursTimes!),
    otherMs: median(otherTimes!),
    bestRatio: Math.min(...otherTimes!) / Math.min(...oursTimes!),
    oursPeakBytes,
    otherPeakBytes,
  };
};

export const needGpu = () => {
  if (!onOwnGpu())
    throw new Error('The kernel benchmark compares WebGPU kernels: start it with initBackend("webgpu").');
};

/** Our product against tf.matMul, at 512^3 and 1024^3; and its transposed forms, which every gradient needs, at 512^3. */
export const benchLinear = async (): Promise<KernelBench> => {
  needGpu();
  return guardGpu(async () => {
    const rows: KernelRow[] = [];
    const ratios: Record<string, number> = {};
    for (const size of [512, 1024]) {
      const [a, b] = [filled(size, size, 1), filled(size, size, 2)];
      const forms = [
        { key: 'linear', transposeA: false, transposeB: true },
        ...(size === 512
          ? [
              { key: 'linear.nn', transposeA: false, transposeB: false },
              { key: 'linear.tn', transposeA: true, transposeB: false },
            ]
          : []),
      ];
      for (const { key, transposeA, transposeB } of forms) {
        // The peer of x w^T is tf.matMul without a transpose, the faster of its forms.
        const ours = () => [key === 'linear' ? linear(a, b) : matmul(a, b, { transposeA, transposeB })];
        const peer = () => [tf.matMul(a, b, transposeA, key === 'linear' ? false : transposeB) as Tensor];
        const expected = tf.matMul(a, b, transposeA, transposeB);
        const got = ours()[0]!;
        await checkParity(`${key} ${size}`, got, expected);
        tf.dispose([got, expected]);
        const row = await compareSides(key, `${size} x ${size} x ${size}`, ours, peer, { ours: 6, other: 3 });
        rows.push(row);
        ratios[`${key}.${size}`] = row.otherMs / row.oursMs;
      }
      tf.dispose([a, b]);
    }
    return { rows, ratios };
  });
};

/** One target per row, one step per eight rows. */
const entriesFor = (rows: number, vocabulary: number): EntryTensors => {
  const index = Int32Array.from({ length: rows }, (_, i) => i);
  const steps = Math.ceil(rows / 8);
  return {
    row: tf.tensor1d(index, 'int32'),
    target: tf.tensor1d(
      index.map((i) => (i * 7919) % vocabulary),
      'int32',
    ),
    weight: tf.ones([rows]) as Tensor1D,
    rows: tf.tensor1d(index, 'int32'),
    rowStart: tf.tensor1d(
      Int32Array.from({ length: rows + 1 }, (_, i) => i),
      'int32',
    ),
    rowEntries: tf.tensor1d(index, 'int32'),
    step: tf.tensor1d(
      index.map((i) => i >> 3),
      'int32',
    ),
    stepStart: tf.tensor1d(
      Int32Array.from({ length: steps + 1 }, (_, s) => Math.min(rows, 8 * s)),
      'int32',
    ),
  };
};

/** Loss, dHidden and dHead of sum(c_m logProb_m), which is what a method's loss looks like from here. */
const withGradients =
  (hidden: Tensor2D, head: Tensor2D, logProb: (h: Tensor2D, w: Tensor2D) => Tensor1D) => () => {
    const c = tf.cos(tf.range(0, hidden.shape[0]));
    const f = (h: Tensor, w: Tensor) => tf.sum(tf.mul(logProb(h as Tensor2D, w as Tensor2D), c)) as Scalar;
    const { value, grads } = tf.valueAndGrads(f)([hidden, head]);
    return [value, ...grads];
  };

/** Forward and backward of linearLogProb, 128 x 64 x V, against tf.matMul + tf.logSoftmax + one-hot gather. */
export const benchLinearLogProb = async (): Promise<KernelBench> => {
  needGpu();
  return guardGpu(async () => {
    const [N, d] = [128, 64];
    const rows: KernelRow[] = [];
    const ratios: Record<string, number> = {};
    for (const V of [512, 8192, 49_152]) {
      const [hidden, head, entries] = [filled(N, d, 3), filled(V, d, 4), entriesFor(N, V)];
      const ours = withGradients(hidden, head, (h, w) => linearLogProb(h, w, entries).logProb);
      const unfused = withGradients(hidden, head, (h, w) => logSoftmaxGather(linear(h, w), entries).logProb);
      const tfjs = withGradients(hidden, head, (h, w) => {
        const logits = tf.matMul(h, w, false, true);
        return tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(entries.target, V)), 1);
      });
      const expected = tf.tidy(tfjs);
      for (const [name, side] of Object.entries({
        linearLogProb: ours,
        'linear + logSoftmaxGather': unfused,
      })) {
        const got = tf.tidy(side);
        for (const [i, part] of ['loss', 'dHidden', 'dHead'].entries()) {
          await checkParity(`${name} at V = ${V}, ${part}`, got[i]!, expected[i]!);
        }
        tf.dispose(got);
      }
      tf.dispose(expected);
      const shape = `${N} x ${d} x ${V}`;
      const few = V > 10_000 ? { ours: 4, other: 3 } : { ours: 9, other: 3 };
      const row = await compareSides('linearLogProb', shape, ours, tfjs, few);
      const turns = V > 1024 ? few.ours : 25; // of a few milliseconds each, and the two are close
      const same = await compareSides('linear + logSoftmaxGather', shape, ours, unfused, {
        ours: turns,
        other: turns,
      });
      rows.push(row, same);
      ratios[`linearLogProb.time.${V}`] = row.otherMs / row.oursMs;
      ratios[`linearLogProb.bytes.${V}`] = row.otherPeakBytes / row.oursPeakBytes;
      ratios[`linearLogProb.vsUnfused.${V}`] = same.otherMs / same.oursMs;
      tf.dispose([hidden, head, ...Object.values(entries)]);
    }
    ratios['linearLogProb.time'] = ratios['linearLogProb.time.49152']!;
    ratios['linearLogProb.bytes'] = ratios['linearLogProb.bytes.49152']!;
    return { rows, ratios };
  });
};
