import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf } from '../support/imports-of';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files by their path from the root, with their text. */
type Files = ReadonlyMap<string, string>;

/** What each file imports a value of, statically or not. Types alone, packages, shaders and addresses of workers do not count. */
const valueImports = (files: Files): Map<string, string[]> =>
  new Map(
    [...files].map(([file, text]) => [
      file,
      importsOf(text).flatMap(({ target, typeOnly }) => {
        if (typeOnly || !target.startsWith('.') || target.includes('?')) return [];
        const path = join(dirname(file), target).split(sep).join('/');
        return [path, `${path}.ts`, `${path}/index.ts`]
          .filter((candidate) => files.has(candidate))
          .slice(0, 1);
      }),
    ]),
  );

/** A circle for every strongly connected set of files, as a walk that ends where it began. */
const circlesOf = (files: Files): string[] => {
  const graph = valueImports(files);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(' -> '));
    if (at >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
};

const filesOf = (...folders: string[]): Files =>
  new Map(
    folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry): [string, string] => {
          const path = join(entry.parentPath, entry.name);
          return [relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')];
        }),
    ),
  );

describe('modules', () => {
  it('form no circle but of types', () => {
    const files = filesOf('src', 'workers');
    expect(files.size).toBeGreaterThan(200);
    expect([...valueImports(files).values()].flat().length).toBeGreaterThan(500);
    expect(circlesOf(files)).toEqual([]);
  });
});

describe('the check', () => {
  const files = (record: Record<string, string>): Files => new Map(Object.entries(record));
  it.each<[string, Record<string, string>, string[]]>([
    [
      'two files',
      { 'a.ts': `import { b } from './b';`, 'b.ts': `export { a } from './a';` },
      ['a.ts -> b.ts -> a.ts'],
    ],
    [
      'a long way round, past an index',
      {
        'x/a.ts': `import { b } from '../y';`,
        'y/index.ts': `export * from './c';`,
        'y/c.ts': `import '../z';`,
        'z.ts': `import { type T, a } from './x/a';`,
      },
      ['x/a.ts -> y/index.ts -> y/c.ts -> z.ts -> x/a.ts'],
    ],
    [
      'one loaded later',
      { 'a.ts': `await import('./b');`, 'b.ts': `import { a } from './a';` },
      ['a.ts -> b.ts -> a.ts'],
    ],
    ['itself', { 'a.ts': `import { b } from './a';` }, ['a.ts -> a.ts']],
    [
      'types',
      {
        'a.ts': `import { b } from './b';`,
        'b.ts': `import type { A } from './a';\nimport { type B } from './a';`,
      },
      [],
    ],
    [
      'a worker’s address',
      { 'a.ts': `import url from './b.ts?worker&url';`, 'b.ts': `import { a } from './a';` },
      [],
    ],
    [
      'a fork that joins',
      {
        'a.ts': `import './b';\nimport './c';`,
        'b.ts': `import './d';`,
        'c.ts': `import './d';`,
        'd.ts': '',
      },
      [],
    ],
  ])('%s', (_, given, expected) => {
    expect(circlesOf(files(given))).toEqual(expected);
  });
});
