import { adamWStep, createAdamW, createAdamWPlain, disposeAdamW } from '../src/kernels/adamw';
import { decodeAttention, decodeAttentionPlain } from '../src/kernels/decode-attention';
import { embedding, embeddingOrder, embeddingPlain, uploadEmbeddingOrder } from '../src/kernels/embedding';
import { rmsNorm, rmsNormPlain } from '../src/kernels/rms-norm';
import { rope, ropePlain } from '../src/kernels/rope';
import { inverseFrequencies, makeRopeTable } from '../src/kernels/rope-table';
import { swiglu, swigluPlain } from '../src/kernels/swiglu';
import { type TreeMask, treeAttention, treeAttentionPlain, uploadMask } from '../src/kernels/tree-attention';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../src/tf';
import { createRng } from '../src/util/rng';

/** Median milliseconds of a kernel and of its plain twin, on the active backend. */
export interface KernelTime {
  name: string;
  shape: string;
  fast: number;
  plain: number;
  /** plain / fast */
  ratio: number;
  /** Largest difference of value and gradients, relative to the largest number of the twin's. */
  error: number;
}

const random = (shape: number[], seed: number): Tensor => {
  const rng = createRng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.normal()),
    shape,
  );
};

/** Runs f until its result is there, and gives the milliseconds that took. */
const time = async (f: () => Tensor | Tensor[]): Promise<number> => {
  const start = performance.now();
  const result = tf.tidy(f);
  const all = Array.isArray(result) ? result : [result];
  // one number of the last tensor: commands run in order, so all of them are done
  await tf.tidy(() => tf.sum(all.at(-1)!)).data();
  const ms = performance.now() - start;
  tf.dispose(all);
  return ms;
};

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const difference = async (a: Tensor, b: Tensor): Promise<number> => {
  const [x, y] = [await a.data(), await b.data()];
  let [worst, largest] = [0, 1e-30];
  for (let i = 0; i < x.length; i++) {
    worst = Math.max(worst, Math.abs(x[i]! - y[i]!));
    largest = Math.max(largest, Math.abs(y[i]!));
  }
  return worst / largest;
};

type Run = () => Tensor[];

/** Checks that both agree, then times them in turns. */
const compare = async (
  name: string,
  shape: string,
  fast: Run,
  plain: Run,
  rounds: number,
): Promise<KernelTime> => {
  const [a, b] = [tf.tidy(fast), tf.tidy(plain)];
  let error = 0;
  for (const [i, t] of a.entries()) error = Math.max(error, await difference(t, b[i]!));
  tf.dispose([a, b]);
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    times[0].push(await time(fast));
    times[1].push(await time(plain));
  }
  const [fastMs, plainMs] = [median(times[0]), median(times[1])];
  return { name, shape, fast: fastMs, plain: plainMs, ratio: plainMs / fastMs, error };
};

/** A forest of equal trees: a trunk, then `branches` branches. */
const forest = (
  trees: number,
  trunk: number,
  branches: number,
  branch: number,
): TreeMask & { tokens: number } => {
  const size = trunk + branches * branch;
  const visibleUntil = new Int32Array(trees * size);
  const treeStart = new Int32Array(trees * size);
  for (let i = 0; i < visibleUntil.length; i++) {
    const start = Math.floor(i / size) * size;
    const inside = i - start - trunk;
    treeStart[i] = start;
    visibleUntil[i] = inside < 0 ? start + size : start + trunk + (Math.floor(inside / branch) + 1) * branch;
  }
  return { ...uploadMask({ visibleUntil, treeStart }), tokens: visibleUntil.length };
};

const gradsOf = (f: (...x: Tensor[]) => Tensor, inputs: Tensor[], dy: Tensor): Run => {
  const grads = tf.grads(f);
  return () => grads(inputs, dy);
};

/** The sizes of a training step: `trees` trees of 100 tokens, width heads * size. */
export interface AttentionBenchOptions {
  trees?: number;
  heads?: number;
  kvHeads?: number;
  size?: number;
  rounds?: number;
}

/** Each of these kernels against its plain twin, forward and backward, at the sizes of a training step. */
export const benchAttentionKernels = async (options: AttentionBenchOptions = {}): Promise<KernelTime[]> => {
  const { trees = 10, heads = 4, kvHeads = 2, size = 16, rounds = 5 } = options;
  const mask = forest(trees, 60, 2, 20);
  const n = mask.tokens;
  const width = heads * size;
  const results: KernelTime[] = [];
  const both = async (
    name: string,
    fast: (...x: Tensor[]) => Tensor,
    plain: typeof fast,
    shapes: number[][],
  ) => {
    const inputs = shapes.map((shape, i) => random(shape, i));
    const label = shapes.map((s) => s.join('x')).join(', ');
    const out = tf.tidy(() => fast(...inputs).shape);
    const dy = random(out, 9);
    const [one, two] = [() => [fast(...inputs)], () => [plain(...inputs)]];
    results.push(await compare(`${name} forward`, label, one, two, rounds));
    const [three, four] = [gradsOf(fast, inputs, dy), gradsOf(plain, inputs, dy)];
    results.push(await compare(`${name} forward + backward`, label, three, four, rounds));
    tf.dispose([...inputs, dy]);
  };
  const shape = { heads, kvHeads };
  const [q, kv] = [
    [n, width],
    [n, kvHeads * size],
  ];
  await both(
    'treeAttention',
    (a, b, c) => treeAttention(a as Tensor2D, b as Tensor2D, c as Tensor2D, mask, shape),
    (a, b, c) => treeAttentionPlain(a as Tensor2D, b as Tensor2D, c as Tensor2D, mask, shape),
    [q, kv, kv],
  );
  await both(
    'rmsNorm',
    (x, w) => rmsNorm(x as Tensor2D, w as Tensor1D, 1e-5),
    (x, w) => rmsNormPlain(x as Tensor2D, w as Tensor1D, 1e-5),
    [q, [width]],
  );
  const position = tf.tensor1d(
    Int32Array.from({ length: n }, (_, i) => i % 100),
    'int32',
  );
  const rotary = makeRopeTable(inverseFrequencies(width / heads, 10_000), 100);
  await both(
    'rope',
    (x) => rope(x as Tensor2D, position, rotary),
    (x) => ropePlain(x as Tensor2D, position, rotary),
    [q],
  );
  const wide = [n, 3 * width];
  await both(
    'swiglu',
    (g, u) => swiglu(g as Tensor2D, u as Tensor2D),
    (g, u) => swigluPlain(g as Tensor2D, u as Tensor2D),
    [wide, wide],
  );
  const ids = Int32Array.from({ length: n }, (_, i) => (i * 7) % 32);
  const tokens = tf.tensor1d(ids, 'int32');
  const order = uploadEmbeddingOrder(embeddingOrder(ids, 32));
  await both(
    'embedding',
    (t) => embedding(t as Tensor2D, tokens, order),
    (t) => embeddingPlain(t as Tensor2D, tokens),
    [[32, width]],
  );
  const [b, t] = [128, 128];
  const cached = [
    random([b, width], 1),
    random([b * t, kvHeads * size], 2),
    random([b * t, kvHeads * size], 3),
  ] as [Tensor2D, Tensor2D, Tensor2D];
  const length = tf.fill([b], 100, 'int32') as Tensor1D;
  results.push(
    await compare(
      'decodeAttention',
      `${b} sequences of 100`,
      () => [decodeAttention(...cached, length, shape)],
      () => [decodeAttentionPlain(...cached, length, shape)],
      rounds,
    ),
  );
  results.push(await compareAdamW(rounds));
  tf.dispose([
    ...cached,
    length,
    tokens,
    position,
    mask.treeStart,
    mask.visibleUntil,
    order.start,
    order.index,
  ]);
  return results;
};

/** 36 parameters of 10,000 numbers. Both start alike and take as many steps, so they can be compared at the end. */
const compareAdamW = async (rounds: number): Promise<KernelTime> => {
  const shape = [100, 100];
  const make = (offset: number) =>
    new Map(Array.from({ length: 36 }, (_, i): [string, Tensor] => [`p${i}`, random(shape, i + offset)]));
  const [one, two, gradients] = [make(0), make(0), make(100)];
  const states = [createAdamW(one), createAdamWPlain(two)] as const;
  const hyper = {
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.01,
    maxGradNorm: 1,
  };
  const times: [number[], number[]] = [[], []];
  for (let step = 1; step <= rounds + 1; step++) {
    for (const [i, parameters] of [one, two].entries()) {
      const ms = await time(() => {
        adamWStep(states[i]!, parameters, gradients, { ...hyper, step });
        return tf.sum(parameters.get('p35')!);
      });
      if (step > 1) times[i]!.push(ms);
    }
  }
  const error = await difference(one.get('p7')!, two.get('p7')!);
  for (const state of states) disposeAdamW(state);
  tf.dispose([...one.values(), ...two.values(), ...gradients.values()]);
  const [fast, plain] = [median(times[0]), median(times[1])];
  return { name: 'adamW', shape: '36 x 10000', fast, plain, ratio: plain / fast, error };
};
