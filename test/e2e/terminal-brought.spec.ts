import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { startHubServer } from '../support/hub-server.mjs';
import { train } from '../support/terminal';
import { sumPairs, writeTinyFolder } from '../support/tiny-folder';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-brought-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};
const json = (...parts: string[]) => JSON.parse(readFileSync(join(folder, ...parts), 'utf8'));

const model = at('tiny');
const good = sumPairs(20);
/** Line 6 is not JSON, line 22 lacks a field. */
const data = at('pairs.jsonl');

test.beforeAll(() => {
  writeTinyFolder(model);
  write(
    'pairs.jsonl',
    [...good.slice(0, 5), '{"prompt": oops}', ...good.slice(5), '{"prompt": "1+1=", "chosen": "2"}'].join(
      '\n',
    ),
  );
});

const lora = ['--lora', '--rank', '4', '--target-modules', 'q_proj,v_proj'];
const small = [
  '--method',
  'dpo',
  '--steps',
  '2',
  '--batch-size',
  '4',
  '--held-out',
  '0.2',
  '--backend',
  'wasm',
];

/** Names and shapes in a safetensors file. */
const shapesIn = (path: string): Record<string, number[]> => {
  const bytes = readFileSync(path);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  return Object.fromEntries(
    Object.entries(header as Record<string, { shape: number[] }>)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { shape }]) => [name, shape]),
  );
};

test('trains an adapter on a folder and a file, and writes what Python reads', async () => {
  const chat = ['--chat', '3+3=', '--max-tokens', '6'];
  const outputs = ['--out', at('out'), '--export', 'both', '--json', at('a.json'), '--logits', at('l.json')];
  const ran = await train(['--model', model, '--data', data, ...lora, ...small, ...outputs, ...chat]);
  expect(ran.stderr).toContain('step 2/2');
  expect(ran.code).toBe(0);

  // The report and the estimate come before the training.
  expect(ran.stdout).toContain('pairs.jsonl: preference (prompt, chosen, rejected)');
  expect(ran.stdout).toContain('22 rows read, 20 used, 2 dropped');
  expect(ran.stdout).toMatch(/1 dropped: is not valid JSON .*\(line 6\)/);
  expect(ran.stdout).toMatch(/1 dropped: "rejected" is missing \(line 22\)/);
  expect(ran.stdout).toMatch(/It will take about [\d.]+ [kM]B of the [\d.]+ GB/);
  expect(ran.stdout).toMatch(/ {2}adapter +3\.6 kB/); // 896 numbers
  expect(ran.stdout).toMatch(/Asked: {2}3\+3=\nBefore: .*\nAfter: /);
  expect(ran.stdout).toMatch(/After: {2}loss 0\.\d+ on held-out rows, .* held-out pairs ranked right/);

  expect(readdirSync(at('out')).sort()).toEqual(['adapter', 'model']);
  const told = ['README.md', 'metrics.csv', 'metrics.json', 'run.json'];
  expect(readdirSync(at('out/adapter')).sort()).toEqual(
    [...told, 'adapter_config.json', 'adapter_model.safetensors'].sort(),
  );
  expect(readdirSync(at('out/model')).sort()).toEqual(
    [...told, 'config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].sort(),
  );
  expect(json('out/adapter/adapter_config.json')).toMatchObject({
    peft_type: 'LORA',
    r: 4,
    lora_alpha: 16,
    target_modules: ['q_proj', 'v_proj'],
  });
  const layers = [0, 1].flatMap((layer) =>
    (
      [
        ['q_proj', 32],
        ['v_proj', 16],
      ] as const
    ).flatMap(([name, out]) => {
      const module = `base_model.model.model.layers.${layer}.self_attn.${name}`;
      return [
        [`${module}.lora_A.weight`, [4, 32]],
        [`${module}.lora_B.weight`, [out, 4]],
      ] as const;
    }),
  );
  expect(shapesIn(at('out/adapter/adapter_model.safetensors'))).toEqual(Object.fromEntries(layers));
  expect(shapesIn(at('out/model/model.safetensors'))).toEqual(shapesIn(join(model, 'model.safetensors')));

  const report = json('a.json');
  expect(report.document).toMatchObject({ weights: 'f32', adapter: { rank: 4, from: null } });
  expect(report.metrics.map((row: { step: number }) => row.step)).toEqual([1, 2]);
  expect(report.before).toMatchObject({ kind: 'pairs', step: 0 });
  expect(report.after.metrics.eval_loss).toBeLessThan(report.before.metrics.eval_loss);
  expect(json('out/adapter/metrics.json').metrics).toHaveLength(2);

  const card = readFileSync(at('out/adapter/README.md'), 'utf8');
  expect(card).toContain('read as `preference`: 20 of 22 rows, 16 examples to train on and 4 held out');
  expect(card).toContain('`pairs.jsonl` (`data-');
  expect(card).toContain('LoRA, rank 4, alpha 16');

  const { tokens, logProbs } = json('l.json');
  expect(tokens).toHaveLength(16); // both sides of eight pairs
  for (const [i, sequence] of tokens.entries()) {
    expect(logProbs[i]).toHaveLength(sequence.length - 1);
    for (const value of logProbs[i]) expect(value).toBeLessThan(0);
  }

  // The document it wrote gives the same bytes again; what it names by id is given by path.
  const again = [
    ...['--run', at('out/adapter/run.json'), '--backend', 'wasm'],
    '--model',
    model,
    '--data',
    data,
  ];
  expect((await train([...again, '--out', at('again')])).code).toBe(0);
  for (const name of [...told, 'adapter_model.safetensors']) {
    expect(readFileSync(at(`again/adapter/${name}`)).equals(readFileSync(at(`out/adapter/${name}`)))).toBe(
      true,
    );
  }

  // And the adapter can be gone on with.
  const onward = ['--adapter', at('out/adapter'), '--reference', 'adapter', '--held-out', '0'];
  const next = await train([
    ...['--model', model, '--data', data, ...onward, '--method', 'dpo', '--steps', '2', '--batch-size', '4'],
    ...['--backend', 'wasm', '--out', at('next'), '--json', at('n.json')],
  ]);
  expect(next.code).toBe(0);
  const { document, metrics } = json('n.json');
  expect(document.adapter).toMatchObject({ rank: 4, alpha: 16, reference: 'adapter' });
  expect(document.adapter.from).toMatch(/^adapter-/);
  expect(metrics[0].loss).toBeCloseTo(Math.log(2), 5); // equal to its reference at the start
  const bytes = (name: string) => readFileSync(at(`${name}/adapter/adapter_model.safetensors`));
  expect(bytes('next').equals(bytes('out'))).toBe(false);
});

test('keeps a GGUF packed under its adapter', async () => {
  const rows = Array.from({ length: 8 }, (_, i) =>
    JSON.stringify({
      question: `${i} and ${i}?`,
      chosen: `That is ${2 * i}.`,
      rejected: `That is ${3 * i + 1}.`,
    }),
  );
  const file = write('questions.jsonl', rows.join('\n'));
  const args = ['--model', 'test/golden/gguf/smollm.gguf', '--data', file, '--map', 'prompt=question'];
  const { code, stdout } = await train([
    ...args,
    ...[
      '--lora',
      '--checkpointing',
      '--method',
      'dpo',
      '--steps',
      '2',
      '--batch-size',
      '2',
      '--held-out',
      '0',
    ],
    ...['--backend', 'wasm', '--json', at('g.json'), '--out', at('gguf')],
  ]);
  expect(stdout).toContain('prompt=question');
  expect(code).toBe(0);
  const { document, metrics } = json('g.json');
  expect(document).toMatchObject({ weights: 'file', checkpointing: true });
  expect(metrics).toHaveLength(2);
  expect(readdirSync(at('gguf'))).toEqual(['adapter']);
});

test('downloads through a broken connection, stops, and goes on from the store', async () => {
  const hub = await startHubServer();
  try {
    const files = Object.fromEntries(
      readdirSync(model).map((name) => [name, { body: readFileSync(join(model, name)) }]),
    );
    const repo = hub.add({ id: 'someone/tiny', files, gated: true, token: 'hf_secret' });
    hub.fault(repo, 'model.safetensors', [{ do: 'break', after: 40_000 }]);
    const from = ['--model', 'someone/tiny', '--hub', hub.url, '--data', data, ...lora, ...small];
    const closed = await train([...from, '--check'], { env: { HF_TOKEN: '' } });
    expect(closed.stderr).toMatch(/^--model: someone\/tiny is gated: .*environment variable HF_TOKEN/m);
    expect(closed.code).toBe(2);

    const args = [...from, '--steps', '40', '--store', at('store'), '--json', at('s.json')];
    let sent = false;
    const stopped = await train(args, {
      env: { HF_TOKEN: 'hf_secret' },
      onStderr: (text, kill) => {
        if (sent || !text.includes('step 1/40')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(stopped.stderr).toContain('broke off');
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain('--resume');
    expect(stopped.stdout + stopped.stderr + readFileSync(at('s.json'), 'utf8')).not.toContain('hf_secret');
    const ranges = hub.requests
      .filter(({ path }) => path.endsWith('model.safetensors'))
      .map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, 'bytes=40000-']);
    const first = json('s.json');
    expect(first.phase).toBe('paused');

    const asked = hub.requests.length;
    const resumed = await train([
      ...['--store', at('store'), '--resume', '--json', at('s.json'), '--out', at('resumed')],
    ]);
    expect(resumed.code).toBe(0);
    expect(hub.requests).toHaveLength(asked); // everything was kept
    const { metrics, document } = json('s.json');
    expect(metrics.map((row: { step: number }) => row.step)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    expect(metrics.slice(0, first.metrics.length)).toEqual(first.metrics);
    expect(document.model).toContain('someone/tiny@c0ffee');
    expect(json('resumed/adapter/adapter_config.json').r).toBe(4);
  } finally {
    await hub.close();
  }
});

test('checks, estimates, and refuses politely what does not fit', async () => {
  const checked = await train([
    '--model',
    model,
    '--data',
    data,
    ...small,
    '--check',
    '--json',
    at('c.json'),
  ]);
  expect(checked.code).toBe(0);
  expect(checked.stdout).toContain('22 rows read');
  expect(checked.stdout).not.toContain('It will take');
  expect(json('c.json')).toMatchObject({ report: { rows: { read: 22, used: 20 } }, estimate: null });

  const words = '1+2+3+4+5+6+7+8+9'.repeat(3);
  const long = Array.from({ length: 10 }, (_, i) =>
    JSON.stringify({ prompt: `${i}=`, chosen: `${i}${words}`, rejected: `${i + 1}${words}` }),
  );
  const args = ['--model', model, '--data', write('long.jsonl', long.join('\n')), '--batch-size', '4096'];
  const estimated = await train([...args, '--method', 'dpo', '--backend', 'wasm', '--estimate']);
  expect(estimated.stdout).toMatch(/It will take about [\d.]+ GB of the 2\.04 GB/);
  expect(estimated.stderr).toMatch(/^This run does not fit\. It takes about [\d.]+ GB/m);
  expect(estimated.stderr).toMatch(/^ {2}--batch-size 2048 --accumulate 2: .*; [\d.]+ [GM]B$/m);
  expect(estimated.stderr).toContain('--force');
  expect(estimated.code).toBe(2);
});

test('reads files of one dataset, words of labels, columns by hand and another encoding', async () => {
  mkdirSync(at('shards/more'), { recursive: true });
  const shard = (name: string, ...marks: string[]) =>
    writeFileSync(
      join(folder, 'shards', name),
      `ask;reply;mark;note;\r\n${marks.map((mark, i) => `${i}+${i}=;${2 * i};${mark};\u00e9;`).join('\n')}`,
      'latin1',
    );
  shard('b.csv', 'ok', 'no');
  shard('a.csv', 'ok', 'meh');
  shard('more/c.csv', 'OK');
  write('shards/README.md', '# Sums');
  const args = (...given: string[]) => [
    ...['--model', model, '--method', 'sft', '--held-out', '0', '--check', '--backend', 'wasm', ...given],
    ...['--map', 'prompt=ask', '--map', 'completion=reply', '--map', 'label=mark'],
  ];
  const words = ['--label', 'ok=right', '--label', 'no=wrong', '--encoding', 'latin1'];
  const { code, stdout } = await train(args('--data', at('shards'), ...words, '--json', at('shards.json')));
  expect(code).toBe(0);
  expect(stdout).toContain('Note: Left out, being no files of examples: shards/README.md.');
  expect(stdout).toContain('5 rows read, 3 used, 2 dropped');
  expect(stdout).toContain(
    '1 dropped: "mark" is not true or false; say which labels mean right and which wrong, as --label good=right',
  );
  expect(stdout).toContain('not used: note (5)');
  const { report } = json('shards.json');
  expect(report).toMatchObject({
    format: 'unpaired',
    unusedColumns: [{ name: 'note', count: 5 }],
    warnings: expect.any(Array),
  });
  expect(report.samples.map(({ where }: { where: string }) => where)).toEqual([
    'a.csv, row 1 (line 2)',
    'b.csv, row 1 (line 2)',
    'c.csv, row 1 (line 2)',
  ]);
  expect(report.samples[0]).toMatchObject({
    prompt: expect.stringContaining('0+0='),
    responses: [{ score: 1 }],
  });

  const pattern = await train(args('--data', at('shards/?.csv'), ...words));
  expect(pattern.stdout).toContain('4 rows read');
  const behind = await train(args('--data', at('shards/a.csv'), at('shards/b.csv'), ...words));
  expect(behind.stdout).toContain('a.csv and 1 more: unpaired');
  const blind = await train(args('--data', at('shards/a.csv'), ...words.slice(0, 4)));
  expect(blind.code).toBe(2);
  expect(blind.stderr).toMatch(
    /is not valid UTF-8 text; save it as UTF-8, or name its encoding with --encoding, such as/,
  );
});

const wrong: [string, () => string[], RegExp][] = [
  ['a file that belongs to no option', () => ['--check', 'x.csv'], /^"x\.csv" belongs to no option\./],
  ['a pattern that nothing fits', () => ['--data', at('no*.csv')], /^--data: no file fits/],
  [
    'a folder with what is for testing beside what is for training',
    () => {
      mkdirSync(at('splits'), { recursive: true });
      for (const name of ['train', 'test']) write(`splits/${name}.jsonl`, JSON.stringify(good[0]));
      return ['--model', model, '--data', at('splits')];
    },
    /^--data: splits: holds several parts of a dataset: test \(1\), train \(1\)/,
  ],
  [
    'an encoding that is none',
    () => ['--model', model, '--data', data, '--encoding', 'latin-99'],
    /^--encoding: is no text encoding; use for example utf-8/,
  ],
  [
    'a word with two meanings',
    () => ['--model', model, '--data', data, '--label', 'a=right', '--label', 'A=wrong'],
    /^--label: gives one word two meanings/,
  ],
  ['a model that is not there', () => ['--model', './nowhere'], /^--model: there is no file or folder/],
  [
    'a folder that is no model',
    () => {
      mkdirSync(at('empty'), { recursive: true });
      return ['--model', at('empty'), '--data', data];
    },
    /^--model: the folder ".*empty" holds no model/,
  ],
  [
    'a folder of something else',
    () => {
      mkdirSync(at('other'), { recursive: true });
      write('other/config.json', '{}');
      return ['--model', at('other'), '--data', data];
    },
    /^--model: config\.json cannot be used:\n- model_type is missing/,
  ],
  [
    'a GGUF that is none',
    () => ['--model', write('x.gguf', 'nothing of the kind'), '--data', data],
    /^--model: x\.gguf, byte 0: the file does not begin with "GGUF"/,
  ],
  ['a model without examples', () => ['--model', model], /^--model: .*--data FILE/],
  ['examples that are not there', () => ['--data', 'no.jsonl'], /^--data: there is no file "no\.jsonl"/],
  [
    'a file without one good line',
    () => ['--model', model, '--data', write('bad.jsonl', '{"prompt": 1\n{oops\n')],
    /^--data: bad\.jsonl.*JSON/,
  ],
  [
    'a column that is not there',
    () => ['--model', model, '--data', data, '--map', 'chosen=winner'],
    /^pairs\.jsonl, column "winner": there is no such column.*Columns: prompt, chosen, rejected/,
  ],
  [
    'a part that no format has',
    () => ['--model', model, '--data', data, '--map', 'winner=chosen'],
    /^--map: unknown field "winner"/,
  ],
  [
    'modules that the model lacks',
    () => ['--model', model, '--data', data, '--lora', '--target-modules', 'w_proj'],
    /^--target-modules: the model has no linear module "w_proj"/,
  ],
  ['a rank without an adapter', () => ['--rank', '8'], /^--rank: .*add --lora/],
  [
    'packed weights that would be trained',
    () => ['--model', model, '--data', data, '--weights', 'int4'],
    /^--weights: is "int4", and weights that are all trained/,
  ],
  [
    'a wrong field of a run file, with its line',
    () => [
      ...['--model', model, '--data', data],
      '--run',
      write('r.json', '{\n "version": 1,\n "adapter": {\n  "rank": 0\n }\n}'),
    ],
    /r\.json:4: adapter\.rank: is too small; use at least 1/,
  ],
];

for (const [name, args, message] of wrong) {
  test(`refuses ${name}`, async () => {
    const { code, stderr } = await train(['--backend', 'wasm', ...args()]);
    const lines = stderr
      .trim()
      .split('\n')
      .filter((line) => !/^(Building|Preparing)/.test(line));
    expect(lines.join('\n')).toMatch(message);
    expect(stderr).not.toContain('    at '); // no stack
    expect(code).toBe(2);
  });
}
