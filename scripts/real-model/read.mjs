// Reads a real GGUF file in Node and compares it with test/golden/real-model.json, which oracle.py made from the same
// file:
//
//   node --expose-gc scripts/real-model/read.mjs FILE.gguf
//
// tokens of the prompts and of texts that are easy to split wrongly, digests of decoded weights, packed rows against
// decoded ones. Prints times and memory.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

const file = parseArgs({ allowPositionals: true }).positionals[0];
if (!file) {
  console.error('Usage: node --expose-gc scripts/real-model/read.mjs FILE.gguf');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'marginalia-gguf-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const input = {
  gguf: 'src/model/gguf/read-gguf.ts',
  tokenizer: 'src/tokenizer/load.ts',
  packed: 'src/kernels/packed-format.ts',
};
await build({
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  ssr: { noExternal: true },
  build: { ssr: true, outDir: folder, rolldownOptions: { input, output: { entryFileNames: '[name].mjs' } } },
});
/** @param {string} name */
const load = (name) => import(pathToFileURL(join(folder, `${name}.mjs`)).href);
const { readGguf } = await load('gguf');
const { loadTokenizer } = await load('tokenizer');
const { unpackRows } = await load('packed');

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/real-model.json', import.meta.url), 'utf8'),
);
const mb = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(0);
const collect = () => globalThis.gc?.();
/** Resident memory now, in bytes. */
const resident = () => process.memoryUsage.rss();
let failures = 0;
/** @param {string} what @param {unknown} ours @param {unknown} theirs */
const check = (what, ours, theirs) => {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  failures++;
  console.error(
    `${what} differs: ${JSON.stringify(ours)?.slice(0, 300)} against ${JSON.stringify(theirs)?.slice(0, 300)}`,
  );
};

collect();
const base = resident();
let peak = base;
const notePeak = () => {
  peak = Math.max(peak, resident());
};
/** @template T @param {string} what @param {() => T | Promise<T>} work */
const timed = async (what, work) => {
  const start = performance.now();
  const result = await work();
  notePeak();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return result;
};

const bytes = await timed('file into memory', () => readFileSync(file));
console.log(`memory before ${mb(base)} MB, file ${mb(bytes.length)} MB`);
const model = await timed('header, checks, tokenizer files', () => readGguf(bytes, basename(file)));
await timed('every tensor packed or decoded, one at a time', () => {
  let words = 0;
  for (const tensor of model.weights.values()) {
    const packed = tensor.packed?.();
    words += packed ? packed.values.length + (packed.scales?.length ?? 0) : tensor.data.length;
    notePeak();
  }
  console.log(`${mb(4 * words)} MB on the device`);
});
console.log(
  `peak ${mb(peak - base)} MB above the start, so ${mb(peak - base - bytes.length)} MB beside the file`,
);
const tokenizer = await timed('tokenizer', () =>
  loadTokenizer(model.tokenizerJson, model.tokenizerConfig, model.configJson),
);
await timed('every tensor decoded to floats', () => {
  for (const tensor of model.weights.values()) void tensor.data[0];
});

for (const { question, promptText, prompt, tokens, text } of golden.answers) {
  check(`tokens of the prompt "${question}"`, tokenizer.encode(promptText), prompt);
  check(`the answer's text to "${question}"`, tokenizer.decode(tokens), text);
}
for (const [text, ids] of golden.texts)
  check(`tokens of ${JSON.stringify(text)}`, tokenizer.encode(text), ids);
check('tied head', model.configJson.tie_word_embeddings, golden.config.tied);
check('rope theta', model.configJson.rope_theta, golden.config.rope.rope_theta);
for (const [name, { shape, sha256 }] of Object.entries(golden.weights)) {
  const tensor = model.weights.get(name);
  const data = tensor?.data ?? new Float32Array();
  const digest = createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
  check(name, [tensor?.shape, digest], [shape, sha256]);
  if (!tensor?.packed || data.length > 1e6) continue;
  const unpacked = unpackRows(tensor.packed());
  check(
    `${name}, packed`,
    data.findIndex((/** @type {number} */ x, /** @type {number} */ i) => x !== unpacked[i]),
    -1,
  );
}
console.log(
  failures === 0
    ? `${golden.answers.length} prompts, ${golden.texts.length} texts and ${Object.keys(golden.weights).length} weights are the oracle's`
    : `${failures} differences`,
);
process.exit(failures === 0 ? 0 : 1);
