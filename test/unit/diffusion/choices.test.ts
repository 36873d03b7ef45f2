import { zipSync, zlibSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import type { Choice } from '../../../src/diffusion/choices';
import { filesOfChoices } from '../../../src/diffusion/choices';
import { nameOfChoices, readChoices, treesOfChoices } from '../../../src/diffusion/read-choices';
import { methods } from '../../../src/methods/index';
import { createMemoryStore } from '../../../src/store/memory';
import type { Store } from '../../../src/store/store';
import { defaultRun } from '../../../src/train/run-document';
import { createTrainerApi } from '../../../src/trainer';
import { crcOf, pngOf } from '../../../src/util/png';
import { readPng } from '../../../src/util/read-png';
import { createRng } from '../../../src/util/rng';
import { servedModels } from '../../support/served-models';

const shared = vi.hoisted(() => ({ store: undefined as Store | undefined }));
vi.mock('../../../src/store/open', () => ({ openStore: async () => shared.store }));

const rng = createRng(3);
const noise = (size = 432) => Uint8Array.from({ length: size }, () => rng.int(256));
const made = (count: number): Choice[] =>
  Array.from({ length: count }, (_, i) => ({ condition: (7 * i) % 36, chosen: noise(), rejected: noise() }));

/** A PNG whose rows have these filters, written from the standard. */
const filtered = (rows: readonly Uint8Array[], pixel: number, colour: number, filters: readonly number[]) => {
  const width = rows[0]!.length / pixel;
  const at = (y: number, x: number) => (y < 0 || x < 0 ? 0 : rows[y]![x]!);
  const predicted = (filter: number, y: number, x: number) => {
    const [a, b, c] = [at(y, x - pixel), at(y - 1, x), at(y - 1, x - pixel)];
    if (filter === 4) {
      const near = [a, b, c].map((value) => Math.abs(a + b - c - value));
      return [a, b, c][near.indexOf(Math.min(...near))]!;
    }
    return [0, a, b, Math.floor((a + b) / 2)][filter]!;
  };
  const raw = rows.flatMap((row, y) => [
    filters[y]!,
    ...[...row].map((value, x) => (value - predicted(filters[y]!, y, x)) & 255),
  ]);
  const whole = pngOf(new Uint8Array(3), 1, 1);
  const chunk = (type: string, data: Uint8Array) => {
    const own = new Uint8Array(12 + data.length);
    new DataView(own.buffer).setUint32(0, data.length);
    own.set(
      [...type].map((letter) => letter.charCodeAt(0)),
      4,
    );
    own.set(data, 8);
    new DataView(own.buffer).setUint32(8 + data.length, crcOf(own.subarray(4, 8 + data.length)));
    return own;
  };
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, rows.length);
  header.set([8, colour, 0, 0, 0], 8);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(Uint8Array.from(raw))),
    chunk('IEND', new Uint8Array()),
  ];
  return Uint8Array.from([...whole.subarray(0, 8), ...parts.flatMap((part) => [...part])]);
};

describe('PNG files', () => {
  it.each([
    ['of three channels', 3, 2],
    ['with an opaque fourth', 4, 6],
    ['of greys', 1, 0],
  ])('%s are read under every filter', (_, pixel, colour) => {
    const rows = Array.from({ length: 5 }, () =>
      noise(4 * pixel).map((value, x) => (pixel === 4 && x % 4 === 3 ? 255 : value)),
    );
    const { width, height, rgb } = readPng(filtered(rows, pixel, colour, [0, 1, 2, 3, 4]));
    expect([width, height]).toEqual([4, 5]);
    const wanted = rows.flatMap((row) =>
      Array.from({ length: 4 }, (_unused, x) =>
        [0, 1, 2].map((c) => row[x * pixel + (pixel === 1 ? 0 : c)]!),
      ).flat(),
    );
    expect([...rgb]).toEqual(wanted);
  });

  it('that are none, cut off, changed, transparent or deeper are named as such', () => {
    const good = pngOf(noise(), 12, 12);
    const changed = good.slice();
    changed[50]! ^= 1;
    expect(() => readPng(new TextEncoder().encode('GIF89a'))).toThrow('is not a PNG');
    expect(() => readPng(good.subarray(0, 60))).toThrow('is cut off');
    expect(() => readPng(changed)).toThrow(/part IDAT does not have its checksum/);
    const deep = good.slice();
    deep[24] = 16;
    new DataView(deep.buffer).setUint32(29, crcOf(deep.subarray(12, 29)));
    expect(() => readPng(deep)).toThrow('has 16 bits a channel; save it with 8');
    const clear = filtered([Uint8Array.of(1, 2, 3, 254)], 4, 6, [0]);
    expect(() => readPng(clear)).toThrow(/transparent/);
  });
});

describe('choices between images', () => {
  it('are the same when they are read back, from files, a folder or a zip', async () => {
    const choices = made(12);
    const files = filesOfChoices(choices);
    expect(readChoices(files)).toEqual(choices);
    expect(readChoices(new Map([...files].map(([name, data]) => [`mine/${name}`, data])))).toEqual(choices);
    const zip = zipSync(Object.fromEntries([...files, ['README.md', new Uint8Array(3)]]));
    expect(readChoices(new Map([['mine.zip', zip]]))).toEqual(choices);
    expect(await nameOfChoices(choices)).toMatch(/^choices-[0-9a-f]{20}$/);
    expect(await nameOfChoices([...choices].reverse())).not.toBe(await nameOfChoices(choices));
    const [tree] = treesOfChoices(choices);
    expect(tree!.nodes[1]!.image![5]).toBeCloseTo(choices[0]!.chosen[5]! / 127.5 - 1, 6);
  });

  type Change = (files: Map<string, Uint8Array>) => void;
  const changed = (change: Change, count = 12) => {
    const files = filesOfChoices(made(count));
    change(files);
    return () => readChoices(files);
  };
  const line =
    (fields: object): Change =>
    (files) => {
      const lines = new TextDecoder().decode(files.get('pairs.jsonl')).trim().split('\n');
      lines[2] = JSON.stringify({ ...JSON.parse(lines[2]!), ...fields });
      files.set('pairs.jsonl', new TextEncoder().encode(lines.join('\n')));
    };

  const bad: [string, Change, RegExp][] = [
    [
      'another size',
      (f) => void f.set('pairs/0003-2.png', pngOf(noise(768), 16, 16)),
      /^pairs\/0003-2\.png: is 16 by 16 pixels, and images of this world are 12 by 12/,
    ],
    ['no PNG', (f) => void f.set('pairs/0002-1.png', noise()), /^pairs\/0002-1\.png: is not a PNG/],
    [
      'a file that is missing',
      (f) => void f.delete('pairs/0004-1.png'),
      /^pairs\.jsonl, line 4: names pairs\/0004-1\.png, which is not among the files/,
    ],
    ['no lines', (f) => void f.delete('pairs.jsonl'), /hold no pairs\.jsonl/],
    [
      'an unknown condition',
      line({ prompt: 'purple disc' }),
      /line 3: prompt "purple disc" is not drawn here; use one such as "red disc"/,
    ],
    ['one image twice', line({ rejected: 'pairs/0003-1.png' }), /line 3: .* are the same image/],
    ['single steps', line({ t: 499 }), /line 3: compares states of denoising at t = 499/],
    [
      'a line that is no row',
      (f) => void f.set('pairs.jsonl', new TextEncoder().encode('{"prompt"')),
      /line 1: is not JSON/,
    ],
    [
      'a zip that is none',
      (f) => {
        f.clear();
        f.set('mine.zip', noise(64));
      },
      /^mine\.zip: cannot be unpacked/,
    ],
  ];
  it.each(bad)('with %s are refused by name', (_, change, words) => {
    expect(changed(change)).toThrow(words);
  });

  it('are refused where there are too few', () => {
    expect(changed(() => undefined, 9)).toThrow(/holds 9 choices; between 10 and 10000/);
  });
});

it('pairs are drawn, chosen between, kept, and learned from by methods of pairs', async () => {
  shared.store = createMemoryStore('');
  servedModels();
  const trainer = createTrainerApi('http://localhost/');
  await trainer.init('wasm');
  const some = await trainer.drawPairs('shapes-nano', { from: 0, count: 10, seed: 4 });
  expect(await trainer.drawPairs('shapes-nano', { from: 8, count: 2, seed: 4 })).toEqual(some.slice(8));
  const choices = some.map(({ condition, images: [a, b], rewards: [x, y] }): Choice => {
    const first = x['colour']! > y['colour']!;
    return { condition, chosen: first ? a : b, rejected: first ? b : a };
  });
  const files = [...filesOfChoices(choices)].map(([name, data]) => ({ name, data }));
  const kept = await trainer.addChoices(files);
  expect(kept.pairs).toBe(10);
  for (const id of ['diffusion-dpo', 'smpo']) {
    const run = defaultRun(methods.find((m) => m.id === id)!);
    const own = {
      ...run,
      steps: 2,
      batchSize: 4,
      evaluation: { every: 0, problems: 0 },
      data: { ...run.data, trees: 10, source: { id: 'own-choices', params: { set: kept.id } } },
    };
    await trainer.create(own);
    expect((await trainer.start()).phase).toBe('finished');
    const { trees } = await trainer.trees(0, 10);
    expect(trees.map(({ id: name }) => name)).toEqual(choices.map((_, i) => `choice/${i}`));
    await trainer.create({
      ...own,
      seed: 2,
      data: { ...own.data, source: { id: 'own-choices', params: { set: 'choices-none' } } },
    });
    const lost = await trainer.start();
    expect(lost.message).toMatch(/there are no choices "choices-none" here any more/);
  }
  await expect(trainer.drawPairs('arith-nano', { from: 0, count: 1, seed: 1 })).rejects.toThrow(
    /writes text/,
  );
  await trainer.dispose();
  vi.unstubAllGlobals();
});
