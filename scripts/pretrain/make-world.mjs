// Writes what train.py reads for the model of one world: texts with the world's habits, and the tokenizer files.
//
//   node scripts/pretrain/make-world.mjs guard [ROWS]        (into out/pretrain/guard)
//
// worlds/<id>.mjs says what is written: `makeWorld(load)` gives the characters and `row(rng)`, a prompt with a text, or with turns
// (the model's first, then what its environment said, and so on), and perhaps `first(rng)`, of which first.jsonl is made: texts to
// begin with. No row is a held-out problem.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [id, rows = '300000'] = process.argv.slice(2);
if (!id) throw new Error('Name a world: node scripts/pretrain/make-world.mjs guard');

/** @param {string} path */
const load = async (path) => {
  /** @type {{ module: any }} */
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
};
const { createRng } = await load('src/util/rng.ts');
const { charTokenizer } = await load('test/support/char-tokenizer.ts');
const { makeWorld } = await import(`./worlds/${id}.mjs`);
const { characters, row, first } = await makeWorld(load);

const folder = join(root, 'out/pretrain', id);
mkdirSync(folder, { recursive: true });
const rng = createRng(1);
const made = Array.from({ length: Number(rows) }, () => row(rng));
const known = new Set(characters);
for (const { prompt, text } of made) {
  const strange = [prompt, ...text]
    .join('')
    .split('')
    .find((c) => !known.has(c));
  if (strange)
    throw new Error(
      `worlds/${id}.mjs: ${JSON.stringify(strange)} in ${JSON.stringify(prompt)} is not among its characters.`,
    );
}
const text = (/** @type {any[]} */ list) => list.map((r) => `${JSON.stringify(r)}\n`).join('');
writeFileSync(join(folder, 'train.jsonl'), text(made));
if (first)
  writeFileSync(join(folder, 'first.jsonl'), text(Array.from({ length: 100_000 }, () => first(rng))));
const { tokenizerJson, tokenizerConfig } = charTokenizer([...characters]);
writeFileSync(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizerJson, null, 1)}\n`);
writeFileSync(join(folder, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, null, 1)}\n`);
console.log(`${folder}: ${made.length} rows; the first ones:`);
for (const { prompt, text } of made.slice(0, 8)) console.log(JSON.stringify(prompt + text.join('')));
