// `npm run new:method -- ID CHAPTER ARXIV`: a method's file, its place in the catalogue, and its tests, to be filled in.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { methodFile, methodTest, nameOf } from './new-method/templates.mjs';
import { UsageError } from './terminal/usage-error.mjs';

const help = `Usage: npm run new:method -- ID CHAPTER ARXIV

Writes src/methods/CHAPTER/ID.ts, a skeleton that trains as DPO does until its formula is put in, lists it in
src/methods/index.ts, and begins its unit test and its oracle. Nothing that exists is overwritten.

  ID       of the method, such as ld-dpo: small letters, digits and single hyphens
  CHAPTER  of the catalogue, such as pairwise
  ARXIV    of its paper, such as 2305.18290
`;

/** Chapters of the catalogue, in their order, as src/methods/method.ts has them. */
const chaptersOf = (root) => {
  const text = readFileSync(join(root, 'src/methods/method.ts'), 'utf8');
  const [, body] = /export const chapters = \{\n([\s\S]*?)\n\} as const/.exec(text) ?? [];
  if (!body) throw new Error('src/methods/method.ts has no list of chapters that can be read.');
  return [...body.matchAll(/^ {2}'?([\w-]+)'?:/gm)].map(([, chapter]) => chapter);
};

const methodFiles = (root) =>
  readdirSync(join(root, 'src/methods'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(root, 'src/methods', name)).map((file) => `${name}/${file}`));

/** Everything that stands against these three, in words. */
const problemsOf = (root, id, chapter, arxiv) => {
  const problems = [];
  const chapters = chaptersOf(root);
  const there = methodFiles(root).find((file) => file.endsWith(`/${id}.ts`));
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))
    problems.push(`ID: "${id}" is no id; use small letters, digits and single hyphens, such as ld-dpo`);
  else if (there) problems.push(`ID: there is a method "${id}" already, in src/methods/${there}`);
  if (!chapters.includes(chapter))
    problems.push(`CHAPTER: there is no chapter "${chapter}"; use one of ${chapters.join(', ')}`);
  const [, month] = /^\d\d(\d\d)\.\d{4,5}(?:v\d+)?$/.exec(arxiv) ?? [];
  if (!(Number(month) >= 1 && Number(month) <= 12))
    problems.push(`ARXIV: "${arxiv}" is no arXiv id; it looks like 2305.18290`);
  return problems;
};

/** The import in its place by path, and the name at the end of its chapter. */
const listed = (text, chapters, id, chapter) => {
  const lines = text.split('\n');
  const path = `./${chapter}/${id}`;
  const imported = lines.flatMap((line, i) => {
    const [, from] = /^import .* from '(.*)';$/.exec(line) ?? [];
    return from ? [{ from, i }] : [];
  });
  const before = imported.filter(({ from }) => from < path).at(-1);
  lines.splice((before?.i ?? (imported[0]?.i ?? 0) - 1) + 1, 0, `import { ${nameOf(id)} } from '${path}';`);
  const headings = lines.flatMap((line, i) => {
    const [, heading] = /^ {2}\/\/ ([\w-]+)$/.exec(line) ?? [];
    return heading && chapters.includes(heading) ? [{ heading, i }] : [];
  });
  const own = headings.find(({ heading }) => heading === chapter);
  const later = chapters.slice(chapters.indexOf(chapter) + 1);
  const next = headings.find(({ heading }) => later.includes(heading));
  const end = next?.i ?? lines.indexOf('];');
  if (end < 0) throw new Error('src/methods/index.ts has no list of methods that can be read.');
  lines.splice(end, 0, ...(own ? [] : [`  // ${chapter}`]), `  ${nameOf(id)},`);
  return lines.join('\n');
};

/** A line at the end of a Python dictionary; undefined where there is no such dictionary. */
const withEntry = (text, dictionary, line) => {
  const start = text.search(new RegExp(`^${dictionary} = \\{$`, 'm'));
  const end = start < 0 ? -1 : text.indexOf('\n}', start);
  return end < 0 ? undefined : `${text.slice(0, end)}\n    ${line}${text.slice(end)}`;
};

/** Cases and formula of the oracle: DPO's, until the paper's stand there. */
const oracle = [
  {
    path: 'test/golden/losses/cases.py',
    dictionary: 'NUMBERS',
    line: (/** @type {string} */ id) => `"${id}": BETA,`,
  },
  {
    path: 'test/golden/losses/pairwise.py',
    dictionary: 'losses',
    line: (/** @type {string} */ id) => `"${id}": dpo,  # the paper's formula goes here`,
  },
];

/**
 * Writes the files of a new method.
 * @param {string} root of the repository
 * @param {string} id
 * @param {string} chapter
 * @param {string} arxiv
 * @returns {{ written: string[], next: string[] }} paths from the root, and what remains to be done, in words
 * @throws UsageError naming what cannot be used; then nothing has been written
 */
export const newMethod = (root, id, chapter, arxiv) => {
  const problems = problemsOf(root, id, chapter, arxiv);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  const method = `src/methods/${chapter}/${id}.ts`;
  const test = `test/unit/methods/${id}.test.ts`;
  const index = 'src/methods/index.ts';
  for (const path of [method, test]) {
    if (existsSync(join(root, path))) throw new UsageError(`${path} exists, and is not overwritten.`);
  }
  const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');
  const files = [
    [method, methodFile(id, chapter, arxiv)],
    [test, methodTest(id)],
    [index, listed(read(index), chaptersOf(root), id, chapter)],
  ];
  const byHand = [];
  for (const { path, dictionary, line } of oracle) {
    const text = withEntry(read(path), dictionary, line(id));
    if (text === undefined)
      byHand.push(`${path} has no ${dictionary}: write the oracle's ${line(id)} yourself`);
    else files.push([path, text]);
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return {
    written: files.map(([path]) => path),
    next: [
      `${method}: the paper's title, authors and formula, where we differ, and what the loss is; it is DPO's now`,
      `${test}: the formula written out once more, in plain numbers`,
      ...byHand,
      'the oracle: the formula in PyTorch in place of DPO in test/golden/losses, then python test/golden/make_losses.py',
      'npm run methods                                        writes it into METHODS.md',
      `npm run loss -- --example ${id}                        a case to try it on`,
      `npx vitest run --project unit test/unit/methods        checks card, equations, extremes and oracle`,
    ],
  };
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = process.argv.slice(2);
  try {
    if (args.includes('--help') || args.includes('-h')) console.log(help);
    else if (args.length !== 3) throw new UsageError(`Give an id, a chapter and an arXiv id.\n\n${help}`);
    else {
      const [id = '', chapter = '', arxiv = ''] = args;
      const { written, next } = newMethod(fileURLToPath(new URL('..', import.meta.url)), id, chapter, arxiv);
      console.log(`Written:\n${written.map((path) => `  ${path}`).join('\n')}\n\nNext:`);
      console.log(next.map((line, i) => `  ${i + 1}. ${line}`).join('\n'));
    }
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : (error?.stack ?? String(error)));
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
