// `npm run train`: the built engine in a headless Chromium, progress in the terminal, the numbers in a file.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { ensureBuilt, projectRoot } from './build.mjs';
import { launchOptions } from './chromium.mjs';
import { lineOfField, parseJsonFile } from './json-file.mjs';
import { createProgress } from './progress.mjs';
import { serveFolder } from './static-server.mjs';

const help = `Usage: npm run train -- [options]

The run
  --model ID          built-in model (arith-nano)
  --method ID         dpo, step-dpo, tgdpo, sft (step-dpo)
  --param NAME=VALUE  hyperparameter of the method, for example --param beta=0.4; may be repeated
  --steps N           optimiser steps (30)
  --batch-size N      trees per micro-batch
  --accumulate N      micro-batches per step
  --lr X              learning rate
  --trees N           preference trees to make before training
  --difficulty ID     of the training problems
  --max-tokens N      longest response
  --eval-problems N   held-out problems of each evaluation; 0 for none
  --eval-every N      steps between evaluations; 0 for before and after only
  --seed N            (1)
  --backend NAME      auto, webgpu, wasm or cpu (auto)
  --run FILE          a run document (JSON) to start from; the options above change it

The results
  --json FILE         document, backend, metrics and evaluations
  --out DIR           the trained model as a zip: safetensors, config, tokenizer, run

Going on later
  --store DIR         keep the run and its checkpoints in DIR
  --resume            go on with the last unfinished run in the store
  --help

Ctrl-C ends the run after its current step; a second one ends it at once.
`;

/** Something the person can put right; no stack is printed. */
class UsageError extends Error {}

const number = (text, flag) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`${flag}: "${text}" is not a number.`);
  return value;
};

const backends = ['auto', 'webgpu', 'wasm', 'cpu'];

/**
 * Option, place in the run document, and whether it is a number.
 * @type {[string, string[], boolean][]}
 */
const fields = [
  ['model', ['model'], false],
  ['steps', ['steps'], true],
  ['batch-size', ['batchSize'], true],
  ['accumulate', ['accumulate'], true],
  ['lr', ['optimizer', 'learningRate'], true],
  ['trees', ['data', 'trees'], true],
  ['difficulty', ['data', 'difficulty'], false],
  ['max-tokens', ['data', 'maxTokens'], true],
  ['eval-problems', ['evaluation', 'problems'], true],
  ['eval-every', ['evaluation', 'every'], true],
  ['seed', ['seed'], true],
  ['backend', ['backend'], false],
];

/** @returns {Record<string, any>} */
const readOptions = () => {
  try {
    const options = Object.fromEntries(
      [...fields.map(([name]) => name), 'method', 'run', 'json', 'out', 'store'].map((name) => [
        name,
        { type: 'string' },
      ]),
    );
    return parseArgs({
      options: {
        ...options,
        param: { type: 'string', multiple: true },
        resume: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error.message}\nSee npm run train -- --help.`);
  }
};

const readChanges = (options) => {
  const set = [];
  for (const [name, path, isNumber] of fields) {
    const text = options[name];
    if (text !== undefined) set.push({ path, value: isNumber ? number(text, `--${name}`) : text });
  }
  for (const pair of options.param ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--param: "${pair}" is not NAME=VALUE.`);
    const name = pair.slice(0, at);
    set.push({ path: ['method', 'params', name], value: number(pair.slice(at + 1), `--param ${name}`) });
  }
  return set;
};

const checkOptions = (options) => {
  if (options.backend !== undefined && !backends.includes(options.backend)) {
    throw new UsageError(
      `--backend: "${options.backend}" is not a backend; use one of ${backends.join(', ')}.`,
    );
  }
  if (options.resume) {
    if (!options.store)
      throw new UsageError('--resume: give the folder that holds the run with --store DIR.');
    if (!existsSync(join(options.store, 'address.json')))
      throw new UsageError(`--store: there is no stored run in "${options.store}".`);
    const idle = [...fields.map(([name]) => name), 'method', 'run', 'param'].find(
      (name) => options[name] !== undefined,
    );
    if (idle && idle !== 'backend')
      throw new UsageError(`--${idle}: a resumed run keeps its own document; leave this option out.`);
  }
  // Found out before the training, not after it.
  if (options.json && !existsSync(dirname(resolve(options.json))))
    throw new UsageError(`--json: the folder of "${options.json}" does not exist; make it first.`);
};

const launch = async (profile, adapter) => {
  try {
    return await chromium.launchPersistentContext(profile, {
      ...launchOptions(adapter),
      handleSIGINT: false,
      handleSIGTERM: true,
    });
  } catch (error) {
    if (/executable doesn't exist|distribution 'chromium' is not found|ENOENT/i.test(error.message)) {
      throw new UsageError(
        'No Chromium was found. Install one (Debian, Ubuntu: apt-get install chromium; elsewhere: npx playwright install chromium), or set CHROMIUM_PATH to its program file.',
      );
    }
    if (/ProcessSingleton|profile appears to be in use/i.test(error.message)) {
      throw new UsageError('--store: another run is using that folder; wait for it, or choose another.');
    }
    throw error;
  }
};

const flagOf = (field) => {
  if (field === 'method.id') return '--method';
  if (field.startsWith('method.params.')) return `--param ${field.slice('method.params.'.length)}`;
  const known = fields.find(([, path]) => path.join('.') === field);
  return known ? `--${known[0]}` : undefined;
};

const describeProblems = (problems, set, method, runFile) =>
  problems
    .map(({ field, message }) => {
      const given =
        set.some((change) => change.path.join('.') === field) || (field === 'method.id' && method);
      const flag = flagOf(field);
      if (runFile && !given) {
        const line = lineOfField(runFile.text, field, message);
        return `${runFile.path}${line ? `:${line}` : ''}: ${field}: ${message}`;
      }
      return flag && given ? `${flag}: ${message}` : `${field}: ${message}`;
    })
    .join('\n');

const openPage = async (profile, adapter, url, onEvent) => {
  const context = await launch(profile, adapter);
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.exposeFunction('marginaliaEvent', onEvent);
  await page.goto(`${url}headless.html`);
  await page.waitForFunction('window.marginaliaHeadless !== undefined', undefined, { timeout: 60_000 });
  return { context, page };
};

const trainIn = (page, input) => page.evaluate(`window.marginaliaHeadless.train(${JSON.stringify(input)})`);

const portOf = (store) => {
  const path = store && join(store, 'address.json');
  // A browser keeps a page's data by its address, so a store always has to be opened at the same port.
  return path && existsSync(path) ? parseJsonFile(path).value.port : 0;
};

const interval = ([low, high]) => `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
const describeEvaluation = (name, e) =>
  `${name} ${(100 * e.accuracy).toFixed(1)} % of ${e.problems} held-out problems (95 % interval ${interval(e.interval)})`;

const summaryOf = (evaluation) =>
  evaluation && {
    accuracy: evaluation.accuracy,
    interval: evaluation.interval,
    problems: evaluation.problems,
    step: evaluation.step,
  };

const main = async () => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const set = readChanges(options);
  checkOptions(options);
  const runFile = options.run === undefined ? undefined : parseJsonFile(options.run, UsageError);
  const progress = createProgress(process.stderr);
  await ensureBuilt({ note: (line) => progress.line(line) });

  const store = options.store && resolve(options.store);
  if (store) mkdirSync(store, { recursive: true });
  const profile = store ? join(store, 'browser') : mkdtempSync(join(tmpdir(), 'marginalia-train-'));
  const server = await serveFolder({ root: join(projectRoot, 'dist'), port: portOf(store) }).catch(
    (error) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new UsageError(
        `--store: port ${portOf(store)}, where that store lives, is in use; free it and try again.`,
      );
    },
  );
  if (store) writeFileSync(join(store, 'address.json'), `${JSON.stringify({ port: server.port })}\n`);

  const rmIfTemporary = () => {
    if (!store) rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  const begin = Date.now();
  let opened;
  let interrupted = 0;
  const interrupt = () => {
    const now = Date.now();
    if (now - interrupted < 1000) return; // npm passes on a signal that the terminal has already sent
    if (interrupted) {
      rmIfTemporary();
      process.exit(130);
    }
    interrupted = now;
    progress.line('Stopping after this step (Ctrl-C again: at once) ...');
    opened?.page.evaluate('window.marginaliaHeadless.pause()').catch(() => {});
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const backend = options.backend ?? runFile?.value?.backend ?? 'auto';
    const input = {
      method: options.method,
      file: runFile?.value,
      set,
      // One that the file names wrongly is reported with the document's other fields.
      backend: backends.includes(backend) ? backend : 'auto',
      resume: options.resume ?? false,
      wantZip: options.out !== undefined,
    };
    const adapter = process.env.MARGINALIA_ADAPTER ?? 'default';
    opened = await openPage(profile, adapter, server.url, progress.event);
    let result = await trainIn(opened.page, input);
    if (result.error && /offers no adapter/.test(result.error) && adapter === 'default') {
      progress.line(
        'This machine offers no GPU to the browser; WebGPU runs on a software adapter, which is slow.',
      );
      await opened.context.close();
      opened = await openPage(profile, 'swiftshader', server.url, progress.event);
      result = await trainIn(opened.page, input);
    }
    progress.end();
    if (result.problems)
      throw new UsageError(describeProblems(result.problems, set, options.method, runFile));
    if (result.error) throw new UsageError(result.error);

    const { document, status, metrics, evaluations, before, after, zip } = result;
    const seconds = (Date.now() - begin) / 1000;
    if (options.json) {
      const report = {
        document,
        backend: status.backend,
        phase: status.phase,
        metrics: metrics.map((row) => ({ stage: row.stage, ...row.metrics })),
        evaluations,
        before: summaryOf(before) ?? null,
        after: summaryOf(after) ?? null,
        seconds,
      };
      writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    }
    if (zip) {
      mkdirSync(options.out, { recursive: true });
      const path = join(options.out, `${document.model}-${document.method.id}-seed${document.seed}.zip`);
      writeFileSync(path, Buffer.from(zip, 'base64'));
      console.log(`Model written to ${path}`);
    }
    if (before) console.log(describeEvaluation('Before:', before));
    if (after) console.log(describeEvaluation('After: ', after));
    console.log(
      `${status.message} ${seconds.toFixed(0)} s on ${status.backend.name} (${status.backend.adapter}).`,
    );
    if (interrupted && store) console.log(`Go on with: npm run train -- --store ${options.store} --resume`);
    return interrupted ? 130 : 0;
  } finally {
    await opened?.context.close().catch(() => {});
    await server.close();
    rmIfTemporary();
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
