// Judges what a fresh model wrote (out/pretrain/samples-*.jsonl) with the task's own verifier.
//
//   node scripts/pretrain/report.mjs arith-nano [folder]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [name, folder = join(root, 'out/pretrain')] = process.argv.slice(2);
if (!name) {
  console.error('Name a model: node scripts/pretrain/report.mjs arith-nano');
  process.exit(1);
}
/** @type {{ module: any }} */
const { module } = await runnerImport(join(root, 'src/tasks/arithmetic.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
const { arithmetic, heldOutProblems } = module;

const samples = readFileSync(join(folder, `samples-${name}.jsonl`), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l));
const problems = heldOutProblems('medium', 0, 500);
/** Index of the line that is first wrong, by kind of mistake. @param {string} reason */
const kindOf = (reason) =>
  / is \d+, not /.test(reason)
    ? reason.startsWith('the answer')
      ? 'wrong answer line'
      : `wrong result of ${/\d([-+*])\d/.exec(reason)?.[1]}`
    : 'not what was asked';

for (const temperature of new Set(samples.map((s) => s.temperature))) {
  const made = samples.filter((s) => s.temperature === temperature);
  let right = 0;
  let lines = 0;
  let wrongLines = 0;
  let wellFormed = 0;
  /** @type {Record<string, number>} */
  const kinds = {};
  for (const { problem, response } of made) {
    const verdict = arithmetic.verify(problems[problem], response);
    if (verdict.correct) right++;
    lines += verdict.steps.length;
    for (const step of verdict.steps.filter((/** @type {any} */ s) => !s.correct)) {
      wrongLines++;
      if (/^\d+[-+*]\d+=\d+\n$|^A:\d+$/.test(step.text)) wellFormed++;
    }
    if (!verdict.correct) {
      const kind = kindOf(verdict.steps[verdict.firstWrongStep]?.reason ?? '');
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
  }
  const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(1)} %`;
  console.log(
    `temperature ${temperature}: ${percent(right / made.length)} right of ${made.length}; ` +
      `${wrongLines} of ${lines} lines wrong, ${percent(wellFormed / wrongLines)} of those well-formed; first mistakes:`,
    kinds,
  );
}
