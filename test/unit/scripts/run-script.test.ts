import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readSeeds, runScript, writeJson } from '../../../scripts/terminal/run-script.mjs';
import { UsageError } from '../../../scripts/terminal/usage-error.mjs';

const before = { argv: process.argv, code: process.exitCode };
afterEach(() => {
  process.argv = before.argv;
  process.exitCode = before.code;
  process.removeAllListeners('uncaughtException');
  vi.restoreAllMocks();
});

/** What a script does with these words behind its name. */
const run = async (given: string[], words: boolean, main: (values: unknown, words: string[]) => unknown) => {
  vi.restoreAllMocks();
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const told = vi.spyOn(console, 'error').mockReturnValue();
  process.argv = ['node', 'script.mjs', ...given];
  process.exitCode = undefined;
  const shape = { help: 'Usage: this\n', options: { many: { type: 'string' as const } }, words };
  await runScript(shape, async (...all) => main(...all));
  return { code: process.exitCode, said: said.mock.calls.join(''), told: told.mock.calls.join('') };
};

describe('a script', () => {
  it('is given its options and words, and its number is the exit code', async () => {
    const main = vi.fn(() => 1);
    expect((await run(['--many', '3', 'a', 'b'], true, main)).code).toBe(1);
    expect(main).toHaveBeenCalledWith({ many: '3', help: false }, ['a', 'b']);
  });

  it('says its help and does nothing', async () => {
    const main = vi.fn();
    expect(await run(['-h'], false, main)).toEqual({ code: undefined, said: 'Usage: this\n', told: '' });
    expect(main).not.toHaveBeenCalled();
  });

  it('tells a wrong option with the help, and what main cannot do, without a stack', async () => {
    const wrong = await run(['--money'], false, () => 0);
    expect(wrong.code).toBe(2);
    expect(wrong.told).toMatch(/--money.*\n\nUsage: this/s);
    const word = await run(['a'], false, () => 0);
    expect([word.code, word.told]).toEqual([2, expect.stringContaining("'a'")]);
    const failed = await run([], false, () => {
      throw new Error('It broke.');
    });
    expect(failed).toEqual({ code: 1, said: '', told: 'It broke.' });
  });
});

it('reads lists of seeds and names what is none', () => {
  expect(readSeeds('1,2, 30')).toEqual([1, 2, 30]);
  expect(readSeeds('0')).toEqual([0]);
  for (const [text, least] of [
    ['1,,2', 0],
    ['1.5', 0],
    ['a', 0],
    ['0', 1],
    ['-1', 0],
  ] as const)
    expect(() => readSeeds(text, least)).toThrow(UsageError);
  expect(() => readSeeds('1,0', 1)).toThrow('--seeds: "0" is not a seed; use whole numbers from 1 on');
});

it('writes JSON, or says why it cannot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'json-'));
  const path = join(folder, 'a.json');
  writeJson(path, { a: 1 });
  expect(readFileSync(path, 'utf8')).toBe('{\n  "a": 1\n}\n');
  expect(() => writeJson(join(folder, 'none/a.json'), 1)).toThrow(
    /^--json: .*cannot be written to \(ENOENT\)/,
  );
  rmSync(folder, { recursive: true });
});
