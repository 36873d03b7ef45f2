import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import katex from 'katex';
import { describe, expect, it } from 'vitest';
import { methodsPage } from '../../../scripts/methods.mjs';
import { methodById, methods } from '../../../src/methods';
import { chapters } from '../../../src/methods/method';
import { defaultParams, paramProblem } from '../../../src/methods/params';
import { checkPasses } from '../../../src/run/passes';
import { sources } from '../../../src/sources';
import { wrappers } from '../../../src/sources/wrappers';
import { describeMethod } from '../../../src/train/method-info';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('the catalogue', () => {
  it('lists every method file, each under its own name', () => {
    const chapters = readdirSync(`${root}src/methods`, { withFileTypes: true }).filter((e) =>
      e.isDirectory(),
    );
    const files = chapters.flatMap(({ name }) =>
      readdirSync(`${root}src/methods/${name}`).map((f) => `${name}/${f}`),
    );
    expect(methods.map((m) => `${m.chapter}/${m.id}.ts`).sort()).toEqual(files.sort());
  });

  it('finds by id, and names the ids when there is none', () => {
    for (const method of methods) expect(methodById(method.id)).toBe(method);
    expect(() => methodById('ppo')).toThrow(/no method "ppo"; use one of sft, dpo/);
  });

  it('is the page METHODS.md; run `npm run methods` when this fails', () => {
    expect(readFileSync(`${root}METHODS.md`, 'utf8')).toBe(
      methodsPage(methods.map(describeMethod), sources, wrappers, chapters),
    );
  });

  it('is as long as README.md says', () => {
    expect(readFileSync(`${root}README.md`, 'utf8')).toContain(` ${methods.length} methods, listed`);
  });
});

describe.each(methods.map((m) => [m.id, m] as const))('%s', (id, method) => {
  it('has its metadata', () => {
    expect(id).toMatch(/^[a-z0-9][a-z0-9-]*$/);
    for (const text of [method.name, method.summary, method.paper.title, method.paper.authors]) {
      expect(text.length).toBeGreaterThan(2);
    }
    expect(method.summary).toMatch(/\.$/);
    expect(method.paper.year).toBeGreaterThan(2015);
    expect(method.paper.url).toMatch(/^https:\/\//);
    if (method.paper.arxiv) expect(method.paper.url).toContain(method.paper.arxiv);
    expect(method.notes.length).toBeGreaterThan(0);
    expect(method.defaults.learningRate).toBeGreaterThan(0);
    expect(Number.isInteger(method.defaults.batchSize)).toBe(true);
  });

  it('has parameters with defaults in range and words for them', () => {
    const everything = [method.params, ...method.sources.map((source) => source.params)];
    for (const spec of everything.flatMap((params) => Object.values(params))) {
      expect(paramProblem(spec, spec.default)).toBeUndefined();
      expect(spec.help).toMatch(/\.$/);
      if (spec.kind !== 'number') continue;
      expect(spec.min).toBeLessThan(spec.max);
      if (spec.scale === 'log') expect(spec.min).toBeGreaterThan(0);
    }
  });

  it('has sources that make what it eats, and passes that name only earlier ones', () => {
    expect(method.sources.length).toBeGreaterThan(0);
    for (const source of method.sources) expect(source.makes).toContain(method.eats);
    const params = defaultParams(method);
    checkPasses(method.name, method.passes(params), method.result?.(params));
  });

  it('has a formula that KaTeX sets', () => {
    expect(katex.renderToString(method.tex, { throwOnError: true, displayMode: true })).toContain('katex');
  });

  it('survives structured clone as data', () => {
    expect(structuredClone(describeMethod(method))).toMatchObject({ id, name: method.name });
  });

  it('has the words that open every file', () => {
    const source = readFileSync(`${root}src/methods/${method.chapter}/${id}.ts`, 'utf8');
    expect(source).toMatch(/^\/\*\*/);
    for (const words of ['Where we differ', 'Source:', '(1)']) expect(source).toContain(words);
    expect(source.split('\n').length).toBeLessThanOrEqual(230);
  });
});
