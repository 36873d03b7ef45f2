import fc from 'fast-check';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that readers stumble over. */
const worse: Json[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  9007199254740992,
  2147483648,
  '',
  'x',
  '\u0000',
  '__proto__',
  '../../x.safetensors',
  '(',
  [],
  {},
  [[]],
  { type: 'Sequence' },
  { String: '' },
  { Regex: '(' },
  'a'.repeat(5000),
];

interface Damage {
  kind: 'replace' | 'remove' | 'double' | 'byte' | 'cut' | 'insert' | 'swap';
  at: number;
  value: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom(
    'replace' as const,
    'replace' as const,
    'remove' as const,
    'double' as const,
    'byte' as const,
    'cut' as const,
    'insert' as const,
    'swap' as const,
  ),
  at: fc.nat(),
  value: fc.nat(),
});

/** Every place of a document: the object or list, and the key within it. */
const places = (json: Json): [Record<string, Json>, string][] =>
  typeof json !== 'object' || json === null
    ? []
    : Object.entries(json).flatMap(([key, value]) => [
        [json as Record<string, Json>, key] as [Record<string, Json>, string],
        ...places(value),
      ]);

const inTree = (json: Json, { kind, at, value }: Damage) => {
  const all = places(json);
  const hit = all[at % Math.max(1, all.length)];
  if (!hit) return;
  const [parent, key] = hit;
  if (kind === 'replace') parent[key] = structuredClone(worse[value % worse.length]!);
  else if (kind === 'remove') delete parent[key];
  else if (kind === 'double') parent[`${key} `] = structuredClone(parent[key]!);
  else {
    const [other, name] = all[value % all.length]!;
    const copy = structuredClone(other[name]!);
    parent[key] = copy;
  }
};

const inBytes = (bytes: Uint8Array, { kind, at, value }: Damage): Uint8Array => {
  const i = at % Math.max(1, bytes.length);
  if (kind === 'cut') return bytes.slice(0, i);
  if (kind === 'byte') return bytes.map((b, j) => (j === i ? value % 256 : b));
  return Uint8Array.of(...bytes.subarray(0, i), value % 256, ...bytes.subarray(i));
};

const ofBytes = new Set<Damage['kind']>(['byte', 'cut', 'insert']);

/** The document with one to four changes of its values, keys or bytes, as the bytes of a JSON file. */
export const damaged = (document: unknown): fc.Arbitrary<Uint8Array> =>
  fc.array(damage, { minLength: 1, maxLength: 4 }).map((changes) => {
    const json = structuredClone(document) as Json;
    for (const change of changes) if (!ofBytes.has(change.kind)) inTree(json, change);
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    return changes.filter(({ kind }) => ofBytes.has(kind)).reduce(inBytes, bytes);
  });
