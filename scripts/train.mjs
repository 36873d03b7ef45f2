// `npm run train`: the built engine in a headless Chromium, progress in the terminal, the numbers in a file.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuilt, projectRoot } from './build.mjs';
import { lineOfField, parseJsonFile } from './json-file.mjs';
import { createProgress } from './progress.mjs';
import { serveFolder } from './static-server.mjs';
import { openPage } from './terminal/browser.mjs';
import { comparedLines, readArms } from './terminal/compare.mjs';
import { createExchange } from './terminal/exchange.mjs';
import { givenAdapter, givenChoices, givenData, givenModel } from './terminal/given.mjs';
import { help } from './terminal/help.mjs';
import { backends, checkOptions, flagOf, inOptions, readChanges, readOptions } from './terminal/options.mjs';
import { checkPlaces, checkTargets } from './terminal/places.mjs';
import { wantedExports, writeExport } from './terminal/results.mjs';
import {
  estimateLines,
  evaluationLine,
  madeLines,
  measureLines,
  misfitLines,
  reportLines,
} from './terminal/tables.mjs';
import { tellError, withoutStacks } from './terminal/tell-error.mjs';
import { UsageError } from './terminal/usage-error.mjs';

/** Examples whose tokens --logits scores. */
const LOGITS_EXAMPLES = 8;

const describeProblems = (problems, set, method, runFile) =>
  problems
    .map(({ field, message }) => {
      const flag = flagOf(field);
      const given =
        (field === 'method.id' && method) ||
        field === 'preset' ||
        set.some(({ path }) => {
          const own = path.join('.');
          return field === own || field.startsWith(`${own}.`) || (flag && own.startsWith(`${field}.`));
        });
      if (runFile && !given) {
        const line = lineOfField(runFile.text, field, message);
        return `${runFile.path}${line ? `:${line}` : ''}: ${field}: ${message}`;
      }
      return flag && given ? `${flag}: ${message}` : `${field}: ${message}`;
    })
    .join('\n');

const portOf = (store) => {
  const path = store && join(store, 'address.json');
  if (!path || !existsSync(path)) return 0;
  // A browser keeps a page's data by its address, so a store always has to be opened at the same port.
  const { port } = parseJsonFile(path, UsageError).value;
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(
    `${path}: names no port, so that what is in the store cannot be found; choose another --store.`,
  );
};

const serve = async (store, handle) => {
  const port = portOf(store);
  try {
    return await serveFolder({ root: join(projectRoot, 'dist'), port, handle });
  } catch (error) {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    throw new UsageError(
      `--store: port ${port}, where that store lives, ${error.code === 'EACCES' ? 'may not be used' : 'is in use'}; free it and try again.`,
    );
  }
};

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** Does all of these, one after another, and returns the errors of those that fail. */
const eachOf = async (tasks) => {
  const errors = [];
  for (const task of tasks) {
    try {
      await task();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
};

const summaryOf = (evaluation) =>
  evaluation && {
    ...(evaluation.kind === 'pairs' ? { kind: evaluation.kind, metrics: evaluation.metrics } : {}),
    accuracy: evaluation.accuracy,
    interval: evaluation.interval,
    ...(evaluation.temperature !== undefined && { temperature: evaluation.temperature }),
    ...(evaluation.measures && { measures: evaluation.measures }),
    problems: evaluation.problems,
    step: evaluation.step,
  };

/** The page to say everything of before a step is done: what the data are, and whether the run fits. */
const tellPrepared = ({ document, report, estimate, notices = [] }, options) => {
  for (const notice of notices) console.log(`Note: ${notice}`);
  if (report) console.log(reportLines(report).map(inOptions).join('\n'));
  if (estimate) console.log(estimateLines(estimate, document).join('\n'));
  if (options.json && (options.check || options.estimate)) {
    writeJson(options.json, { document, report: report ?? null, estimate: estimate ?? null });
  }
  if (!estimate || estimate.fits) return;
  const lines = misfitLines(estimate, document).join('\n');
  if (options.force) console.log(lines.split('\n')[0]);
  else throw new UsageError(lines);
};

const main = async () => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const runFile = options.run === undefined ? undefined : parseJsonFile(options.run, UsageError);
  const set = readChanges(options, runFile?.value);
  checkOptions(options, runFile?.value);
  const arms = readArms(options);
  checkPlaces(options);
  const exchange = createExchange();
  const bring = {
    model: givenModel(options, exchange.share),
    data: givenData(options, exchange.share),
    adapter: givenAdapter(options, exchange.share),
    choices: givenChoices(options, exchange.share),
  };
  const drawn = bring.model && 'draws' in bring.model && bring.model.draws;
  if (bring.model && !drawn && !bring.data && !runFile?.value?.data?.dataset && !options.estimate) {
    throw new UsageError(
      '--model: the built-in problems are made for the built-in models; give examples with --data FILE.',
    );
  }
  const progress = createProgress(process.stderr);
  await ensureBuilt({ note: (line) => progress.line(line) });

  const store = options.store && resolve(options.store);
  if (store) mkdirSync(store, { recursive: true });
  const profile = store ? join(store, 'browser') : mkdtempSync(join(tmpdir(), 'marginalia-train-'));
  const rmIfTemporary = () => {
    if (!store) rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  const server = await serve(store, exchange.handle).catch((error) => {
    rmIfTemporary();
    throw error;
  });
  if (store) writeFileSync(join(store, 'address.json'), `${JSON.stringify({ port: server.port })}\n`);

  const begin = Date.now();
  /** @type {Awaited<ReturnType<typeof openPage>> | undefined} */
  let page;
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
    page?.call('pause').catch(() => {});
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const orUsage = (result) => {
    if (result?.problems)
      throw new UsageError(describeProblems(result.problems, set, options.method, runFile));
    if (result?.error) throw new UsageError(inOptions(result.error));
    return result;
  };
  const openOn = async (adapter) => {
    // An error ends the call that it belongs to, and is told there.
    page = await openPage(profile, adapter, server.url, (event) => {
      if (event.kind !== 'error') progress.event(event);
    });
    return page;
  };
  /** @returns {Promise<{ page: Awaited<ReturnType<typeof openPage>>, result: any }>} */
  const prepare = async () => {
    const backend = options.backend ?? runFile?.value?.backend ?? 'auto';
    const classic = !bring.model && !bring.data && !bring.adapter && !options.lora;
    const input = {
      method: options.method,
      compare: arms,
      preset: options.preset,
      file: runFile?.value,
      set: bring.model ? set.filter(({ path }) => path[0] !== 'model') : set,
      // One that the file names wrongly is reported with the document's other fields.
      backend: backends.includes(backend) ? backend : 'auto',
      resume: options.resume ?? false,
      bring,
      check: options.check ?? false,
      estimate: (options.estimate ?? (!classic && !options.check)) && !options.resume && !arms,
    };
    const adapter = process.env.MARGINALIA_ADAPTER ?? 'default';
    const first = await openOn(adapter);
    const result = await first.call('prepare', input);
    if (!result.error || !/offers no adapter/.test(result.error) || adapter !== 'default')
      return { page: first, result };
    progress.line(
      'This machine offers no GPU to the browser; WebGPU runs on a software adapter, which is slow.',
    );
    await first.close();
    const second = await openOn('swiftshader');
    return { page: second, result: await second.call('prepare', input) };
  };

  const onward = () => {
    if (store) console.log(`Go on with: npm run train -- --store ${options.store} --resume`);
  };
  try {
    const { page: engine, result: prepared } = await prepare();
    progress.end();
    if (interrupted) {
      console.log('Stopped before the first step.');
      return 130;
    }
    orUsage(prepared);
    const { document, model } = prepared;
    if (prepared.documents) {
      for (const notice of prepared.notices ?? []) console.log(`Note: ${notice}`);
      const { arms: found, backend } = orUsage(await engine.call('compare'));
      progress.end();
      const seconds = (Date.now() - begin) / 1000;
      if (options.json) writeJson(options.json, { arms: found, backend, seconds });
      console.log(comparedLines(found).join('\n'));
      console.log(`${seconds.toFixed(0)} s on ${backend.name} (${backend.adapter}).`);
      if (interrupted) onward();
      return interrupted ? 130 : found.some(({ phase }) => phase === 'failed') ? 2 : 0;
    }
    if (options.export && options.export !== 'model' && !document.adapter)
      throw new UsageError('--export: all weights are trained, so there is no adapter; add --lora.');
    const exports = wantedExports(options, document, model);
    checkTargets(options.out, exports);
    tellPrepared(prepared, options);
    if (options.check || options.estimate) return 0;

    const result = orUsage(await engine.call('train'));
    progress.end();
    const { status, metrics, evaluations, before, after } = result;
    const seconds = (Date.now() - begin) / 1000;
    const results = {
      document,
      backend: status.backend,
      phase: status.phase,
      metrics: metrics.map((row) => ({ stage: row.stage, ...row.metrics })),
      evaluations: evaluations.map(({ images: _pictures, ...numbers }) => numbers),
      made: result.made,
      before: summaryOf(before) ?? null,
      after: summaryOf(after) ?? null,
      seconds,
    };
    // What cannot be written keeps nothing else from being written: there is no second chance after this.
    const failed = await eachOf([
      ...exports.map((wanted) => async () => {
        const given = (dtype) => ({ what: wanted.what, ...(dtype ? { dtype } : {}) });
        const { path, note } = await writeExport(options.out, wanted, options.dtype, async (zip, dtype) => {
          orUsage(await engine.call('export', given(dtype), exchange.receive(zip)));
        });
        console.log(`${wanted.what === 'adapter' ? 'Adapter' : 'Model'} written to ${path}`);
        if (note) throw new UsageError(note);
      }),
      async () => options.json && writeJson(options.json, results),
      async () =>
        options.logits && writeJson(options.logits, orUsage(await engine.call('logProbs', LOGITS_EXAMPLES))),
    ]);
    for (const prompt of options.chat ?? []) {
      const { reference, policy } = orUsage(await engine.call('chat', prompt));
      console.log(`Asked:  ${prompt}\nBefore: ${reference.text}\nAfter:  ${policy.text}`);
    }
    if (before) console.log(evaluationLine('Before:', before));
    if (after) console.log(evaluationLine('After: ', after));
    for (const line of measureLines(before, after)) console.log(line);
    for (const line of madeLines(result.made, status.passes)) console.log(line);
    console.log(
      `${status.message} ${seconds.toFixed(0)} s on ${status.backend.name} (${status.backend.adapter}).`,
    );
    if (interrupted) onward();
    for (const error of failed) tellError(error);
    return interrupted ? 130 : failed.length > 0 ? 2 : 0;
  } finally {
    await page?.close().catch(() => {});
    await server.close();
    rmIfTemporary();
  }
};

withoutStacks();
try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = tellError(error);
}
