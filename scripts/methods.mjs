// Writes METHODS.md, the paper index, from the catalogue of methods: npm run methods
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const provenance = {
  paper: 'paper',
  code: 'official code',
  ours: 'ours',
};

/** Small numbers as people write learning rates: 9.65e-6, not 0.00000965. */
const value = (x) => (typeof x === 'number' && x > 0 && x < 0.01 ? x.toExponential() : String(x));

/** Text inside a table's cell. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const link = ({ paper }) => (paper.arxiv ? `[arXiv ${paper.arxiv}](${paper.url})` : `[source](${paper.url})`);

/** A link to a method's section on the page. */
const to = ({ name }) =>
  `[${name}](#${name
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')})`;

const path = ({ chapter, id }) => `src/methods/${chapter}/${id}.ts`;

const change = ({ kin }, methods) => {
  const relative = kin && methods.find(({ id }) => id === kin.id);
  return relative ? `${to(relative)}, but ${kin.change}` : '';
};

/** What a parameter may be. */
const rangeOf = (spec) => {
  if (spec.kind === 'flag') return 'on or off';
  if (spec.kind === 'choice') {
    return Object.entries(spec.options)
      .map(([key, label]) => `\`${key}\` (${label})`)
      .join(', ');
  }
  if (spec.kind === 'name') return 'a name';
  return `${spec.min} to ${spec.max}`;
};

const shown = (x) => (typeof x === 'boolean' ? (x ? 'on' : 'off') : String(x) || 'none');

const paramTable = (params) =>
  table(
    ['parameter', 'default', 'range', 'default from', 'what it does'],
    Object.entries(params).map(([key, p]) => [
      `\`${key}\``,
      shown(p.default),
      rangeOf(p),
      provenance[p.from],
      p.help,
    ]),
  );

const section = (methods) => (method) => {
  const { name, summary, tex, paper, notes, params, defaults } = method;
  const parts = [`### ${name}`, summary];
  if (method.kin) parts.push(`${change(method, methods)}.`);
  parts.push(
    `$$${tex}$$`,
    `${paper.authors} (${paper.year}). *${paper.title}*. ${link(method)}. File: [\`${path(method)}\`](${path(method)}).`,
  );
  if (Object.keys(params).length > 0) parts.push(paramTable(params));
  const settings = Object.entries(defaults.paper).map(([key, x]) => `${key} ${value(x)}`);
  const own = `Ours for the built-in models: learningRate ${value(defaults.learningRate)}, batchSize ${defaults.batchSize}.`;
  parts.push(
    settings.length > 0 ? `Paper's settings: ${settings.join(', ')}. ${own}` : own,
    `Its data: ${method.sources.map(({ id }) => `[\`${id}\`](#${id})`).join(', ')}.`,
  );
  const presets = method.presets.filter(({ id }) => id !== 'ours' && id !== 'paper');
  if (presets.length > 0) {
    const lines = presets.map(({ id, name: title, summary: what }) => `- \`${id}\`: ${title}. ${what}`);
    parts.push(`Presets beside \`ours\` and \`paper\`:\n\n${lines.join('\n')}`);
  }
  if (notes.length > 0) parts.push(`Our reading:\n\n${notes.map((note) => `- ${note}`).join('\n')}`);
  return parts.join('\n\n');
};

const sourceSection = ({ id, name, summary, makes, params }) =>
  [
    `### ${id}`,
    `${name}. ${summary} Makes ${makes.join(', ')}.`,
    ...(Object.keys(params).length > 0 ? [paramTable(params)] : []),
  ].join('\n\n');

const wrapperSection = ({ id, name, summary, wraps, params }) =>
  [`### ${id}`, `${name}. ${summary} For ${wraps.join(', ')}.`, paramTable(params)].join('\n\n');

/** Names of passes; of many rounds the first and the last. @param {readonly { label: string }[]} passes */
const passesOf = (passes) => {
  const labels = passes.map(({ label }) => label);
  return labels.length > 6 ? `${labels[0]} to ${labels.at(-1)}` : labels.join(', ');
};

/**
 * METHODS.md, whole.
 * @param methods the catalogue, as src/train/method-info.ts describes it
 * @param sources of src/sources/index.ts
 * @param wrappers of src/sources/wrappers/index.ts
 * @param chapters of src/methods/method.ts, in their order
 */
export const methodsPage = (methods, sources, wrappers, chapters) => {
  const index = table(
    ['method', 'change from its kin', 'eats', 'passes', 'paper', 'file'],
    methods.map((m) => [
      to(m),
      change(m, methods),
      m.eats,
      passesOf(m.passes),
      link(m),
      `[\`${m.id}.ts\`](${path(m)})`,
    ]),
  );
  const parts = [
    '# Methods',
    'Written by `npm run methods` from the files in `src/methods` and `src/sources`; change those, not this page. In the formulas $w$ is the chosen and $l$ the rejected side, and losses are means over the pairs of a batch unless they say otherwise.',
    'Every method has the presets `ours`, its defaults, and `paper`, the paper’s settings as far as there are fields for them: `--preset ID` in the terminal, `preset=ID` in the address, “Settings” in the form.',
    index,
  ];
  for (const [chapter, title] of Object.entries(chapters)) {
    const own = methods.filter((m) => m.chapter === chapter);
    if (own.length > 0) parts.push(`## ${title}`, ...own.map(section(methods)));
  }
  parts.push('## Sources of training data', ...sources.map(sourceSection));
  parts.push(
    '## Wrappers of sources',
    'Each changes or selects what a source or a file gives: `--wrap ID` in the terminal, `data.wrappers.ID.PARAMETER=VALUE` in the address.',
    ...wrappers.map(wrapperSection),
  );
  return `${parts.join('\n\n')}\n`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { runnerImport } = await import('vite');
  const load = async (file) =>
    (
      await runnerImport(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), {
        configFile: false,
        logLevel: 'warn',
      })
    ).module;
  const { describeMethod } = await load('train/method-info.ts');
  const { methods } = await load('methods/index.ts');
  const { sources } = await load('sources/index.ts');
  const { wrappers } = await load('sources/wrappers/index.ts');
  const { chapters } = await load('methods/method.ts');
  const page = methodsPage(methods.map(describeMethod), sources, wrappers, chapters);
  await writeFile(new URL('../METHODS.md', import.meta.url), page);
  console.log('METHODS.md written.');
}
