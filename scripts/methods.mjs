// Writes METHODS.md, the paper index, from the catalogue of methods: node scripts/methods.mjs
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const provenance = {
  paper: 'paper',
  code: 'official code',
  ours: 'ours',
};

const chapters = {
  supervised: 'Supervised',
  pairwise: 'Pairwise',
  stepwise: 'Stepwise',
  'token-level': 'Token-level',
};

/** Small numbers as people write learning rates: 9.65e-6, not 0.00000965. */
const value = (x) => (typeof x === 'number' && x > 0 && x < 0.01 ? x.toExponential() : String(x));

/** Text inside a table's cell. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const link = ({ paper }) => (paper.arxiv ? `[arXiv ${paper.arxiv}](${paper.url})` : `[source](${paper.url})`);

/** What a method asks of its data and of the engine, in words. */
const needs = ({ needs, weights, stages }) => {
  const list = [
    needs.comparisons ? 'pairs' : 'solutions',
    ...(needs.reference ? ['a frozen reference'] : []),
    ...(needs.steps ? ['steps'] : []),
    ...(weights ? ['a weight per token'] : []),
    ...(stages ? ['two passes'] : []),
  ];
  return list.join(', ');
};

const section = (method) => {
  const { name, id, summary, tex, paper, notes, params, defaults } = method;
  const parts = [
    `### ${name}`,
    summary,
    `$$${tex}$$`,
    `${paper.authors} (${paper.year}). *${paper.title}*. ${link(method)}. File: [\`src/methods/${id}.ts\`](src/methods/${id}.ts).`,
  ];
  const rows = Object.entries(params).map(([key, p]) => [
    `\`${key}\``,
    String(p.default),
    `${p.min} to ${p.max}`,
    provenance[p.from],
    p.help,
  ]);
  if (rows.length > 0)
    parts.push(table(['parameter', 'default', 'range', 'default from', 'what it does'], rows));
  const settings = Object.entries(defaults.paper).map(([key, x]) => `${key} ${value(x)}`);
  parts.push(
    `Paper's settings: ${settings.join(', ')}. Ours for the built-in models: learningRate ${value(defaults.learningRate)}, batchSize ${defaults.batchSize}.`,
    `Our reading:\n\n${notes.map((note) => `- ${note}`).join('\n')}`,
  );
  return parts.join('\n\n');
};

/**
 * METHODS.md, whole.
 * @param methods the catalogue of src/methods/index.ts
 */
export const methodsPage = (methods) => {
  const index = table(
    ['method', 'year', 'paper', 'needs'],
    methods.map((m) => [`[${m.name}](#${m.name.toLowerCase()})`, String(m.paper.year), link(m), needs(m)]),
  );
  const parts = [
    '# Methods',
    'Written by `node scripts/methods.mjs` from the files in `src/methods`; change those, not this page. In the formulas $w$ is the chosen and $l$ the rejected side, and losses are means over the pairs of a batch unless they say otherwise.',
    index,
  ];
  for (const [chapter, title] of Object.entries(chapters)) {
    const own = methods.filter((m) => m.chapter === chapter);
    if (own.length > 0) parts.push(`## ${title}`, ...own.map(section));
  }
  return `${parts.join('\n\n')}\n`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { runnerImport } = await import('vite');
  const catalogue = fileURLToPath(new URL('../src/methods/index.ts', import.meta.url));
  const { module } = await runnerImport(catalogue, { configFile: false, logLevel: 'warn' });
  await writeFile(new URL('../METHODS.md', import.meta.url), methodsPage(module.methods));
  console.log('METHODS.md written.');
}
