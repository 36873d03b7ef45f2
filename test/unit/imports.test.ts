import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf } from '../support/imports-of';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The rooms in the order the data goes through them; see ARCHITECTURE.md. A file imports from its own or a lower one. */
const rooms: Record<string, number> = {
  tf: 0,
  tasks: 1,
  tokenizer: 2,
  tree: 3,
  kernels: 4,
  model: 5,
  methods: 6,
  sources: 6,
  diffusion: 6,
  search: 6,
  data: 6,
  train: 7,
  store: 8,
  hub: 8,
  run: 8,
  lab: 8,
  studies: 8,
  analysis: 8,
  load: 8,
  trainer: 9,
  ui: 9,
  lessons: 9,
};

/** The number of a file's room; 0 for what all may import, 9 for what stands beside the rooms in src. */
const level = (file: string): number | undefined => {
  const [top, room = '', ...rest] = file.split('/');
  if (top === 'shaders' || top === 'docs') return 0; // text and measured numbers
  if (top !== 'src') return undefined;
  if (rest.length === 0)
    return room.startsWith('tf.') || room === 'tf' || room.startsWith('wasm-url') ? 0 : 9;
  return room === 'util' ? 0 : rooms[room];
};

/** What is wrong with the imports of `file` (path from the root of the repository), in words. */
const problemsOf = (file: string, text: string): string[] =>
  importsOf(text).flatMap(({ target, typeOnly }): string[] => {
    const wrong = (reason: string) => [`${file} imports ${target}: ${reason}`];
    if (!target.startsWith('.')) {
      const allowed = ['src/tf.ts', 'src/wasm-url.ts'].includes(file) || file.startsWith('src/tf/');
      return target.startsWith('@tensorflow/') && !allowed
        ? wrong('only src/tf.ts imports tfjs; import it from there')
        : [];
    }
    const resolved = join(dirname(file), target.replace(/\?.*$/, '')).split(sep).join('/');
    if (typeOnly || file.startsWith('workers/')) return [];
    const parts = file.startsWith('src/tf/') || file === 'src/tf.ts';
    if (resolved.startsWith('src/tf/') && !parts)
      return wrong('is a part of src/tf.ts; import it from there');
    if (resolved.startsWith('workers/')) {
      if (/\?.*\burl\b/.test(target) && level(file) === 9) return []; // its address, to start it
      return wrong('workers are transport; only their types may be imported');
    }
    const from = level(file);
    const to = level(resolved);
    if (from === undefined) return wrong(`${file} lies in no room; add the room to the list in this test`);
    if (to === undefined) return wrong('it lies in no room of src');
    if (to <= from) return [];
    return wrong(`it stands higher (${to}) than this file (${from}); move the code down, or pass it in`);
  });

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));

describe('imports point one way', () => {
  it.each([...files('src'), ...files('workers')])('%s', (file) => {
    expect(problemsOf(file, readFileSync(join(root, file), 'utf8'))).toEqual([]);
  });

  it('every folder of src is a room', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((e) => e.isDirectory());
    for (const { name } of folders) expect(name === 'util' || name in rooms, `src/${name}`).toBe(true);
  });
});

describe('the check', () => {
  const cases: [string, string, string, RegExp | undefined][] = [
    ['a lower room', 'src/train/step.ts', `import { pack } from '../tree/pack';`, undefined],
    ['its own room', 'src/tree/pack.ts', `import { pathOf } from './paths';`, undefined],
    ['a room of the same number', 'src/methods/dpo.ts', `import { x } from '../search/x';`, undefined],
    [
      'util and tf',
      'src/tasks/a.ts',
      `import { tf } from '../tf';\nimport { r } from '../util/rng';`,
      undefined,
    ],
    ['a shader', 'src/kernels/a.ts', `import code from '../../shaders/a.wgsl?raw';`, undefined],
    ['a type from above', 'src/tree/a.ts', `import type { A } from '../train/a';`, undefined],
    ['types one by one', 'src/tree/a.ts', `import { type A, type B } from '../train/a';`, undefined],
    ['types of a worker', 'src/train/a.ts', `import type { A } from '../../workers/protocol';`, undefined],
    ['a package', 'src/tokenizer/a.ts', `import { T } from 'oniguruma-to-es';`, undefined],
    ['a comment', 'src/tree/a.ts', `// import { s } from '../train/step';`, undefined],
    ['worker to anywhere', 'workers/a.worker.ts', `import { s } from '../src/trainer';`, undefined],
    [
      'a higher room',
      'src/tree/a.ts',
      `import { s } from '../train/step';`,
      /stands higher \(7\) than this file \(3\)/,
    ],
    ['a value among types', 'src/tree/a.ts', `import { type A, b } from '../train/a';`, /stands higher/],
    ['for effect', 'src/tree/a.ts', `import '../ui/app';`, /stands higher \(9\)/],
    ['a re-export', 'src/tree/a.ts', `export { s } from '../train/step';`, /stands higher/],
    ['all re-exported', 'src/tree/a.ts', `export * from '../train/step';`, /stands higher/],
    ['a dynamic import', 'src/tree/a.ts', `const a = await import('../train/step');`, /stands higher/],
    ['over several lines', 'src/model/a.ts', `import {\n  s,\n} from\n  '../store/open';`, /stands higher/],
    ['the index', 'src/store/a.ts', `import { c } from '../index';`, /stands higher \(9\)/],
    [
      'util from a room',
      'src/util/a.ts',
      `import { p } from '../tree/pack';`,
      /stands higher \(3\) than this file \(0\)/,
    ],
    ['tf from a room', 'src/tf.ts', `import { p } from './kernels/op';`, /stands higher/],
    ['tfjs', 'src/model/a.ts', `import * as tf from '@tensorflow/tfjs';`, /only src\/tf\.ts imports tfjs/],
    [
      'types of tfjs',
      'src/model/a.ts',
      `import type { Tensor } from '@tensorflow/tfjs-core';`,
      /only src\/tf\.ts/,
    ],
    ['a part of tf', 'src/kernels/a.ts', `import { p } from '../tf/pool';`, /a part of src\/tf\.ts/],
    ['a worker', 'src/ui/a.ts', `import { a } from '../../workers/train.worker';`, /only their types/],
    ['a worker’s address', 'src/a.ts', `import url from '../workers/a.worker.ts?worker&url';`, undefined],
    [
      'its address from below',
      'src/train/a.ts',
      `import u from '../../workers/a.ts?url';`,
      /only their types/,
    ],
    ['an unknown room', 'src/attic/a.ts', `import { p } from '../tree/pack';`, /lies in no room/],
    ['outside', 'src/tree/a.ts', `import { p } from '../../bench/a';`, /no room of src/],
  ];
  it.each(cases)('%s', (_, file, text, expected) => {
    const problems = problemsOf(file, text);
    if (expected) expect(problems.join()).toMatch(expected);
    else expect(problems).toEqual([]);
  });
});
