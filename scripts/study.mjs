// `npm run study -- ID`: a paper's claim, tried again over seeds; what is finished is kept and not run again.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from './build.mjs';
import { openStudyEngine } from './study/engine.mjs';
import { createRunner } from './study/runner.mjs';
import { openStudyStore } from './study/store.mjs';
import { tellError, withoutStacks } from './terminal/tell-error.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run study -- ID... [--seeds N] [--json FILE] [--choose]
       npm run study -- --all
       npm run study -- --list

Runs a study of src/studies: both arms with each of its seeds, in this process on WebAssembly. Finished runs lie in
docs/studies/ID.json and are not run again, so that it may be stopped at any time. The verdict is made from the study's own
seeds and no others, when all of them are there.

  --seeds N    the first N of its seeds; beyond its own, further ones, which count for no verdict
  --json FILE  write the study, its verdict and its runs as JSON to FILE
  --choose     run the settings that were tried on other seeds, and say which is the best of each arm
  --all        all studies, seed by seed
  --list       what there is and what is known, and writes docs/studies/index.json; runs nothing
  --help       this text
`;

const folder = join(projectRoot, 'docs/studies');

const readOptions = () => {
  let read;
  try {
    read = parseArgs({
      allowPositionals: true,
      options: {
        seeds: { type: 'string' },
        json: { type: 'string' },
        choose: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message}\n\n${help}`);
  }
  const { values, positionals } = read;
  const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
  if (seeds !== undefined && !(Number.isInteger(seeds) && seeds > 0))
    throw new UsageError(`--seeds: "${values.seeds}" is not a number of seeds; use 1 or more.`);
  if (!values.help && positionals.length > 0 === (values.all || values.list))
    throw new UsageError(`Give the names of studies, --all or --list.\n\n${help}`);
  if (values.json !== undefined && positionals.length !== 1)
    throw new UsageError('--json: is written for one study; give the name of one.');
  return { ...values, seeds, ids: positionals };
};

/** The first seeds of a study, and further ones after its last. */
const seedsOf = ({ seeds }, count = seeds.length) =>
  Array.from({ length: count }, (_, i) => seeds[i] ?? seeds.at(-1) + 1 + i - seeds.length);

const writeJson = (path, value) => {
  try {
    writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`--json: ${path} cannot be written to (${error.code ?? error.message}).`);
  }
};

const main = async () => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const store = openStudyStore(folder);
  const engine = await openStudyEngine(store);
  const { studies, core } = engine;
  try {
    const chosen = options.ids.length > 0 ? options.ids : studies.map(({ id }) => id);
    const wanted = chosen.map((id) => {
      const study = studies.find((each) => each.id === id);
      if (study) return study;
      throw new UsageError(
        `There is no study "${id}"; use one of ${studies.map((each) => each.id).join(', ')}.`,
      );
    });
    const runner = createRunner(store, engine, (line) => console.log(line));
    if (options.choose) await runner.choose(wanted);
    else if (!options.list) await runner.run(wanted, (study) => seedsOf(study, options.seeds));
    runner.writeIndex();
    for (const study of wanted) {
      if (options.choose) for (const line of runner.chosen(study)) console.log(line);
      const outcome = runner.outcome(study);
      console.log(`${study.id}  ${core.outcomeInWords(study, outcome)}`);
      for (const why of outcome.failed) console.log(`  ${why}`);
      if (outcome.failed.length > 0) process.exitCode = 1;
    }
    if (options.json !== undefined) writeJson(options.json, runner.whole(wanted[0]));
    return process.exitCode;
  } finally {
    await engine.close();
  }
};

withoutStacks();
try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = tellError(error);
}
