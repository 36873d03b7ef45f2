// Makes the trees that come with a built-in model: those of the default run, by the run's own pipeline on WebAssembly. Run it again
// when the model, the default document or the pipeline has changed; test/unit/train/made-trees.test.ts tells when.
//
//   node scripts/make-trees.mjs [MODEL [METHOD]]      arith-nano, and Step-DPO, which the page opens with
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { projectRoot } from './build.mjs';

const [modelId = 'arith-nano', methodId = 'step-dpo'] = process.argv.slice(2);
const server = await createServer({
  root: projectRoot,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, watch: null },
});
const load = (path) => server.ssrLoadModule(path);

const { initBackend } = await load('/src/tf.ts');
const { methodById } = await load('/src/methods/index.ts');
const { defaultRun } = await load('/src/train/run-document.ts');
const { modelFromFiles } = await load('/src/load/model-from-files.ts');
const { MADE_TREES, writeMadeTrees } = await load('/src/train/made-trees.ts');
const { madeTreesKey } = await load('/src/run/tree-key.ts');
const { TrainingSession } = await load('/src/run/session.ts');
const { arithmetic } = await load('/src/tasks/arithmetic.ts');

const indexPath = join(projectRoot, 'public/models/index.json');
const index = JSON.parse(readFileSync(indexPath, 'utf8'));
const entry = index.find(({ id }) => id === modelId);
const folder = join(projectRoot, 'public/models', modelId);
const names = entry.files.map(({ name }) => name).filter((name) => name !== MADE_TREES);
const files = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
const model = await modelFromFiles({ ...entry, builtIn: true }, files);

const method = methodById(methodId);
const document = { ...defaultRun(method, modelId), evaluation: { every: 0, problems: 0 }, steps: 1 };
const nothing = async () => undefined;
const { id: source, params } = document.data.source;
const recipe = { owner: 'run', source, params, document, policyHash: model.hash };
const session = await TrainingSession.create({
  runId: 'make-trees',
  document,
  method,
  task: arithmetic,
  model,
  backend: await initBackend('wasm'),
  store: {
    putRun: nothing,
    putCheckpoint: nothing,
    putReferences: nothing,
    getReferences: async (keys) => keys.map(() => undefined),
    putDataset: nothing,
    getDataset: nothing,
    getMeasures: async () => [],
  },
  emit: (event) =>
    event.kind === 'progress' && console.error(`${event.done} of ${event.total}: ${event.note}`),
});
const status = await session.stepOnce();
if (status.phase === 'failed') throw new Error(status.message);
const text = writeMadeTrees(await madeTreesKey(recipe), session.treesMade);
await session.dispose();
await server.close();

writeFileSync(join(folder, MADE_TREES), text);
const sha256 = createHash('sha256').update(text).digest('hex');
entry.files = entry.files.filter(({ name }) => name !== MADE_TREES);
entry.files.push({ name: MADE_TREES, bytes: Buffer.byteLength(text), sha256 });
writeFileSync(indexPath, `${JSON.stringify(index, null, 2)}\n`);
console.log(
  `${join(folder, MADE_TREES)}: ${session.treesMade.length} trees, ${Buffer.byteLength(text)} bytes`,
);
