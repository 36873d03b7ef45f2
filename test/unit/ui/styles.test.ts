import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = 'src/ui';
/** Sheets of the first page; every other one stays once its page has been turned to. */
const always = new Set(
  [...readFileSync(`${root}/styles/main.css`, 'utf8').matchAll(/@import "\.\/([\w-]+\.css)"/g)].map(
    ([, name]) => `styles/${name}`,
  ),
);

/** Classes that a rule of a sheet begins with: they hold wherever an element of the document has the class. */
const begunBy = (file: string): string[] => {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const selectors = [...text.matchAll(/([^{}]+)\{/g)].flatMap(([, list]) => list!.split(/,(?![^(]*\))/));
  return selectors.flatMap((selector) => {
    const [, group, single] = /^\s*(?::is\(([^)]*)\)|(\.[\w-]+))/.exec(selector) ?? [];
    return (group ?? single ?? '').split(',').flatMap((head) => /^\s*\.([\w-]+)/.exec(head)?.[1] ?? []);
  });
};

describe('styles that come with a page and stay', () => {
  it('give no class a meaning that it has on another page', () => {
    const by = new Map<string, Set<string>>();
    const sheets = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.css'),
    );
    for (const name of sheets) {
      if (name === 'styles/print.css') continue;
      for (const own of begunBy(join(root, name)))
        by.set(own, (by.get(own) ?? new Set()).add(always.has(name) ? 'the first page' : name));
    }
    expect(by.size).toBeGreaterThan(200);
    const twice = [...by].flatMap(([own, files]) =>
      files.size > 1 ? [`.${own}: ${[...files].join(', ')}`] : [],
    );
    expect(twice).toEqual([]);
  });
});
