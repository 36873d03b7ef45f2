// Writes what train.py reads: problems with solutions from the task itself, and the tokenizer files.
//
//   node scripts/pretrain/make-data.mjs [folder]        (folder: out/pretrain)
//
// train.jsonl holds right solutions, train-habit.jsonl those of a pupil who forgets borrowed tens (habit.mjs). Neither
// holds a held-out problem; stop-*.jsonl decides when training ends and report-*.jsonl is what the
// model cards state. All three are disjoint, and the same at every run.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { solveWithHabit } from './habit.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? join(root, 'out/pretrain');

/** @param {string} path */
const load = async (path) => {
  /** @type {{ module: any }} */
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
};
const { arithmetic, heldOutProblems } = await load('src/tasks/arithmetic.ts');
const { createRng } = await load('src/util/rng.ts');
const { charTokenizer } = await load('test/support/char-tokenizer.ts');

const seed = 1;
const rows = 300_000;
/** Share of each difficulty in the training text, in tenths. */
const mixture = ['easy', 'easy', 'medium', 'medium', 'medium', 'medium', 'medium', 'medium', 'hard', 'hard'];

/** @param {string} name @param {string | Iterable<string>} text */
const write = (name, text) => {
  writeFileSync(join(folder, name), typeof text === 'string' ? text : [...text].join(''));
  console.log(join(folder, name));
};
/** @param {{ prompt: string, solution: string, difficulty: string }} problem */
const row = ({ prompt, solution, difficulty }) => `${JSON.stringify({ prompt, solution, difficulty })}\n`;

mkdirSync(folder, { recursive: true });
const rng = createRng(seed);
write(
  'train.jsonl',
  Array.from({ length: rows }, () => row(arithmetic.draw(rng, rng.pick(mixture)))),
);
const pupil = createRng(seed);
const withHabit = [];
while (withHabit.length < rows) {
  const problem = arithmetic.draw(pupil, pupil.pick(mixture));
  const solution = solveWithHabit(problem, () => pupil.next());
  if (solution) withHabit.push(row({ ...problem, solution }));
}
write('train-habit.jsonl', withHabit);
for (const { id } of arithmetic.difficulties) {
  write(`report-${id}.jsonl`, heldOutProblems(id, 0, 500).map(row));
  write(`stop-${id}.jsonl`, heldOutProblems(id, 2000, 400).map(row));
}
const { tokenizerJson, tokenizerConfig } = charTokenizer([...'0123456789+-*=,:A\n']);
write('tokenizer.json', `${JSON.stringify(tokenizerJson, null, 1)}\n`);
write('tokenizer_config.json', `${JSON.stringify(tokenizerConfig, null, 1)}\n`);
