// `npm run lessons`: trains what the lessons train, and says what of their claims holds.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './build.mjs';
import { startLessons } from './lessons/engine.mjs';
import { lessonsPage } from './lessons/page.mjs';
import { readSeeds, runScript, writeJson } from './terminal/run-script.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run lessons [-- --only ID]... [--seeds LIST] [--json FILE] [--keep]

Trains every run of every lesson on WebAssembly in Node, and says which of the lessons' claims hold and whether each of their
replies can be formed. Ends with 1 where a claim holds with fewer than two of three seeds, or a reply cannot be formed.

  --only ID     of these lessons alone
  --seeds LIST  1,2,3 when left out
  --json FILE   writes the results with every reply to FILE
  --keep        puts the results into docs/lessons.json and writes docs/LESSONS.md
  --page        runs nothing, and writes the page from what is kept
  --help        this text
`;

const options = {
  only: { type: 'string', multiple: true },
  seeds: { type: 'string', default: '1,2,3' },
  json: { type: 'string' },
  keep: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
};

const keptPath = join(projectRoot, 'docs/lessons.json');
const pagePath = join(projectRoot, 'docs/LESSONS.md');

const readKept = () => (existsSync(keptPath) ? JSON.parse(readFileSync(keptPath, 'utf8')).rows : []);

/** Puts a row in the place of the one of its lesson and seed; what another process has written since stays. */
const keep = ({ said: _, problems: __, ...row }, order) => {
  const rows = [...readKept().filter((r) => r.lesson !== row.lesson || r.seed !== row.seed), row].sort(
    (a, b) => order.indexOf(a.lesson) - order.indexOf(b.lesson) || a.seed - b.seed,
  );
  writeFileSync(`${keptPath}.incoming`, `{"rows":[\n${rows.map((r) => JSON.stringify(r)).join(',\n')}\n]}\n`);
  renameSync(`${keptPath}.incoming`, keptPath);
};

/** What failed over the seeds of a lesson, in words. */
const failuresOf = ({ id, claims }, rows) => [
  ...rows.flatMap(({ seed, problems }) => problems.map((problem) => `${id}, seed ${seed}: ${problem}`)),
  ...claims.flatMap((claim) => {
    const asked = rows.filter((row) => row.claims[claim.id] !== undefined);
    const yes = asked.filter((row) => row.claims[claim.id]);
    return yes.length * 3 < asked.length * 2 || asked.length === 0
      ? [`${id}: ${claim.text} It held with ${yes.length} of ${asked.length} seeds.`]
      : [];
  }),
];

const main = async (given) => {
  const seeds = readSeeds(given.seeds, 1);
  const engine = await startLessons();
  const { lessons, device } = engine;
  const order = lessons.map(({ id }) => id);
  try {
    const strange = given.only?.find((id) => !order.includes(id));
    if (strange !== undefined)
      throw new UsageError(`--only: there is no lesson "${strange}"; use one of ${order.join(', ')}.`);
    const results = [];
    const failures = [];
    for (const lesson of given.page ? [] : lessons.filter(({ id }) => given.only?.includes(id) ?? true)) {
      for (const seed of seeds) {
        console.log(`${lesson.id}, seed ${seed}`);
        const result = await engine.run(lesson.id, seed, (text) => console.log(`  ${text}`));
        const row = { lesson: lesson.id, seed, device, ...result };
        for (const [claim, held] of Object.entries(row.claims))
          console.log(`  ${held ? 'holds' : 'does not hold'}: ${claim}`);
        for (const problem of row.problems) console.log(`  ${problem}`);
        results.push(row);
        if (given.keep) keep(row, order);
      }
      failures.push(
        ...failuresOf(
          lesson,
          results.filter((row) => row.lesson === lesson.id),
        ),
      );
    }
    if (given.keep || given.page) writeFileSync(pagePath, lessonsPage({ lessons, rows: readKept() }));
    if (given.json !== undefined) writeJson(given.json, { results });
    for (const failure of failures) console.log(failure);
    return failures.length > 0 ? 1 : 0;
  } finally {
    await engine.close();
  }
};

await runScript({ help, options }, main);
