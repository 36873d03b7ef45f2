// `npm run study -- ID`: a paper's claim, tried again over seeds; what is finished is kept and not run again.
import { join } from 'node:path';
import { projectRoot } from './build.mjs';
import { openStudyEngine } from './study/engine.mjs';
import { createRunner } from './study/runner.mjs';
import { openStudyStore } from './study/store.mjs';
import { wantedStudies } from './study/wanted.mjs';
import { runScript, writeJson } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run study -- ID... [--base NAME] [--seeds N] [--json FILE] [--choose]
       npm run study -- --all
       npm run study -- --list

Runs a study of src/studies: both arms with each of its seeds, in this process on WebAssembly. Finished runs lie in
docs/studies/ID.json and are not run again, so that it may be stopped at any time. The verdict is made from the study's own
seeds and no others, when all of them are there.

  --base NAME  on this base model alone; else on each that a study names, with a verdict for each
  --seeds N    the first N of its seeds; beyond its own, further ones, which count for no verdict
  --json FILE  write the study, its verdict and its runs as JSON to FILE
  --choose     run the settings that were tried on other seeds, and say which is the best of each arm
  --all        all studies, seed by seed
  --list       what there is and what is known, and writes docs/studies/index.json; runs nothing
  --help       this text
`;

const folder = join(projectRoot, 'docs/studies');

const options = {
  base: { type: 'string' },
  seeds: { type: 'string' },
  json: { type: 'string' },
  choose: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
};

/** @param {any} values @param {string[]} ids */
const checked = (values, ids) => {
  const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
  if (seeds !== undefined && !(Number.isInteger(seeds) && seeds > 0))
    throw new UsageError(`--seeds: "${values.seeds}" is not a number of seeds; use 1 or more.`);
  if (ids.length > 0 === (values.all || values.list))
    throw new UsageError(`Give the names of studies, --all or --list.\n\n${help}`);
  if (values.json !== undefined && ids.length !== 1)
    throw new UsageError('--json: is written for one study; give the name of one.');
  return { ...values, seeds, ids };
};

/** The first seeds of a study, and further ones after its last. */
const seedsOf = ({ seeds }, count = seeds.length) =>
  Array.from({ length: count }, (_, i) => seeds[i] ?? seeds.at(-1) + 1 + i - seeds.length);

const main = async (values, ids) => {
  const given = checked(values, ids);
  const store = openStudyStore(folder);
  const engine = await openStudyEngine(store);
  const { studies, core } = engine;
  try {
    const wanted = wantedStudies(given, studies, core);
    const runner = createRunner(store, engine, (line) => console.log(line));
    if (given.choose) await runner.choose(wanted);
    else if (!given.list) await runner.run(wanted, (study) => seedsOf(study, given.seeds));
    runner.writeIndex();
    for (const study of wanted) {
      if (given.choose) for (const line of runner.chosen(study)) console.log(line);
      const outcome = runner.outcome(study);
      console.log(`${core.nameOnBase(study)}  ${core.outcomeInWords(study, outcome)}`);
      for (const why of outcome.failed) console.log(`  ${why}`);
      if (outcome.failed.length > 0) process.exitCode = 1;
    }
    if (given.json !== undefined) {
      const [first, ...others] = wanted.map(runner.whole);
      writeJson(given.json, { ...first, ...(others.length > 0 && { bases: others }) });
    }
    return process.exitCode;
  } finally {
    await engine.close();
  }
};

await runScript({ help, options, words: true }, main);
