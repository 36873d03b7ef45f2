// `npm run lab -- NAME`: an experiment without a language model, as numbers.
import { fileURLToPath } from 'node:url';
import { createProgress } from './progress.mjs';
import { readParam } from './terminal/read-param.mjs';
import { runScript, writeJson } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run lab -- NAME [--param NAME=VALUE]... [--seed N] [--json FILE|-]
       npm run lab -- --list

Runs an experiment on a bandit or a small network, with exact gradients and without a language model. The same seed gives
the same numbers.

  --param NAME=VALUE  a parameter of the experiment; several times for several
  --seed N            1 when left out
  --json FILE         write parameters, numbers and curves as JSON to FILE, "-" for standard output
  --list              the experiments and their parameters
  --help              this text
`;

const options = {
  param: { type: 'string', multiple: true, default: [] },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
};

const loadLab = async () => {
  const { runnerImport } = await import('vite');
  const file = fileURLToPath(new URL('../src/lab-on-cpu.ts', import.meta.url));
  return (await runnerImport(file, { configFile: false, logLevel: 'error' })).module;
};

const ranges = {
  number: ({ min, max }) => `${min} to ${max}`,
  flag: () => 'on, off',
  choice: ({ options }) => {
    const names = Object.keys(options);
    return names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', ');
  },
};

const listed = (labs) =>
  labs
    .map(({ id, summary, params }) =>
      [
        id,
        `  ${summary}`,
        ...Object.entries(params).map(
          ([name, spec]) => `  ${name}=${spec.default} (${ranges[spec.kind](spec)}): ${spec.help}`,
        ),
      ].join('\n'),
    )
    .join('\n\n');

const printed = ({ says, numbers, figures }) =>
  [
    ...says,
    '',
    ...Object.entries(numbers).map(([name, value]) => `${name} ${value}`),
    '',
    ...figures.map(({ title, sentence }) => `${title}: ${sentence}`),
  ].join('\n');

const main = async (given, words) => {
  if (words.length !== (given.list ? 0 : 1))
    throw new UsageError(`Give the name of one experiment, or --list.\n\n${help}`);
  const { labsOnCpu, runLabOnCpu } = await loadLab();
  const labs = labsOnCpu();
  if (given.list) {
    if (given.json === undefined) console.log(listed(labs));
    else writeJson(given.json, labs);
    return;
  }
  const [id] = words;
  const lab = labs.find((each) => each.id === id);
  if (!lab)
    throw new UsageError(
      `There is no experiment "${id}"; use one of ${labs.map((each) => each.id).join(', ')}.`,
    );
  const seed = Number(given.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed: "${given.seed}" is not a whole number.`);
  const set = Object.fromEntries(given.param.map((text) => readParam(text)));
  const progress = createProgress(process.stderr);
  const began = Date.now();
  let result;
  try {
    result = await runLabOnCpu(id, set, seed, (done, total) =>
      progress.event({ kind: 'work', what: lab.name, done, total }),
    );
  } catch (error) {
    progress.end();
    if (error.name !== 'LabParamsError') throw error;
    throw new UsageError(error.message.replace(/^/gm, '--param '));
  }
  progress.end();
  const params = {
    ...Object.fromEntries(Object.entries(lab.params).map(([name, spec]) => [name, spec.default])),
    ...set,
  };
  const seconds = (Date.now() - began) / 1000;
  if (given.json !== '-') console.log(printed(result));
  if (given.json !== undefined) writeJson(given.json, { lab: id, seed, params, seconds, ...result });
};

await runScript({ help, options, words: true }, main);
