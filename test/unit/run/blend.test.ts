import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headBias, headWeight } from '../../../src/model/heads';
import type { HostTensor, HostWeights } from '../../../src/model/host-weights';
import { loraA, loraB } from '../../../src/model/lora';
import { blendHash, blendWeights, sumWeights, withHeads } from '../../../src/run/blend';
import { sumAdapters } from '../../../src/run/blend-adapters';
import { createRng } from '../../../src/util/rng';
import type { Matrix } from '../../../src/util/small-matrix';
import { matmul, svd, thinQr, transpose } from '../../../src/util/small-matrix';

const matrix = (rows: number, cols: number, at: (i: number, j: number) => number): Matrix => ({
  rows,
  cols,
  data: Float64Array.from({ length: rows * cols }, (_, k) => at(Math.floor(k / cols), k % cols)),
});

const identity = (n: number) => matrix(n, n, (i, j) => (i === j ? 1 : 0));

const norm = ({ data }: Matrix) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));

const minus = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((x, i) => x - b.data[i]!) });

const close = (a: Matrix, b: Matrix, scale = 1) =>
  expect(norm(minus(a, b))).toBeLessThanOrEqual(1e-10 * Math.max(scale, Number.MIN_VALUE));

/** Random matrices, some of lower rank than they look, some of very large or small numbers, some zero. */
const matrices = (square: boolean) =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: 9 }),
      cols: fc.integer({ min: 1, max: 7 }),
      rank: fc.integer({ min: 0, max: 7 }),
      exponent: fc.integer({ min: -6, max: 6 }),
      seed: fc.nat(),
    })
    .map(({ rows, cols, rank, exponent, seed }) => {
      const rng = createRng(seed);
      const n = square ? cols : rows;
      const [left, right] = [matrix(n, rank, () => rng.normal()), matrix(rank, cols, () => rng.normal())];
      const product = matmul(left, right);
      return { a: { ...product, data: product.data.map((x) => x * 10 ** exponent) }, rank };
    });

describe('QR of a small matrix', () => {
  it('gives back the matrix, with orthonormal columns, or zero ones where a column depends on others', () => {
    fc.assert(
      fc.property(matrices(false), ({ a, rank }) => {
        const { q, r } = thinQr(a);
        close(matmul(q, r), a, norm(a));
        const gram = matmul(transpose(q), q);
        const independent = Array.from({ length: a.cols }, (_, j) =>
          gram.data[j * a.cols + j]! > 0.5 ? 1 : 0,
        );
        close(
          gram,
          matrix(a.cols, a.cols, (i, j) => (i === j ? independent[i]! : 0)),
          1,
        );
        expect(independent.filter(Boolean).length).toBe(Math.min(rank, a.rows, a.cols));
        for (let i = 0; i < a.cols; i++) for (let j = 0; j < i; j++) expect(r.data[i * a.cols + j]).toBe(0);
      }),
    );
  });
});

describe('SVD of a small matrix', () => {
  it('gives back the matrix, with orthonormal sides and values that fall', () => {
    fc.assert(
      fc.property(matrices(true), ({ a, rank }) => {
        const { u, s, v } = svd(a);
        const n = a.cols;
        const scaled = { ...u, data: u.data.map((x, k) => x * s[k % n]!) };
        close(matmul(scaled, transpose(v)), a, norm(a));
        close(matmul(transpose(v), v), identity(n), 1);
        expect([...s]).toEqual([...s].sort((x, y) => y - x));
        expect(s.every((x) => x >= 0)).toBe(true);
        const lead = Math.min(rank, n);
        expect(s.slice(lead).every((x) => x <= 1e-10 * norm(a))).toBe(true);
        // The left side is orthonormal as far as there is anything to it.
        const left = matrix(n, lead, (i, j) => u.data[i * n + j]!);
        if (lead > 0) close(matmul(transpose(left), left), identity(lead), 1e3);
        // The sum of the squares is that of the matrix, and their product its determinant's square: by no rotation at all.
        expect(Math.sqrt(s.reduce((sum, x) => sum + x * x, 0))).toBeCloseTo(norm(a), 6);
      }),
    );
  });

  it('knows values worked out by hand, and zero', () => {
    expect([
      ...svd(
        matrix(
          2,
          2,
          (i, j) =>
            [
              [3, 0],
              [4, 5],
            ][i]![j]!,
        ),
      ).s,
    ]).toBeAllclose([Math.sqrt(45), Math.sqrt(5)]);
    const none = svd(matrix(3, 3, () => 0));
    expect([...none.s]).toEqual([0, 0, 0]);
    expect([...none.u.data, ...none.v.data].every(Number.isFinite)).toBe(true);
  });
});

const [IN, OUT, module] = [6, 5, 'model.layers.0.mlp.up_proj'];

const adapter = (rank: number, seed: number, zeroB = false): HostWeights => {
  const rng = createRng(seed);
  const random = (length: number) => Float32Array.from({ length }, () => rng.normal());
  return new Map([
    [loraA(module), { shape: [rank, IN], data: random(rank * IN) }],
    [loraB(module), { shape: [OUT, rank], data: zeroB ? new Float32Array(OUT * rank) : random(OUT * rank) }],
  ]);
};

/** B A [out, in], what an adapter adds to its module. */
const product = (weights: HostWeights): Matrix => {
  const [a, b] = [weights.get(loraA(module))!, weights.get(loraB(module))!];
  const whole = ({ shape, data }: typeof a): Matrix => ({
    rows: shape[0]!,
    cols: shape[1]!,
    data: Float64Array.from(data),
  });
  return matmul(whole(b), whole(a));
};

const summed = (parts: readonly (readonly [number, HostWeights])[]): Matrix =>
  matrix(OUT, IN, (i, j) => parts.reduce((sum, [c, p]) => sum + c * product(p).data[i * IN + j]!, 0));

/** Eigenvalues of a symmetric matrix by unshifted QR iteration: slow, and unlike what is tested. */
const eigenvalues = (gram: Matrix): number[] => {
  let a = gram;
  for (let i = 0; i < 4000; i++) {
    const { q, r } = thinQr(a);
    a = matmul(r, q);
  }
  return Array.from({ length: gram.cols }, (_, i) => Math.max(0, a.data[i * gram.cols + i]!)).sort(
    (x, y) => y - x,
  );
};

describe('a sum of adapters', () => {
  it('is exact where its rank allows, however many parts it has', () => {
    const [a, fresh] = [adapter(2, 1), adapter(2, 2, true)];
    const parts = [
      [1.3, a],
      [-0.3, fresh],
      [0.4, a],
    ] as const;
    const sum = sumAdapters(parts);
    expect([...sum].map(([name, { shape }]) => [name, shape])).toEqual([
      [loraA(module), [2, IN]],
      [loraB(module), [OUT, 2]],
    ]);
    const error = norm(minus(product(sum), summed(parts)));
    expect(error).toBeLessThan(1e-5 * norm(summed(parts)));
    expect(norm(minus(product(sum), summed([[1.7, a]])))).toBeLessThan(1e-5 * norm(product(a)));
  });

  it('is as near as anything of its rank can be (Eckart and Young), by the eigenvalues of the Gram matrix', () => {
    for (const seed of [1, 2, 3, 4]) {
      const parts = [
        [1, adapter(2, 10 * seed)],
        [-0.7, adapter(2, 10 * seed + 1)],
        [0.5, adapter(2, 10 * seed + 2)],
      ] as const;
      const dense = summed(parts);
      const lost = eigenvalues(matmul(dense, transpose(dense)))
        .slice(2)
        .reduce((a, b) => a + b, 0);
      expect(lost).toBeGreaterThan(0.01);
      expect(norm(minus(product(sumAdapters(parts)), dense)) ** 2 / lost).toBeCloseTo(1, 4);
    }
  });

  it('of wide ranks over narrow modules, and of nothing, is finite', () => {
    const wide = sumAdapters([
      [0.5, adapter(5, 1)],
      [0.5, adapter(5, 2)],
    ]); // ten columns in modules of five and six
    const dense = summed([
      [0.5, adapter(5, 1)],
      [0.5, adapter(5, 2)],
    ]);
    expect(norm(minus(product(wide), dense))).toBeLessThan(1e-5 * norm(dense));
    const nothing = sumAdapters([
      [1, adapter(2, 1)],
      [-1, adapter(2, 1)],
    ]);
    expect(norm(product(nothing))).toBeLessThan(1e-6);
    for (const { data } of nothing.values()) expect(data.every(Number.isFinite)).toBe(true);
  });
});

describe('a sum of full weights', () => {
  const weights = (...values: number[]): HostWeights =>
    new Map([['w', { shape: [values.length], data: Float32Array.from(values) }]]);

  it('adds number by number, in float64, and leaves the parts alone', () => {
    const [a, b] = [weights(1, 2, 16_777_216), weights(3, -4, 16_777_216)];
    expect(
      sumWeights([
        [1.5, a],
        [-0.5, b],
      ]).get('w'),
    ).toEqual({ shape: [3], data: Float32Array.of(0, 5, 16_777_216) });
    expect([...a.get('w')!.data]).toEqual([1, 2, 16_777_216]);
    const third = Array.from({ length: 3 }, () => [1 / 3, weights(0.1)] as const);
    expect(sumWeights(third).get('w')!.data).toEqual(Float32Array.of(0.1));
  });

  it('refuses parts that are not alike, naming the tensor', () => {
    expect(() =>
      sumWeights([
        [1, weights(1)],
        [1, weights(1, 2)],
      ]),
    ).toThrow(/not all a tensor "w" of 1/);
    expect(() =>
      sumWeights([
        [1, weights(1)],
        [1, new Map()],
      ]),
    ).toThrow(/"w"/);
  });

  it('takes along the heads that every part has, and leaves out the others', () => {
    const withHead = (value: number, ...names: string[]): HostWeights =>
      new Map([
        ...weights(value),
        ...names.flatMap((name): [string, HostTensor][] => [
          [headWeight(name), { shape: [1, 2], data: Float32Array.of(value, -value) }],
          [headBias(name), { shape: [1], data: Float32Array.of(value) }],
        ]),
      ]);
    const sum = withHeads(sumWeights)([
      [2, withHead(1, 'value', 'reward')],
      [3, withHead(10, 'value')],
    ]);
    expect([...sum.keys()]).toEqual(['w', headWeight('value'), headBias('value')]);
    expect(sum.get(headWeight('value'))!.data).toEqual(Float32Array.of(32, -32));
    const plain = withHeads(sumWeights)([
      [1, weights(1)],
      [1, withHead(1, 'value')],
    ]);
    expect([...plain.keys()]).toEqual(['w']);
  });

  it('loads a part by itself as it is, and hashes parts and factors', async () => {
    const w = weights(1);
    const same = await blendWeights([[1, 'a']], async () => w, sumWeights);
    expect(same).toBe(w);
    const hashOf = (part: string) => `hash of ${part}`;
    expect(await blendHash([[1, 'a']], hashOf)).toBe('hash of a');
    const hashes = await Promise.all(
      [
        [
          [0.5, 'a'],
          [0.5, 'b'],
        ] as const,
        [
          [0.5, 'b'],
          [0.5, 'a'],
        ] as const,
        [
          [0.4, 'a'],
          [0.6, 'b'],
        ] as const,
        [[2, 'a']] as const,
      ].map((blend) => blendHash(blend, hashOf)),
    );
    expect(new Set(hashes).size).toBe(4);
  });
});
