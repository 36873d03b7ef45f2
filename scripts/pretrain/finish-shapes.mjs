// Measures a fresh shapes-nano: writes the scale of the rewards over its images into config.json, its card, and its entry in
// public/models/index.json.
//
//   node scripts/pretrain/finish-shapes.mjs [folder]        (folder: out/pretrain, for what the training took)

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? join(root, 'out/pretrain');
const name = 'shapes-nano';
const home = join(root, 'public/models', name);

/** @param {string} path */
const load = async (path) => {
  /** @type {{ module: any }} */
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
};
const { denoiserOnDevice, evaluationOf, scaleOfBase } = await load('src/diffusion/measure-base.ts');

/** @param {string} file */
const read = (file) => new Uint8Array(readFileSync(join(home, file)));
const net = await denoiserOnDevice(read('config.json'), read('model.safetensors'));
const config = JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'));
config.rewards = await scaleOfBase(net);
writeFileSync(join(home, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
const { measures } = await evaluationOf(net, config.rewards, 576);

/** @type {Record<string, { value: number, interval: [number, number], unit: string, name: string }>} */
const by = Object.fromEntries(measures.map((/** @type {any} */ m) => [m.id, m]));
const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(0)} %`;
/** @param {string} id */
const row = (id) => {
  const { value, interval, unit, name: label } = /** @type {any} */ (by[id]);
  const shown = (/** @type {number} */ x) => (unit === 'share' ? percent(x) : x.toFixed(2));
  return `| ${label} | ${shown(value)} (${interval.map(shown).join(' to ')}) |`;
};
const took = existsSync(join(folder, `${name}.json`))
  ? JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  : undefined;

writeFileSync(
  join(home, 'README.md'),
  `# ${name}

A denoiser with 140,763 parameters that draws one of six shapes in one of six hues, 12 by 12 pixels, and gets some of them
wrong. It is made to be aligned in the browser, and good for nothing else.

- Shape: a small diffusion transformer (DiT): patches of 3 by 3 pixels, 16 tokens, width 48, 3 layers, 4 heads, adaLN-zero from
  the time and from what is asked for. It predicts v on the cosine schedule of 1,000 times. Weights in half precision.
- Training: 12,000 steps of 32 images out of 60,000 that the project's own world draws, AdamW, learning rate 2e-3 falling along a
  cosine, averaged weights (decay 0.998)${took ? `; last loss ${took.loss.toFixed(3)}, ${Math.round(took.seconds / 60)} minutes on a shared CPU core` : ''}.
- Its mistakes are those of what it saw: three drawings in ten have another hue than asked, and a third have one half cut away. On purpose:
  preferences can turn that round.
- \`rewards\` in config.json has mean and spread of each reward over its images; that is the unit of what is measured of it.
- To repeat it: \`scripts/pretrain/README.md\` in the project.

576 images at eta 1, 20 steps, with 95 % intervals:

| | |
|---|---|
${['colour', 'shape', 'hue', 'recognised', 'spread'].map(row).join('\n')}
`,
);

const indexFile = join(root, 'public/models/index.json');
const index = JSON.parse(readFileSync(indexFile, 'utf8'));
const files = ['config.json', 'model.safetensors', 'README.md'].map((file) => ({
  name: file,
  bytes: read(file).byteLength,
  sha256: createHash('sha256').update(read(file)).digest('hex'),
}));
const entry = {
  id: name,
  name: 'Shapes, nano',
  description:
    'Draws coloured shapes of 12 by 12 pixels, some in the wrong hue and some cut in half; 0.1 million parameters.',
  parameters: 140_763,
  task: 'shapes',
  difficulty: 'all',
  draws: true,
  files,
};
const others = index.filter((/** @type {any} */ e) => e.id !== name);
writeFileSync(indexFile, `${JSON.stringify([...others, entry], null, 2)}\n`);
console.log(measures.map((/** @type {any} */ m) => `${m.name}: ${m.value.toFixed(3)}`).join('\n'));
