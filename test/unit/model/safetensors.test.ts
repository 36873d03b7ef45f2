import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackRows } from '../../../src/kernels/packed-format';
import { readSafetensors, SafetensorsError } from '../../../src/model/safetensors';
import { safetensorsParts, writeSafetensors } from '../../../src/model/write-safetensors';
import { roundToHalf } from '../../../src/util/half';

/** A file from a header (text, or an object) and data bytes. */
const file = (header: unknown, data: Uint8Array | number = 0, claimedLength?: bigint): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
};

const refusal = (bytes: Uint8Array): string => {
  try {
    readSafetensors(bytes, 'model.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    expect((error as Error).message).toMatch(/^model\.safetensors/);
    return (error as Error).message;
  }
  return 'accepted';
};

const f32 = (shape: unknown, begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});
const read = (bytes: Uint8Array) =>
  [...readSafetensors(bytes, 'f').tensors].map(([name, t]) => [name, t.shape, [...t.data]]);

describe('reading safetensors', () => {
  it('decodes F32, F16 and BF16', () => {
    const data = new Uint8Array(4 + 14 + 6);
    const view = new DataView(data.buffer);
    view.setFloat32(0, -1.5, true);
    // 1, -2, smallest subnormal, largest, infinity, one third, -0 in half precision
    const half = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555, 0x8000];
    const brain = [0x3f80, 0xc040, 0x7f80]; // 1, -3, infinity
    for (const [i, bits] of [...half, ...brain].entries()) view.setUint16(4 + 2 * i, bits, true);
    const header = {
      a: f32([], 0, 4),
      b: { dtype: 'F16', shape: [7], data_offsets: [4, 18] },
      c: { dtype: 'BF16', shape: [3, 1], data_offsets: [18, 24] },
    };
    expect(read(file(header, data))).toEqual([
      ['a', [], [-1.5]],
      ['b', [7], [1, -2, 2 ** -24, 65504, Infinity, 0.333251953125, -0]],
      ['c', [3, 1], [1, -3, Infinity]],
    ]);
  });

  it('reads from a view that does not start at its buffer', () => {
    const bytes = writeSafetensors([['x', { shape: [2], data: Float32Array.of(3, 4) }]]);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(read(shifted)).toEqual([['x', [2], [3, 4]]]);
  });

  it("reads from Node's Buffer, whose slices share memory", () => {
    const bytes = Buffer.from(writeSafetensors([['x', { shape: [2], data: Float32Array.of(3, 4) }]]));
    const [x] = readSafetensors(bytes, 'f').tensors.values();
    const { data } = x!;
    expect([...data]).toEqual([3, 4]);
    bytes.fill(0);
    expect([...data]).toEqual([3, 4]);
  });

  it('takes files without tensors, empty tensors and a tensor named __proto__', () => {
    expect(read(file({}))).toEqual([]);
    expect(read(file({ e: f32([0, 3], 0, 0), s: f32([1], 0, 4) }, 4))).toEqual([
      ['e', [0, 3], []],
      ['s', [1], [0]],
    ]);
    expect(read(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4))).toEqual([
      ['__proto__', [1], [0]],
    ]);
  });

  const one = f32([2], 0, 8);
  it.each<[string, Uint8Array, RegExp]>([
    ['a file of 3 bytes', new Uint8Array(3), /3 bytes, too few/],
    [
      'a header longer than the file',
      file({}, 0, 1000n),
      /header should be 1000 bytes long, but only 2 follow/,
    ],
    ['a header of 2^64 - 1 bytes', file({}, 0, 2n ** 64n - 1n), /header should be 18446744073709551615/],
    ['a header that is no JSON', file('{"a":'), /header is not JSON/],
    ['a header that is no UTF-8', file('{}', Uint8Array.of(0xff), 3n), /header is not JSON/],
    ['a header that is a list', file([1]), /header is \[1\], not a JSON object/],
    ['a header nested very deep', file('['.repeat(100_000)), /header is not JSON/],
    [
      'the same tensor twice',
      file(`{"a":${JSON.stringify(one)},"a":${JSON.stringify(one)}}`, 8),
      /names "a" twice/,
    ],
    [
      'the same name in other letters',
      file(`{"a":${JSON.stringify(one)},"\\u0061":${JSON.stringify(one)}}`, 8),
      /names "a" twice/,
    ],
    [
      'the same field twice',
      file('{"a":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', 4),
      /names "shape" twice/,
    ],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), /__metadata__ is not an object of texts/],
    ['an entry that is null', file({ a: null }), /tensor "a": its header entry is null/],
    [
      'a dtype we do not read',
      file({ a: { ...one, dtype: 'I64' } }, 8),
      /tensor "a": dtype "I64" is not supported.*Convert/,
    ],
    [
      'a dtype of Object.prototype',
      file({ a: { ...one, dtype: 'toString' } }, 8),
      /dtype "toString" is not supported/,
    ],
    ['no dtype', file({ a: { shape: [2], data_offsets: [0, 8] } }, 8), /dtype undefined is not supported/],
    ['a negative dimension', file({ a: f32([-2], 0, 8) }, 8), /shape \[-2\] is not a list of whole numbers/],
    ['a fractional dimension', file({ a: f32([0.5, 4], 0, 8) }, 8), /shape \[0.5,4\] is not/],
    ['a shape that is no list', file({ a: f32('2', 0, 8) }, 8), /shape "2" is not/],
    [
      'huge dimensions',
      file({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8),
      /takes .* bytes, but data_offsets span 8/,
    ],
    ['dimensions past 2^53', file({ a: f32([2 ** 53], 0, 8) }, 8), /is not a list of whole numbers/],
    ['64 dimensions', file({ a: f32(new Array(64).fill(1), 0, 4) }, 4), /64 dimensions/],
    ['offsets past the end', file({ a: f32([2], 4, 12) }, 8), /lie outside the file's 8 data bytes/],
    ['offsets in reverse', file({ a: f32([2], 8, 0) }, 8), /lie outside/],
    ['negative offsets', file({ a: f32([2], -8, 0) }, 8), /data_offsets \[-8,0\] is not \[begin, end\]/],
    ['three offsets', file({ a: { ...one, data_offsets: [0, 8, 8] } }, 8), /is not \[begin, end\]/],
    [
      'a size that does not fit',
      file({ a: f32([3], 0, 8) }, 8),
      /shape \[3\] of F32 takes 12 bytes, but data_offsets span 8/,
    ],
    [
      'overlapping tensors',
      file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
      /tensor "b": its bytes overlap/,
    ],
    [
      'a hole',
      file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
      /tensor "b": 4 bytes before it belong to no tensor/,
    ],
    ['bytes left over', file({ a: f32([1], 0, 4) }, 12), /the last 8 bytes belong to no tensor/],
    [
      'a file cut short',
      writeSafetensors([['x', { shape: [4], data: new Float32Array(4) }]]).subarray(0, -1),
      /tensor "x": .*cut short/,
    ],
  ])('refuses %s', (_what, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('shortens long names in messages', () => {
    expect(refusal(file({ ['x'.repeat(10_000)]: null })).length).toBeLessThan(300);
  });
});

const tensorMap = fc
  .uniqueArray(
    fc.tuple(
      fc
        .oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constant('__proto__'))
        .filter((name) => name !== '__metadata__'),
      fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
        const n = shape.reduce((a, b) => a * b, 1);
        return fc.record({
          shape: fc.constant(shape),
          data: fc.float32Array({ minLength: n, maxLength: n, noNaN: true, min: -65504, max: 65504 }),
        });
      }),
    ),
    { selector: ([name]) => name, maxLength: 6 },
  )
  // lone surrogates do not survive UTF-8
  .filter((list) => list.every(([name]) => !/\p{Surrogate}/u.test(name)));

describe('safetensors by properties', () => {
  it('what is written is read back, bit for bit', () => {
    fc.assert(
      fc.property(tensorMap, fc.dictionary(fc.string({ maxLength: 8 }), fc.string()), (list, metadata) => {
        const bytes = writeSafetensors(list, Object.entries(metadata));
        const back = readSafetensors(bytes, 'f');
        expect(back.metadata).toEqual(new Map(Object.entries(metadata)));
        expect(back.tensors.size).toBe(list.length);
        for (const [name, { shape, data }] of list) {
          const found = back.tensors.get(name)!;
          expect(found.shape).toEqual(shape);
          const bits = found.data;
          expect(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength)).toEqual(
            new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
          );
        }
        expect(writeSafetensors([...list].reverse(), Object.entries(metadata))).toEqual(bytes);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  /** Damage as it happens and as it is made: bytes, cuts, additions, and text of the header replaced by worse text. */
  const worse = [
    '-1',
    '1e999',
    '9007199254740993',
    '18446744073709551616',
    'null',
    '"F64"',
    '[]',
    '{}',
    '0',
    ',',
    '"',
    '\\',
  ];
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('number' as const), at: fc.nat(), value: fc.nat(worse.length - 1) }),
    fc.record({ kind: fc.constant('length' as const), at: fc.nat(), value: fc.nat(255) }),
  );
  const apply = (
    bytes: Uint8Array,
    { kind, at, value }: { kind: string; at: number; value: number },
  ): Uint8Array => {
    const i = at % Math.max(1, bytes.length);
    if (kind === 'byte') return bytes.map((b, j) => (j === i ? value : b));
    if (kind === 'cut') return bytes.slice(0, i);
    if (kind === 'insert') return Uint8Array.of(...bytes.slice(0, i), value, ...bytes.slice(i));
    if (bytes.length < 8) return bytes;
    if (kind === 'length') return bytes.map((b, j) => (j === i % 8 ? value : b));
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const text = new TextDecoder().decode(bytes.slice(8, 8 + length));
    const numbers = [...text.matchAll(/-?\d+/g)];
    const hit = numbers[at % Math.max(1, numbers.length)];
    if (!hit) return bytes;
    const changed = text.slice(0, hit.index) + worse[value] + text.slice(hit.index + hit[0].length);
    return file(changed, bytes.slice(8 + length));
  };

  const anyType = fc.constantFrom('F32' as const, 'F16' as const, 'BF16' as const);

  it('a damaged file is read or refused with a SafetensorsError, never anything else', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        tensorMap,
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        anyType,
        (list, mutations, dtype) => {
          const bytes = mutations.reduce(apply, writeSafetensors(list, [['format', 'pt']], 'f', dtype));
          try {
            let elements = 0;
            for (const { data, packed, shape } of readSafetensors(bytes, 'f').tensors.values()) {
              elements += data.length;
              if (data.every((x) => Math.abs(x) < 60_000)) packed?.();
              expect(shape.length).toBeLessThanOrEqual(8);
            }
            expect(elements).toBeLessThanOrEqual(bytes.length); // nothing beyond what the file justifies
          } catch (error) {
            if (!(error instanceof SafetensorsError)) throw error;
            refused++;
          }
        },
      ),
      { numRuns: 4000, seed: 2 },
    );
    expect(refused).toBeGreaterThan(2000);
  });
});

describe('writing safetensors', () => {
  it('starts the data at a multiple of eight', () => {
    const bytes = writeSafetensors([['abc', { shape: [1], data: Float32Array.of(1) }]]);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  const data = new Float32Array(2);
  it.each([
    [[['a', { shape: [3], data }]], /tensor "a": shape \[3\] does not fit 2 elements/],
    [[['__metadata__', { shape: [2], data }]], /reserved/],
    [
      [
        ['a', { shape: [2], data }],
        ['a', { shape: [2], data }],
      ],
      /given twice/,
    ],
  ] as [[string, { shape: number[]; data: Float32Array }][], RegExp][])('refuses %j', (list, message) => {
    expect(() => writeSafetensors(list)).toThrow(message);
  });
});

describe('half precision', () => {
  const values = Float32Array.of(1, -2.5, 65504, 1e-7, 0.1, -0, 65519, -12345.678);

  it.each(['F32', 'F16', 'BF16'] as const)('is written as %s to the nearest, and read back', (dtype) => {
    const tensors = new Map([['x', { shape: [2, 4], data: values }]]);
    const bytes = writeSafetensors(tensors, [], 'f', dtype);
    const x = readSafetensors(bytes, 'f').tensors.get('x')!;
    expect(x.dtype).toBe(dtype);
    const expected = {
      F32: [...values],
      F16: [1, -2.5, 65504, 2 * 2 ** -24, 0.0999755859375, -0, 65504, -12344],
      BF16: [1, -2.5, 65536, 1.0011717677116394e-7, 0.10009765625, -0, 65536, -12352],
    };
    expect([...x.data]).toEqual(expected[dtype].map(Math.fround));
    // what was rounded once is not rounded again
    expect(writeSafetensors([['x', x]], [], 'f', dtype)).toEqual(bytes);
  });

  const most = 2 ** 128 * (1 - 2 ** -24);
  it.each([
    [
      'F16',
      65520,
      /^f, tensor "x": element \[1, 2\] is 65520, more than F16 can hold \(65,504\)\. Export as BF16 or F32\.$/,
    ],
    ['BF16', -most, /element \[1, 2\] is -3\.4028.*e\+38, more than BF16 can hold.*Export as F32\.$/],
    ['F32', Number.NaN, /element \[1, 2\] is NaN; weights with it are of no use/],
    ['F16', Number.NEGATIVE_INFINITY, /element \[1, 2\] is -Infinity; weights/],
  ] as const)('as %s does not write %d', (dtype, value, message) => {
    const data = Float32Array.of(1, 2, 3, 4, 5, value);
    const write = () => writeSafetensors([['x', { shape: [2, 3], data }]], [], 'f', dtype);
    expect(write).toThrow(SafetensorsError);
    expect(write).toThrow(message);
  });

  it('is read with what is not finite, which a check then names', () => {
    const data = new Uint8Array(8 + 3 * 300_000);
    const view = new DataView(data.buffer);
    view.setUint16(6, 0xfc00, true);
    const header = {
      a: { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] },
      b: { dtype: 'BF16', shape: [150_000, 3], data_offsets: [8, data.length] },
    };
    view.setUint16(8 + 2 * 449_999, 0x7fc1, true);
    const shifted = new Uint8Array(file(header, data).length + 1).subarray(1); // not aligned
    shifted.set(file(header, data));
    const { tensors } = readSafetensors(shifted, 'f');
    expect([...tensors.get('a')!.data]).toEqual([0, 0, 0, Number.NEGATIVE_INFINITY]);
    expect(() => tensors.get('a')!.check!()).toThrow(/tensor "a": element \[1, 1\] is -Infinity/);
    expect(() => tensors.get('b')!.check!()).toThrow(/tensor "b": element \[149999, 2\] is NaN/);
  });

  it('goes to the device as it is in the file, or rounded from BF16', () => {
    const data = Float32Array.of(1, -2.5, 0.1, 1e-7);
    const read = (dtype: 'F16' | 'BF16' | 'F32', shape: number[]) =>
      readSafetensors(writeSafetensors([['x', { shape, data }]], [], 'f', dtype), 'f').tensors.get('x')!;
    for (const dtype of ['F16', 'BF16'] as const) {
      const x = read(dtype, [2, 2]);
      const packed = x.packed!();
      expect(packed).toMatchObject({ format: 'f16', shape: [2, 2] });
      expect(unpackRows(packed)).toEqual(x.data.map(roundToHalf));
    }
    expect(read('F32', [2, 2]).packed).toBeUndefined();
    expect(read('F16', [4]).packed).toBeUndefined();
    expect(read('F16', [4, 1]).packed).toBeUndefined();
  });

  it('is written in parts, each tensor when its part is taken', () => {
    let reads = 0;
    const tensor = {
      shape: [2],
      get data() {
        reads++;
        return Float32Array.of(1, 2);
      },
    };
    const parts = safetensorsParts([
      ['b', tensor],
      ['a', tensor],
    ]);
    expect(parts.next().value).toBeInstanceOf(Uint8Array);
    expect(reads).toBe(0);
    expect([...parts].map((part) => part.length)).toEqual([8, 8]);
    expect(reads).toBe(2);
  });
});

describe('tensors of other types', () => {
  const mask = file(
    JSON.stringify({
      mask: { dtype: 'U8', shape: [2, 2], data_offsets: [0, 4] },
      x: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
    }),
    new Uint8Array(8),
  );
  it('are refused unless they are to be left out, and measured all the same', () => {
    expect(() => readSafetensors(mask, 'f')).toThrow(/tensor "mask": dtype "U8" is not supported/);
    expect([...readSafetensors(mask, 'f', (name) => name === 'mask').tensors.keys()]).toEqual(['x']);
    const short = file(
      JSON.stringify({ mask: { dtype: 'U8', shape: [3], data_offsets: [0, 4] } }),
      new Uint8Array(4),
    );
    expect(() => readSafetensors(short, 'f', () => true)).toThrow(/shape \[3\] of U8 takes 3 bytes/);
  });
});
