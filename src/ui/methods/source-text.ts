/** The files of the methods, as they stand in the program when it is built; each comes when it is looked at. */
const files = import.meta.glob<string>('../../methods/*/*.ts', { query: '?raw', import: 'default' });

export const pathOf = ({ chapter, id }: { chapter: string; id: string }): string =>
  `src/methods/${chapter}/${id}.ts`;

export const sourceText = async (method: { chapter: string; id: string }): Promise<string> => {
  const load = files[`../../methods/${method.chapter}/${method.id}.ts`];
  if (!load) throw new Error(`There is no file ${pathOf(method)} in this build.`);
  return load();
};

/** What a reader wants first of a file: its header's formulas, and the objective. Without imports and without the card. */
export const excerpt = (text: string): { header: string; body: string } => {
  const comment = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(text)?.[1]?.replace(/^ \* ?/gm, '') ?? '';
  const paragraphs = comment.split(/\n\s*\n/);
  // The formulas, and the list of symbols, which is set in like them.
  const header = paragraphs.filter((p) => /^ {2}/.test(p)).join('\n\n');
  const after = text.replace(/^\/\*\*[\s\S]*?\*\/\n/, '');
  const body = after
    .slice(0, after.search(/^export const \w+ = defineMethod\(/m) >>> 0)
    .replace(/^import[\s\S]*?;\n/gm, '')
    // Parameters stand in a table of their own.
    .replace(
      /^(?:\/\*\*[^\n]*\*\/\n)?(?:export )?const \w+ = (?:number|flag|choice|name)\([\s\S]*?^\}\);\n/gm,
      '',
    )
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return { header, body };
};

/** Equation numbers of a line: "(2)", "(3)". */
export const equationsOf = (line: string): string[] =>
  [...line.matchAll(/\((\d+)\)\s*(?=$|\[|\()/g)].map(([, n]) => n!);
