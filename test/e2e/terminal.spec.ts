import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { train } from '../support/terminal';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-terminal-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = [
  '--model',
  'arith-nano',
  '--trees',
  '8',
  '--batch-size',
  '4',
  '--max-tokens',
  '64',
  '--eval-problems',
  '8',
  '--backend',
  'wasm',
];

test('trains headless and writes the numbers and the model', async () => {
  const json = join(folder, 'out.json');
  const args = [
    ...tiny,
    '--method',
    'step-dpo',
    '--steps',
    '2',
    '--seed',
    '1',
    '--param',
    'beta=0.4',
    '--json',
    json,
    '--out',
    folder,
  ];
  const { code, stdout, stderr } = await train(args);
  expect(stderr).toContain('step 1/2');
  expect(code).toBe(0);
  expect(stdout).toContain('After:');
  const report = JSON.parse(readFileSync(json, 'utf8'));
  expect(report.document).toMatchObject({ steps: 2, method: { id: 'step-dpo', params: { beta: 0.4 } } });
  expect(report.backend.name).toBe('wasm');
  expect(report.metrics).toHaveLength(2);
  for (const side of [report.before, report.after]) {
    expect(side.accuracy).toBeGreaterThanOrEqual(side.interval[0]);
    expect(side.accuracy).toBeLessThanOrEqual(side.interval[1]);
  }
  expect(readdirSync(folder)).toContain('arith-nano-step-dpo-seed1.zip');

  // The same document gives the same numbers.
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify(report.document));
  const again = join(folder, 'again.json');
  expect((await train(['--run', file, '--json', again])).code).toBe(0);
  expect(JSON.parse(readFileSync(again, 'utf8')).metrics).toEqual(report.metrics);
});

test('Ctrl-C ends a run after its step, and --resume goes on with it', async () => {
  const store = join(folder, 'store');
  const json = join(folder, 'stopped.json');
  let sent = false;
  const stopped = await train(
    [...tiny, '--method', 'dpo', '--steps', '60', '--store', store, '--json', json],
    {
      onStderr: (text, kill) => {
        if (sent || !text.includes('step 1/60')) return;
        sent = true;
        kill('SIGINT');
      },
    },
  );
  expect(stopped.code).toBe(130);
  const first = JSON.parse(readFileSync(json, 'utf8'));
  expect(first.phase).toBe('paused');
  expect(first.metrics.length).toBeLessThan(60);

  expect((await train(['--store', store, '--resume', '--json', json])).code).toBe(0);
  const second = JSON.parse(readFileSync(json, 'utf8'));
  expect(second.metrics.map((row: { step: number }) => row.step)).toEqual(
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  expect(second.metrics.slice(0, first.metrics.length)).toEqual(first.metrics);
});

test('SIGTERM ends a run as Ctrl-C does, in words', async () => {
  let sent = false;
  const stopped = await train([...tiny, '--method', 'dpo', '--steps', '60'], {
    onStderr: (text, kill) => {
      if (sent || !text.includes('step 1/60')) return;
      sent = true;
      kill('SIGTERM');
    },
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stdout).toMatch(/Paused at step \d+ of 60/);
  expect(stopped.stderr).not.toMatch(/^\s+at /m);
});

test('a batch that is too large for the memory is refused with one that is not', async () => {
  const large = ['--model', 'arith-nano', '--method', 'dpo', '--trees', '32', '--eval-problems', '0'];
  const { code, stderr } = await train([...large, '--batch-size', '4096', '--backend', 'wasm']);
  expect(stderr).toMatch(
    /^Batch size 4,096 does not fit into the memory here; [\d,]+ would \(with accumulate [\d,]+ /m,
  );
  expect(stderr).not.toMatch(/Abort|^\s+at /m);
  expect(code).toBe(2);
});

const wrongFile = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const wrong: [string, () => string[], RegExp][] = [
  ['an unknown option', () => ['--nope'], /'--nope'/],
  ['a number that is none', () => ['--steps', 'many'], /^--steps: "many" is not a number/],
  ['an unknown method', () => ['--method', 'foo'], /--method: "foo" is not a method; use one of .*dpo/],
  [
    'a parameter out of range',
    () => ['--method', 'dpo', '--param', 'beta=99'],
    /--param beta: is 99; use a number from/,
  ],
  ['an unknown model', () => ['--model', 'foo'], /model: "foo" is not a model here; use one of .*arith-nano/],
  ['a field out of range', () => ['--steps', '0'], /--steps: is too small; use at least 1/],
  [
    'a run file that is not JSON',
    () => ['--run', wrongFile('a.json', '{\n "version": 1,\n oops\n}')],
    /a\.json:3: is not JSON/,
  ],
  [
    'a run file of another version',
    () => ['--run', wrongFile('b.json', '{\n "version": 0\n}')],
    /b\.json:2: version: is 0/,
  ],
  ['nothing to resume', () => ['--resume'], /--resume: .*--store/],
  ['results in a file', () => ['--out', wrongFile('c', '')], /^--out: ".*c" is a file; give a folder/],
  [
    'a store among other files',
    () => ['--store', dirname(wrongFile('d', ''))],
    /^--store: ".*" holds other files .* is no store/,
  ],
];

for (const [name, args, message] of wrong) {
  test(`refuses ${name} with a reason and a failing exit code`, async () => {
    const { code, stderr } = await train(['--backend', 'wasm', ...args()]);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('Building'))
        .join('\n'),
    ).toMatch(message);
    expect(stderr).not.toContain('    at '); // no stack
    expect(code).toBe(2);
  });
}

test('compares methods in lock-step, and writes what came of each', async () => {
  const json = join(folder, 'compared.json');
  const { code, stdout, stderr } = await train([
    ...tiny,
    '--compare',
    'dpo,ipo,dpo:seed=2',
    '--steps',
    '2',
    '--json',
    json,
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('points beside A');
  expect(stdout).toContain('C  dpo, seed 2');
  const { arms } = JSON.parse(readFileSync(json, 'utf8'));
  expect(arms.map(({ document }: { document: { method: { id: string } } }) => document.method.id)).toEqual([
    'dpo',
    'ipo',
    'dpo',
  ]);
  for (const arm of arms) {
    expect(arm).toMatchObject({ phase: 'finished', before: { problems: 8 }, after: { step: 2 } });
    expect(arm.metrics).toHaveLength(2);
  }
  expect(arms[1].paired.interval).toHaveLength(2);
});
