import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lab-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/lab.mjs', ...args], { cwd: root });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.on('close', (code) => resolve({ code, out, err: err.replaceAll(folder, '…') }));
  });

describe('npm run lab', () => {
  it('writes parameters, numbers and curves, the same for a seed', async () => {
    const path = join(folder, 'out.json');
    const args = (seed: string) => [
      ...['momentum', '--param', 'alpha=0.5', '--param', 'noise=0.5'],
      ...['--seed', seed, '--json'],
    ];
    const first = await run(...args('3'), path);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('With noisy rounds');
    const { seconds, ...written } = JSON.parse(readFileSync(path, 'utf8'));
    expect(seconds).toBeGreaterThan(0);
    expect(written).toMatchObject({ lab: 'momentum', seed: 3, params: { alpha: 0.5, noise: 0.5, beta: 1 } });
    expect(written.figures[0].series).toHaveLength(3);
    const { seconds: _, ...again } = JSON.parse((await run(...args('3'), '-')).out);
    expect(again).toEqual(written);
    const other = JSON.parse((await run(...args('4'), '-')).out);
    expect(other.numbers).not.toEqual(written.numbers);
  });

  it('lists what there is, each with its parameters and their ranges', async () => {
    const { code, out } = await run('--list');
    expect(code).toBe(0);
    expect(out).toMatch(/^table\n/);
    expect(out).toContain('alpha=0.3 (0 to 0.9): How far');
    expect(out).toContain('arrows=true (on, off)');
  });

  it.each([
    [['nothing'], 'There is no experiment "nothing"; use one of table, '],
    [[], 'Give the name of one experiment, or --list.'],
    [['momentum', '--seed', 'x'], '--seed: "x" is not a whole number.'],
    [['momentum', '--param', 'alpha=7'], '--param alpha: is 7; use a number from 0 to 0.9'],
    [['momentum', '--param', 'alpha'], '--param: "alpha" is not NAME=VALUE.'],
    [['momentum', '--json', join(folder, 'no/such')], '--json: …/no/such cannot be written to (ENOENT).'],
  ])('%j ends with a sentence and code 2', async (args, sentence) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
