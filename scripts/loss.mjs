// `npm run loss -- FILE.json`: a method's loss, its derivatives and metrics on given numbers, without a model.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseJsonFile } from './json-file.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run loss -- FILE.json [--json FILE|-] [--batch]

Computes one method's loss on given log-probs, and its derivative by each of them. FILE.json is a loss case, "-" is standard
input; see docs/loss-case.md.

  --json FILE   write the answer as JSON to FILE, "-" for standard output
  --batch       FILE.json holds a list of cases, and the answer is a list
  --help        this text
`;

const readOptions = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        batch: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message}\n\n${help}`);
  }
};

const readCases = (path, batch) => {
  let value;
  if (path === '-') {
    try {
      value = JSON.parse(readFileSync(0, 'utf8'));
    } catch (error) {
      throw new UsageError(`standard input: is not JSON (${error.message})`);
    }
  } else ({ value } = parseJsonFile(path));
  if (batch && !Array.isArray(value))
    throw new UsageError(`${path}: with --batch it should be a list of loss cases`);
  return batch ? value : [value];
};

/** The engine itself, on plain JavaScript: it needs no browser. */
const loadEngine = async () => {
  const { runnerImport } = await import('vite');
  const load = async (file) =>
    (
      await runnerImport(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), {
        configFile: false,
        logLevel: 'error',
      })
    ).module;
  const { computeLossOnCpu } = await load('compute-loss-on-cpu.ts');
  return computeLossOnCpu;
};

const printed = ({ loss, gradient, metrics }) => {
  const lines = [`loss ${loss}`];
  for (const [name, value] of Object.entries(metrics)) if (name !== 'loss') lines.push(`${name} ${value}`);
  for (const [p, responses] of gradient.entries()) {
    for (const [r, steps] of responses.entries()) {
      for (const [s, step] of steps.entries()) {
        for (const [field, values] of Object.entries(step)) {
          const shown = Array.isArray(values) ? values.map((x) => x.toPrecision(6)).join(' ') : values;
          lines.push(`dL/d${field}, prompt ${p}, response ${r}, step ${s}: ${shown}`);
        }
      }
    }
  }
  return lines.join('\n');
};

const main = async () => {
  const { values: options, positionals } = readOptions();
  if (options.help) return console.log(help);
  if (positionals.length !== 1) throw new UsageError(`Give one file.\n\n${help}`);
  const [path] = positionals;
  const cases = readCases(path, options.batch);
  const computeLoss = await loadEngine();
  const results = [];
  for (const [i, given] of cases.entries()) {
    try {
      results.push(await computeLoss(given));
    } catch (error) {
      const where = options.batch ? `${path}, case ${i}` : path;
      throw new UsageError(
        error.message
          .split('\n')
          .map((line) => `${where}: ${line}`)
          .join('\n'),
      );
    }
  }
  const answer = options.batch ? results : results[0];
  if (options.json === undefined) console.log(results.map(printed).join('\n\n'));
  else if (options.json === '-') console.log(JSON.stringify(answer));
  else writeFileSync(options.json, `${JSON.stringify(answer, null, 2)}\n`);
};

try {
  await main();
} catch (error) {
  console.error(error instanceof UsageError ? error.message : (error?.message ?? String(error)));
  process.exit(error instanceof UsageError ? 2 : 1);
}
