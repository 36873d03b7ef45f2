// `npm run study -- ID`: a paper's claim, tried again over seeds; what is finished is kept and not run again.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from './build.mjs';
import { openStudyEngine } from './study/engine.mjs';
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
    const settings = new Map(studies.map((study) => [study.id, engine.settings(study)]));
    const editionOf = (study) => core.currentEdition(study, store.read(study.id), settings.get(study.id));
    const outcome = (study) => core.outcomeOf(study, editionOf(study)?.runs ?? []);

    const keep = (study, run) =>
      store.change(study.id, (stored) => {
        const fresh = core.newEdition(study, settings.get(study.id));
        const edition = core.currentEdition(study, stored, settings.get(study.id)) ?? fresh;
        const others = stored.editions.filter(
          (each) =>
            each.definition !== edition.definition ||
            core.keyOf(each.documents) !== core.keyOf(edition.documents),
        );
        const runs = [...edition.runs.filter((r) => r.arm !== run.arm || r.seed !== run.seed), run];
        runs.sort((a, b) => a.seed - b.seed || (a.arm < b.arm ? -1 : 1));
        // What an earlier wording found stays, unless it found nothing.
        const earlier = others.filter((each) => core.verdictOfEdition(each).id !== 'not-run');
        return { ...stored, editions: [{ ...edition, runs }, ...earlier] };
      });

    const runOne = async (study, task) => {
      const before = editionOf(study)?.runs.find((r) => r.arm === task.arm.id && r.seed === task.seed);
      if (before?.key === task.key && before.failed === undefined) return;
      const run = await engine.run(task);
      keep(study, { arm: task.arm.id, seed: task.seed, ...run });
      const said =
        run.failed ??
        Object.entries(run.numbers)
          .slice(0, 3)
          .map(([k, v]) => `${k} ${v.toPrecision(4)}`)
          .join(', ');
      console.log(`${study.id}, ${task.arm.id}, seed ${task.seed}: ${said} (${run.seconds} s)`);
      if (run.failed) process.exitCode = 1;
    };

    const chooseOne = async (study, task) => {
      const same = (t) => t.arm === task.arm.id && t.seed === task.seed && t.setting === task.setting;
      if (store.read(study.id).trials.find(same)?.key === task.key) return;
      const { key, numbers, failed, seconds } = await engine.run(task);
      const trial = {
        arm: task.arm.id,
        seed: task.seed,
        setting: task.setting,
        key,
        numbers,
        seconds,
        ...(failed && { failed }),
      };
      store.change(study.id, (stored) => ({
        ...stored,
        trials: [...stored.trials.filter((t) => !same(t)), trial].sort((a, b) =>
          a.arm < b.arm ? -1 : a.arm > b.arm ? 1 : a.setting - b.setting || a.seed - b.seed,
        ),
      }));
      console.log(
        `${study.id}, ${task.arm.id}, setting ${task.setting}, seed ${task.seed}: ${failed ?? JSON.stringify(numbers[study.chosen.by])} (${seconds} s)`,
      );
    };

    const writeIndex = () =>
      store.writeIndex(
        studies.map((study) =>
          core.markOf(
            study,
            existsSync(join(folder, `${study.id}.json`)) ? store.read(study.id) : undefined,
            settings.get(study.id),
          ),
        ),
      );

    if (options.choose) {
      // By seed and then by study: what shares pairs comes together.
      const tasks = wanted.flatMap((study) => engine.trials(study).map((task) => ({ study, task })));
      tasks.sort((a, b) => a.task.seed - b.task.seed);
      for (const { study, task } of tasks) await chooseOne(study, task);
      for (const study of wanted)
        for (const arm of study.arms) {
          const means = core.trialMeans(study, arm.id, store.read(study.id).trials);
          study.chosen?.tried[arm.id]?.forEach((setting, i) => {
            console.log(
              `${study.id}, ${arm.id}: ${means[i]?.toPrecision(4) ?? '?'} ${JSON.stringify(setting)}`,
            );
          });
        }
    } else if (!options.list) {
      const most = Math.max(...wanted.map((study) => options.seeds ?? study.seeds.length));
      for (let i = 0; i < most; i++)
        for (const study of wanted) {
          const seed = seedsOf(study, options.seeds)[i];
          if (seed !== undefined) for (const task of engine.tasks(study, seed)) await runOne(study, task);
        }
    }
    writeIndex();
    for (const study of wanted) console.log(`${study.id}  ${core.outcomeInWords(study, outcome(study))}`);
    if (options.json !== undefined) {
      const [study] = wanted;
      const edition = editionOf(study);
      writeFileSync(
        options.json,
        `${JSON.stringify({ study, ...outcome(study), documents: settings.get(study.id), runs: edition?.runs ?? [] }, null, 2)}\n`,
      );
    }
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
