// `npm run loss -- FILE.json`: a method's loss, its derivatives and metrics on given numbers, without a model.
import { fileURLToPath } from 'node:url';
import { readJson } from './json-file.mjs';
import { runScript, writeJson } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run loss -- FILE.json [--json FILE|-] [--batch]
       npm run loss -- --example METHOD

Computes one method's loss on given log-probs, and its derivative by each of them. FILE.json is a loss case, "-" is standard
input; see docs/loss-case.md.

  --json FILE       write the answer as JSON to FILE, "-" for standard output
  --batch           FILE.json holds a list of cases, and the answer is a list
  --example METHOD  write a small case with every field that the method reads, to begin with
  --help            this text
`;

const options = {
  json: { type: 'string' },
  batch: { type: 'boolean', default: false },
  example: { type: 'string' },
};

/** A case of a method on images names its arrays; a file of such may hold a list without being told so. */
const namesArrays = (value) => Array.isArray(value) && value.length > 0 && value.every((own) => own?.input);

const readCases = (file, asked) => {
  const { path, value } = readJson(file === '-' ? 0 : file, UsageError);
  const batch = asked || namesArrays(value);
  if (batch && !Array.isArray(value))
    throw new UsageError(`${path}: with --batch it should be a list of loss cases`);
  if (!batch && Array.isArray(value))
    throw new UsageError(`${path}: is a list; give one loss case, or --batch for a list of them`);
  return { path, batch, cases: batch ? value : [value] };
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
  return load('compute-loss-on-cpu.ts');
};

const printed = ({ loss, gradient, metrics }) => {
  const lines = [`loss ${loss}`];
  for (const [name, value] of Object.entries(metrics)) if (name !== 'loss') lines.push(`${name} ${value}`);
  if (!Array.isArray(gradient)) {
    const each = (values, place) =>
      Array.isArray(values[0])
        ? values.flatMap((own, i) => each(own, `${place}[${i}]`))
        : [`dL/d${place}: ${values.map((x) => x.toPrecision(6)).join(' ')}`];
    for (const [name, values] of Object.entries(gradient)) lines.push(...each(values, name));
    return lines.join('\n');
  }
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

/** What only the person can put right names its place; the rest is a fault of ours. */
const atPlace = (where, error) =>
  new UsageError(
    error.message
      .split('\n')
      .map((line) => `${where}: ${line}`)
      .join('\n'),
  );

const main = async (asked, words) => {
  if (asked.example !== undefined) {
    if (words.length > 0) throw new UsageError(`--example takes no file.\n\n${help}`);
    const { exampleCaseOnCpu } = await loadEngine();
    try {
      return console.log(JSON.stringify(await exampleCaseOnCpu(asked.example), null, 2));
    } catch (error) {
      throw atPlace('--example', error);
    }
  }
  if (words.length !== 1) throw new UsageError(`Give one file.\n\n${help}`);
  const { path, batch, cases } = readCases(words[0], asked.batch);
  const { computeLossOnCpu } = await loadEngine();
  const results = [];
  for (const [i, given] of cases.entries()) {
    try {
      results.push(await computeLossOnCpu(given));
    } catch (error) {
      throw atPlace(batch ? `${path}, case ${i}` : path, error);
    }
  }
  if (asked.json === undefined) console.log(results.map(printed).join('\n\n'));
  else writeJson(asked.json, batch ? results : results[0]);
};

await runScript({ help, options, words: true }, main);
