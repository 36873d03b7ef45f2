import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkPlaces, checkTargets } from '../../../scripts/terminal/places.mjs';
import { writeExport } from '../../../scripts/terminal/results.mjs';
import { tellError } from '../../../scripts/terminal/tell-error.mjs';
import { UsageError } from '../../../scripts/terminal/usage-error.mjs';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'places-'));
  writeFileSync(at('file'), '');
  mkdirSync(at('full/adapter'), { recursive: true });
  writeFileSync(at('full/adapter/notes.txt'), 'mine');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('where results go', () => {
  it.each<[string, () => Record<string, unknown>, RegExp]>([
    ['--out that is a file', () => ({ out: at('file') }), /^--out: ".*file" is a file; give a folder\.$/],
    ['--out below a file', () => ({ out: at('file/deeper') }), /^--out: .*cannot be written to \(ENOTDIR\)/],
    [
      '--out where nothing can be made',
      () => ({ out: '/proc/nothing/here' }),
      /^--out: .*cannot be written to \(E/,
    ],
    [
      '--out over files of others',
      () => ({ out: at('full'), lora: true }),
      /^--out: ".*adapter" holds other files \(notes\.txt\)/,
    ],
    [
      '--export both over them',
      () => ({ out: at('full'), export: 'both' }),
      /^--out: ".*adapter" holds other files/,
    ],
    ['--store that is a file', () => ({ store: at('file') }), /^--store: ".*file" is a file/],
    [
      '--store among other files',
      () => ({ store: at('full/adapter') }),
      /^--store: .*holds other files \(notes\.txt\) and is no store/,
    ],
    ['--json in no folder', () => ({ json: at('none/a.json') }), /^--json: the folder of .* does not exist/],
    ['--logits that is a folder', () => ({ logits: at('full') }), /^--logits: ".*full" is a folder/],
  ])('refuses %s', (_, options, message) => {
    const before = readdirSync(folder, { recursive: true });
    const check = () => checkPlaces(options());
    expect(check).toThrow(UsageError);
    expect(check).toThrow(message);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it('takes what can be used, and leaves the disk as it was', () => {
    mkdirSync(at('store'));
    writeFileSync(at('store/address.json'), '{}');
    mkdirSync(at('empty'));
    const before = readdirSync(folder, { recursive: true });
    checkPlaces({ out: at('a/new/one'), store: at('store'), json: at('file'), logits: at('new.json') });
    checkPlaces({ out: at('full'), lora: true, export: 'model', store: at('empty') });
    checkPlaces({ store: at('new-store') });
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it('replaces what an earlier run has left, and a zip of the same name', () => {
    writeFileSync(at('full/adapter/run.json'), '{}');
    checkTargets(at('full'), [{ what: 'adapter' }]);
    checkTargets(folder, [{ what: 'model', zip: 'file' }]);
    expect(() => checkTargets(folder, [{ what: 'model', zip: 'full' }])).toThrow(
      /in the way, which is a folder/,
    );
    writeFileSync(at('full/model'), '');
    expect(() => checkTargets(at('full'), [{ what: 'model' }])).toThrow(/in the way, which is a file/);
  });
});

describe('an export', () => {
  const wanted = { what: 'model', zip: 'm.zip' };
  const overflow =
    'model.safetensors, tensor "a": element [0] is 70000, more than F16 can hold (65,504). Export as BF16 or F32.';

  it('is written in full where the type asked for cannot hold it', async () => {
    const asked: (string | undefined)[] = [];
    const { path, note } = await writeExport(at('out'), wanted, 'F16', async (zip, dtype) => {
      asked.push(dtype);
      if (dtype === 'F16') throw new UsageError(overflow);
      writeFileSync(zip, 'zip');
    });
    expect(asked).toEqual(['F16', 'F32']);
    expect(note).toBe(`--dtype F16: ${overflow} It was written as F32 instead.`);
    expect(path).toBe(at('out/m.zip'));
    expect(readdirSync(at('out'))).toEqual(['m.zip']);
  });

  it('that fails otherwise leaves nothing half-written', async () => {
    const failing = writeExport(at('out'), wanted, 'F16', async () => {
      throw new Error('gone');
    });
    await expect(failing).rejects.toThrow('gone');
    expect(existsSync(at('out/m.zip'))).toBe(false);
    expect(readdirSync(at('out'))).toEqual([]);
  });
});

describe('the last words', () => {
  const said = (error: unknown) => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const code = tellError(error);
    const lines = print.mock.calls.flat().join('\n');
    print.mockRestore();
    expect(lines).not.toMatch(/^\s+at /m);
    return [code, lines];
  };
  it.each<[unknown, number, RegExp]>([
    [new UsageError('--out: no.'), 2, /^--out: no\.$/],
    [new TypeError('x is not a function'), 1, /^TypeError: x is not a function$/],
    ['a text', 1, /^a text$/],
    [
      new Error(
        'page.evaluate: Target page, context or browser has been closed\nBrowser logs:\n\n<launching> ...',
      ),
      1,
      /^The browser ended in the middle.*--resume\.$/,
    ],
    [
      Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        syscall: 'write',
      }),
      1,
      /^The disk is full/,
    ],
    [
      Object.assign(new Error("EACCES: permission denied, scandir '/x'"), {
        code: 'EACCES',
        syscall: 'scandir',
      }),
      1,
      /^EACCES: permission denied, scandir '\/x'$/,
    ],
    [new Error(`a\u001b[2mb\u001b[22m\nCall log:\n  - waiting`), 1, /^ab$/],
  ])('%s', (error, code, message) => {
    const [left, lines] = said(error);
    expect(left).toBe(code);
    expect(lines).toMatch(message);
  });
});
