// Measures a fresh model of a world by the project's own engine, on held-out problems, and writes its card and its entry of
// public/models/index.json.
//
//   node scripts/pretrain/finish.mjs guard-nano [--from out/models/guard-nano-2] [--problems 1000] [--only-measure]
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { projectRoot } from '../build.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string' },
    problems: { type: 'string', default: '1000' },
    'only-measure': { type: 'boolean', default: false },
  },
});
const [name] = positionals;
if (!name) throw new Error('Name a model: node scripts/pretrain/finish.mjs guard-nano');
const names = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];
const folder = join(projectRoot, 'public/models', name);
const source = values.from ?? join(projectRoot, 'out/models', name);
const count = Number(values.problems);

const server = await createServer({
  root: projectRoot,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, watch: null },
});
/** @param {string} path */
const load = (path) => server.ssrLoadModule(path);
const { initBackend } = await load('/src/tf.ts');
const { modelFromFiles } = await load('/src/load/model-from-files.ts');
const { loadWeights, parameterCount } = await load('/src/model/parameters.ts');
const { worldOfModel } = await load('/src/tasks/cards.ts');
const { loadTask } = await load('/src/tasks/index.ts');
const { accuracyOf, answerProblems, measuresOf } = await load('/src/train/evaluate.ts');
const { measureInterval, measureValue } = await load('/src/train/measure-words.ts');

const task = await loadTask(worldOfModel(name).id);
const { difficulty } = task.models.find((/** @type {any} */ m) => m.id === name);
const { about } = await import(`./worlds/${task.id}.mjs`);
const files = new Map(names.map((file) => [file, new Uint8Array(readFileSync(join(source, file)))]));
const model = await modelFromFiles({ id: name, name, description: '', parameters: 0, builtIn: true }, files);
await initBackend('wasm');
const network = { config: model.config, weights: loadWeights(model.config, model.weights, 'f32') };
const problems = task.heldOut(difficulty, 0, count);

/** @param {number} temperature */
const measured = async (temperature) => {
  const answers = [];
  // Where a world looks at several answers to a problem, fewer problems: as many answers in all.
  const samples = temperature > 0 ? task.evaluation.samples : 1;
  const asked = problems.slice(0, Math.ceil(count / samples));
  for (let at = 0; at < asked.length; at += 250) {
    answers.push(
      ...(await answerProblems({ network, tokenizer: model.tokenizer }, task, asked.slice(at, at + 250), {
        temperature,
        seed: 1 + at,
        maxTokens: task.maxTokens,
        samples,
      })),
    );
  }
  const { accuracy, interval, meanTokens } = accuracyOf(answers);
  const right = { unit: 'share', value: accuracy, interval };
  const length = { unit: 'tokens', value: meanTokens, interval: [meanTokens, meanTokens] };
  const cut = answers.filter(({ sample }) => !sample.finished).length;
  console.log(
    `temperature ${temperature}: for example ${answers
      .slice(0, 6)
      .map(({ problem, text }) => JSON.stringify(problem.prompt + text))
      .join('\n  ')}`,
  );
  return [
    { name: 'answered rightly', ...right },
    ...(measuresOf(task, answers) ?? []),
    { name: 'mean length', ...length },
    {
      name: `longer than ${task.maxTokens} tokens`,
      unit: 'share',
      value: cut / answers.length,
      interval: [cut / answers.length, cut / answers.length],
    },
  ];
};
const [sampled, greedy] = [await measured(1), await measured(0)];
const cell = (/** @type {any} */ m) =>
  m.interval[0] === m.interval[1] ? measureValue(m) : `${measureValue(m)} (${measureInterval(m)})`;
const table = sampled
  .map((m, i) => `| ${m.name} | ${cell(m)} | ${greedy[i].count === 0 ? '' : cell(greedy[i])} |`)
  .join('\n');
console.log(table);
await server.close();

if (!values['only-measure']) {
  mkdirSync(folder, { recursive: true });
  for (const file of names) copyFileSync(join(source, file), join(folder, file));
  const madePath = join(source, 'made.json');
  if (!existsSync(madePath)) throw new Error(`${madePath} is not there: train.py writes it.`);
  const made = JSON.parse(readFileSync(madePath, 'utf8'));
  const { shape } = made;
  const parameters = parameterCount(model.config);
  const example = `${problems[0].prompt}${problems[0].solution}`
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
  writeFileSync(
    join(folder, 'README.md'),
    `# ${name}

A Llama-style language model with ${parameters.toLocaleString('en')} parameters for the world “${task.name}”: ${task.summary}
It is made to be aligned in the browser, and good for nothing else. A problem with a right solution:

${example}

\`<bos>\` comes before the prompt${task.environment ? '; every other line is the environment’s' : ' and `<eos>` after the answer'}.

- Shape: width ${shape.hidden_size}, ${shape.num_hidden_layers} layers, ${shape.num_attention_heads} heads (${shape.num_key_value_heads} for keys and values) of ${shape.head_dim}, feed-forward ${shape.intermediate_size}, ${model.config.vocabSize} character tokens, embedding and head tied, ${made.dtype}.
- Training: from ${made.from ? `the weights of \`${made.from}\`, which knows how to add` : 'random weights'} (seed ${made.seed}), on texts of the project's own making, loss on the response only, ${made.steps.toLocaleString('en')} steps of
  ${made.batch} rows, AdamW, learning rate ${made.learning_rate} (${made.schedule}); ${Math.max(1, Math.round(made.minutes))} ${made.minutes < 1.5 ? 'minute' : 'minutes'} of one CPU core. The averaged weights (decay 0.99) were kept.${about.training ? `\n  ${about.training}` : ''}
- Its habits: ${about.habits}
- To repeat it: \`scripts/pretrain/README.md\` in the project.

On ${count.toLocaleString('en')} held-out problems (“${difficulty}”), none of which it was trained on, with 95 % intervals:

| measure | sampled at temperature 1 | greedy |
| --- | --- | --- |
${table}
`,
  );
  const indexPath = join(projectRoot, 'public/models/index.json');
  const index = JSON.parse(readFileSync(indexPath, 'utf8'));
  const entry = {
    id: name,
    name: made.title,
    description: `${about.description} ${(parameters / 1e6).toFixed(1)} million parameters.`,
    parameters,
    task: task.id,
    difficulty,
    files: [...names, 'README.md'].map((file) => {
      const bytes = readFileSync(join(folder, file));
      return { name: file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  };
  const at = index.findIndex((/** @type {any} */ e) => e.id === name);
  index.splice(at < 0 ? index.length : at, at < 0 ? 0 : 1, entry);
  writeFileSync(indexPath, `${JSON.stringify(index, null, 2)}\n`);
  console.log(`${folder}: ${entry.files.reduce((sum, f) => sum + f.bytes, 0).toLocaleString('en')} bytes`);
}
