import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { runnerImport } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newMethod } from '../../../scripts/new-method.mjs';
import { UsageError } from '../../../scripts/terminal/usage-error.mjs';

const home = fileURLToPath(new URL('../../..', import.meta.url));
const cases = 'test/golden/losses/cases.py';
const formulas = 'test/golden/losses/pairwise.py';

let root: string;
const at = (path: string) => join(root, path);
const read = (path: string) => readFileSync(at(path), 'utf8');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'new-method-'));
  cpSync(join(home, 'src/methods'), at('src/methods'), { recursive: true });
  mkdirSync(at('test/unit/methods'), { recursive: true });
  mkdirSync(at('test/golden/losses'), { recursive: true });
  writeFileSync(
    at(cases),
    'BETA = {"beta": (0.001, 10)}\nNUMBERS = {\n    "sft": {},\n    "dpo": {**BETA},\n}\n\nCHOICES = {\n}\n',
  );
  writeFileSync(at(formulas), 'losses = {\n    "dpo": dpo,\n}\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** All that it takes to check and to run what was written. */
const copyTheRest = () => {
  for (const folder of ['src', 'shaders', 'workers'])
    cpSync(join(home, folder), at(folder), { recursive: true, force: false });
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'package.json'])
    cpSync(join(home, file), at(file));
  symlinkSync(join(home, 'node_modules'), at('node_modules'));
};

/** Every file of the copy with its text. */
const everything = () =>
  new Map(
    ['src/methods', 'test'].flatMap((folder) =>
      readdirSync(at(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry): [string, string] => {
          const path = join(entry.parentPath, entry.name);
          return [path.slice(root.length + 1), readFileSync(path, 'utf8')];
        }),
    ),
  );

const typeErrors = (paths: string[]): string[] => {
  const config = ts.getParsedCommandLineOfConfigFile(
    at('tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (d) => {
        throw new Error(String(d.messageText));
      },
    },
  )!;
  const program = ts.createProgram(paths.map(at), { ...config.options, noEmit: true });
  return paths.flatMap((path) => {
    const file = program.getSourceFile(at(path))!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      (d) => `${path}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`,
    );
  });
};

describe('npm run new:method', () => {
  it('writes a method that type-checks, is listed in its chapter and trains as DPO does', async () => {
    const before = everything();
    const { written, next } = newMethod(root, '3d-dpo', 'rounds', '2507.01234');
    expect(written).toEqual([
      'src/methods/rounds/3d-dpo.ts',
      'test/unit/methods/3d-dpo.test.ts',
      'src/methods/index.ts',
      cases,
      formulas,
    ]);
    const after = everything();
    for (const [path, text] of before) if (!written.includes(path)) expect(after.get(path)).toBe(text);
    expect(after.size).toBe(before.size + 2);

    const index = read('src/methods/index.ts');
    expect(index).toContain("import { method3dDpo } from './rounds/3d-dpo';\n");
    expect(index).toMatch(/^ {2}\/\/ rounds\n(?: {2}\w+,\n)* {2}method3dDpo,\n/m);
    const paths = [...index.matchAll(/from '(.*)';/g)].map(([, path]) => path!);
    expect(paths).toEqual([...paths].sort());
    expect(read(cases)).toContain('    "dpo": {**BETA},\n    "3d-dpo": BETA,\n}\n\nCHOICES');
    expect(read(formulas)).toMatch(/"3d-dpo": dpo, .*\n\}/);
    expect(next.join('\n')).toMatch(
      /rounds\/3d-dpo\.ts.*\n.*3d-dpo\.test\.ts[\s\S]*make_losses\.py[\s\S]*npm run methods/,
    );
    copyTheRest();
    expect(typeErrors(written.filter((path) => path.endsWith('.ts')))).toEqual([]);

    const { module } = await runnerImport<typeof import('../../../src/compute-loss-on-cpu')>(
      at('src/compute-loss-on-cpu.ts'),
      {
        configFile: false,
        logLevel: 'error',
        root,
      },
    );
    const given = await module.exampleCaseOnCpu('3d-dpo');
    const own = await module.computeLossOnCpu(given);
    expect(own.loss).toBeGreaterThan(0);
    expect(own).toEqual(await module.computeLossOnCpu({ ...given, method: 'dpo' }));
  }, 180_000);

  it('puts it at the end of a chapter that has methods, and says what it could not do', () => {
    rmSync(at(cases));
    const { written, next } = newMethod(root, 'new-dpo', 'pairwise', '2401.00001v2');
    expect(written).not.toContain(cases);
    expect(next.join('\n')).toContain(`${cases} has no NUMBERS`);
    expect(read('src/methods/index.ts')).toMatch(/ {2}newDpo,\n {2}\/\/ pointwise\n/);
    expect(read('src/methods/pairwise/new-dpo.ts')).toContain("from './dpo'");
  });

  it.each<[string, [string, string, string], RegExp]>([
    [
      'an id that exists',
      ['dpo', 'pairwise', '2305.18290'],
      /^ID: there is a method "dpo" already, in src\/methods\/pairwise\/dpo\.ts$/,
    ],
    [
      'an id of another chapter',
      ['sft', 'pairwise', '2305.18290'],
      /already, in src\/methods\/supervised\/sft\.ts$/,
    ],
    ['an id with capitals', ['newDPO', 'pairwise', '2305.18290'], /^ID: "newDPO" is no id/],
    ['an id that leaves the folder', ['../x', 'pairwise', '2305.18290'], /^ID: "\.\.\/x" is no id/],
    [
      'a chapter that does not exist',
      ['new-dpo', 'pairs', '2305.18290'],
      /^CHAPTER: there is no chapter "pairs"; use one of supervised, pairwise, .*token-level/,
    ],
    ['no arXiv id', ['new-dpo', 'pairwise', '2313.18290'], /^ARXIV: "2313\.18290" is no arXiv id/],
    ['everything at once', ['A', 'b', 'c'], /^ID: .*\nCHAPTER: .*\nARXIV: .*$/],
  ])('refuses %s, and writes nothing', (_, [id, chapter, arxiv], message) => {
    const before = everything();
    const call = () => newMethod(root, id, chapter, arxiv);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(message);
    expect(everything()).toEqual(before);
  });

  it('overwrites no test that is there', () => {
    writeFileSync(at('test/unit/methods/new-dpo.test.ts'), 'mine');
    const before = everything();
    expect(() => newMethod(root, 'new-dpo', 'pairwise', '2401.00001')).toThrow(
      /new-dpo\.test\.ts exists, and is not overwritten/,
    );
    expect(everything()).toEqual(before);
  });
});
