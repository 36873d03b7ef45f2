// `npm run diffusion`: the default runs on images over several seeds, against what each has to reach, and docs/DIFFUSION.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './build.mjs';
import { openNodeEngine } from './node-engine.mjs';
import { readSeeds, runScript } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run diffusion -- [--only NAME]... [--seeds 1,2,3] [--again] [--page]

Trains the default run of every method on images, in this process on WebAssembly, and measures what it was to raise on the 288 images
of its evaluations. Rows that are in docs/diffusion.json with the same document are not run again, so that it may be stopped at any time.
Writes docs/DIFFUSION.md.

  --only NAME   of these rows alone
  --seeds LIST  of these seeds; 1,2,3 when left out
  --again       runs what is stored too
  --page        runs nothing, and writes the page from what is stored
  --help        this text
`;

/** Rows of the table: a method's default run with these changes, the measure that it raises, and what that has to reach. */
const rows = [
  { name: 'diffusion-dpo', method: 'diffusion-dpo', measure: 'colour', floor: 0.45 },
  { name: 'smpo', method: 'smpo', measure: 'colour', floor: 0.42 },
  { name: 'rankdpo', method: 'rankdpo', measure: 'mix', floor: 0.4 },
  { name: 'tailorpo', method: 'tailorpo', measure: 'colour', floor: 0.42 },
  {
    name: 'tailorpo-g',
    says: 'TailorPO with guidance, 20 rounds',
    method: 'tailorpo',
    params: { guidance: true, rounds: 20 },
    steps: 100,
    measure: 'colour',
    floor: 0.44,
  },
  { name: 'spo', method: 'spo', measure: 'colour', floor: 0.38 },
  {
    name: 'spo-model',
    says: 'SPO with a step-aware model',
    method: 'spo',
    preset: 'step-aware',
    measure: 'colour',
    floor: 0.22,
  },
  { name: 'd3po', method: 'd3po', measure: 'colour', below: 'tailorpo' },
  { name: 'ddpm', method: 'ddpm', measure: 'colour', base: true },
];

const guards = ['shape', 'hue', 'recognised', 'spread'];

const options = {
  only: { type: 'string', multiple: true },
  seeds: { type: 'string', default: '1,2,3' },
  again: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
};

const storedPath = join(projectRoot, 'docs/diffusion.json');
const pagePath = join(projectRoot, 'docs/DIFFUSION.md');

const readStored = () => {
  try {
    return JSON.parse(readFileSync(storedPath, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw new UsageError(`${storedPath}: ${error.message}`);
  }
};

const show = (x) => x.toFixed(2).replace('-', '−');
const shown = ({ mean, interval }, share = false) => {
  const half = interval && interval[1] - mean;
  const digits = (x) => (share ? `${Math.round(100 * x)}` : show(x));
  return `${digits(mean)}${half === undefined ? '' : ` ± ${digits(half)}`}${share ? ' %' : ''}`;
};

/**
 * @param {any[]} stored
 * @param {(values: number[]) => { mean: number, interval: [number, number] | undefined }} meanOf
 */
const pageOf = (stored, meanOf) => {
  const of = (name) => stored.filter((own) => own.name === name);
  const end = (own, id) => own.after[id];
  const lines = rows.flatMap(({ name, says, measure, floor, below, base }) => {
    const own = of(name);
    if (own.length === 0 || base) return [];
    const reached = own.map((run) => end(run, measure));
    const rival = below ? of(below).map((run) => end(run, measure)) : [];
    const wanted =
      floor === undefined
        ? rival.length > 0
          ? `below ${below}: ${meanOf(reached).mean < meanOf(rival).mean ? 'yes' : '**no**'}`
          : '–'
        : `${show(floor)}: ${reached.filter((x) => x >= floor).length} of ${own.length}${reached.every((x) => x >= floor) ? '' : ', **falls short**'}`;
    const guard = (id, share) => shown(meanOf(own.map((run) => end(run, id))), share);
    const seconds = own.map((run) => run.seconds).sort((a, b) => a - b);
    return [
      `| ${says ?? name} | ${measure} ${shown(meanOf(own.map((run) => run.before[measure])))} → **${shown(meanOf(reached))}** | ${reached.map(show).join(', ')} | ${wanted} | ${guard('shape')} | ${guard('hue', true)} | ${guard('recognised', true)} | ${guard('spread')} | ${Math.round(seconds.at(Math.floor(seconds.length / 2)))} |`,
    ];
  });
  const bases = of('ddpm');
  const [shipped] = of('diffusion-dpo');
  const baseLine = (says, runs, seconds) => {
    const cell = (id, share) => shown(meanOf(runs.map((values) => values[id])), share);
    return `| ${says} | ${cell('shape')} | ${cell('recognised', true)} | ${cell('hue', true)} | ${cell('spread')} | ${seconds} |`;
  };
  const trained = bases.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const baseTable =
    bases.length === 0 || !shipped
      ? ''
      : `
## A base trained here

DDPM's default run, from random weights, against the base that comes with the program, which PyTorch trained for 12,000 steps on 60,000
drawings. Both are measured by the same 288 images, in units of the shipped base's spread.

| base | shape | recognised | right hue | spread | processor s |
|---|---|---|---|---|---|
${baseLine('shapes-nano, as it comes', [shipped.before], '–')}
${baseLine(
  `trained here, ${JSON.parse(bases[0].key).steps} steps, ${bases.length === 1 ? 'one seed' : `${bases.length} seeds`}`,
  bases.map(({ after }) => after),
  Math.round(trained[Math.floor(trained.length / 2)]),
)}

It draws fewer shapes that can be recognised, and as many in the right hue: shapes come last. Of 4,000 steps 46 % are recognised (one seed);
more steps are the setting to change.
`;
  const device = stored.at(-1)?.device ?? 'nothing yet';
  return `# What the default runs on images reach

Written by \`npm run diffusion\`, which trains every row anew where its document has changed. Model: shapes-nano, 288 images at eta 1 from the same
noise, rewards in units of their spread over the base's images. A mean is over seeds, ± half of its 95 % t-interval. Floors are two
thirds of what a prototype in another framework reached; a run that falls short is said to.

| run | trained reward, before → after | by seed | floor | shape, held out | right hue | recognised | spread | processor s |
|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Device: ${device}, one process without threads, beside other work. Processor seconds are of a whole run: the pool, all evaluations and training.
${baseTable}`;
};

const main = async (given) => {
  const unknown = (given.only ?? []).find((name) => !rows.some((row) => row.name === name));
  if (unknown)
    throw new UsageError(
      `--only: there is no row "${unknown}"; use ${rows.map(({ name }) => name).join(', ')}.`,
    );
  const seeds = readSeeds(given.seeds);
  const { load, start, close } = await openNodeEngine();
  const { meanInterval } = await load('/src/util/student.ts');
  if (!given.page) {
    const { defaultRun } = await load('/src/train/run-document.ts');
    const { withPreset } = await load('/src/train/presets.ts');
    for (const seed of seeds) {
      const { api, device } = await start();
      const methods = await api.methods();
      /** @type {(events: any[]) => void} */
      let listen = () => {};
      await api.subscribe((events) => listen(events));
      for (const row of rows) {
        if (given.only && !given.only.includes(row.name)) continue;
        const method = methods.find(({ id }) => id === row.method);
        const preset = method.presets.find(({ id }) => id === row.preset);
        const base = preset ? withPreset(defaultRun(method), method, preset) : defaultRun(method);
        const document = {
          ...base,
          seed,
          backend: 'wasm',
          steps: row.steps ?? base.steps,
          method: { ...base.method, params: { ...base.method.params, ...row.params } },
          evaluation: { ...base.evaluation, every: 0 },
        };
        const key = JSON.stringify(document);
        const known = readStored().find((own) => own.name === row.name && own.seed === seed);
        if (known?.key === key && !given.again) continue;
        const evaluations = [];
        listen = (events) => {
          for (const event of events) if (event.kind === 'evaluation') evaluations.push(event.evaluation);
        };
        const began = process.cpuUsage();
        const { runId } = await api.create(document);
        const status = await api.start();
        const { user, system } = process.cpuUsage(began);
        await api.deleteRun(runId);
        if (status.phase !== 'finished') throw new Error(`${row.name}, seed ${seed}: ${status.message}`);
        const values = ({ measures }) =>
          Object.fromEntries(
            measures.flatMap(({ id, value }) =>
              id === row.measure || guards.includes(id) ? [[id, value]] : [],
            ),
          );
        const [before, after] = [values(evaluations[0]), values(evaluations.at(-1))];
        const made = {
          name: row.name,
          seed,
          before,
          after,
          seconds: Math.round((user + system) / 1e5) / 10,
          device,
          key,
        };
        const others = readStored().filter((own) => !(own.name === row.name && own.seed === seed));
        const order = (own) => rows.findIndex(({ name }) => name === own.name) * 1000 + own.seed;
        const all = [...others, made].sort((a, b) => order(a) - order(b));
        writeFileSync(storedPath, `${JSON.stringify(all, null, 1)}\n`);
        process.stdout.write(
          `${row.name}, seed ${seed}: ${row.measure} ${show(before[row.measure])} to ${show(after[row.measure])}, ${made.seconds} s\n`,
        );
      }
      await api.dispose();
    }
  }
  await close();
  writeFileSync(pagePath, pageOf(readStored(), meanInterval));
};

await runScript({ help, options }, main);
