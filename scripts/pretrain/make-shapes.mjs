// Writes what train_shapes.py reads: images drawn by the world itself, with the conditions they were asked to show.
//
//   node scripts/pretrain/make-shapes.mjs [folder]        (folder: out/pretrain)
//
// shapes.f32 holds 60,000 images of 432 numbers, shapes.u8 a byte for the shape and one for the hue of each.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? join(root, 'out/pretrain');

/** @param {string} path */
const load = async (path) => {
  /** @type {{ module: any }} */
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
};
const { conditionAt } = await load('src/diffusion/world/condition.ts');
const { drawImage, SIZE } = await load('src/diffusion/world/draw.ts');
const { createRng } = await load('src/util/rng.ts');

const seed = 1;
const count = 60_000;
const rng = createRng(seed);
const images = new Float32Array(count * SIZE);
const conditions = new Uint8Array(2 * count);
for (let i = 0; i < count; i++) {
  const condition = conditionAt(i);
  images.set(drawImage(condition, rng).image, i * SIZE);
  conditions.set([condition.shape, condition.hue], 2 * i);
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'shapes.f32'), new Uint8Array(images.buffer));
writeFileSync(join(folder, 'shapes.u8'), conditions);
console.log(`${count} images in ${folder}`);
