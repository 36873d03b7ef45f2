// `npm run results`: every method's default run over several seeds, and docs/RESULTS.md, which says what came of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './build.mjs';
import { startEngine } from './results/engine.mjs';
import { resultsPage } from './results/page.mjs';
import { putRow, readRows } from './results/rows.mjs';
import { readSeeds, runScript } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run results -- [--only ID]... [--seeds 1,2,3] [--again] [--page]

Trains every method's default run and measures it on 200 held-out problems. Rows that are in docs/results.json with the same document
and model are not run again, so that it may be stopped at any time. Writes docs/RESULTS.md.

  --only ID     of these methods alone
  --seeds LIST  of these seeds; 1,2,3 when left out
  --again       runs what is stored too
  --page        runs nothing, and writes the page from what is stored
  --help        this text
`;

const options = {
  only: { type: 'string', multiple: true },
  seeds: { type: 'string', default: '1,2,3' },
  again: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
};

const rowsPath = join(projectRoot, 'docs/results.json');
const pagePath = join(projectRoot, 'docs/RESULTS.md');

const main = async (given) => {
  const seeds = readSeeds(given.seeds);
  readRows(rowsPath); // a broken file is told before anything is trained
  const engine = await startEngine();
  const { methods, chapters, worlds, device } = engine;
  const order = methods.map(({ id }) => id);
  const writePage = () =>
    writeFileSync(
      pagePath,
      resultsPage({
        ...{ methods, chapters, worlds, meanInterval: engine.meanInterval },
        seeds: [1, 2, 3],
        rows: readRows(rowsPath),
        keyOf: (method, seed) => engine.plan(method, seed).key,
        worldOf: (method) => {
          const { document } = engine.plan(method, 1);
          return { task: document.data.task, model: document.model };
        },
      }),
    );
  const runOne = async (method, seed) => {
    const { document, key } = engine.plan(method, seed);
    const stored = readRows(rowsPath).find((row) => row.method === method.id && row.seed === seed);
    if (stored?.key === key && !stored.failed && !given.again) return;
    const begun = {
      method: method.id,
      seed,
      key,
      model: document.model,
      task: document.data.task,
      source: document.data.source?.id,
      device,
    };
    try {
      const { before, after, ...more } = await engine.run(document);
      putRow(rowsPath, { ...begun, before, after, ...more }, order);
      const percent = ({ accuracy }) => `${(100 * accuracy).toFixed(1)} %`;
      console.log(
        `${method.id}, seed ${seed}: ${percent(before)} to ${percent(after)}, ${more.cpuSeconds} s of CPU`,
      );
    } catch (error) {
      putRow(rowsPath, { ...begun, failed: error.message }, order);
      console.log(`${method.id}, seed ${seed}: failed. ${error.message}`);
      process.exitCode = 1;
    }
    writePage();
  };
  try {
    const strange = given.only?.find((id) => !order.includes(id));
    if (strange !== undefined) {
      throw new UsageError(`--only: there is no method "${strange}"; use one of ${order.join(', ')}.`);
    }
    const wanted = methods.filter(({ id }) => given.only?.includes(id) ?? true);
    // Seed by seed, so that an early look has a little of everything.
    for (const seed of given.page ? [] : seeds) for (const method of wanted) await runOne(method, seed);
    writePage();
    return process.exitCode;
  } finally {
    await engine.close();
  }
};

await runScript({ help, options }, main);
