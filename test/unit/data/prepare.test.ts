import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { datasetSettingsSchema, defaultDatasetSettings } from '../../../src/data/settings';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import { assistant, bytes, chatml, fixture, prepare, spell, spelled, tokenizerOf, user } from './preparing';

const pair = { prompt: 'Q: ', chosen: 'one\ntwo', rejected: 'one\nthree' };

describe('trees', () => {
  it('of pairs, shared leading steps once', async () => {
    const { trees } = await prepare([{ ...pair, margin: 2 }], 'dpo');
    expect(trees[0]!.nodes.map(({ parent }) => parent)).toEqual([-1, 0, 1, 1]);
    expect(spell(trees[0]!, 0)).toEqual(['[Q: ]', 'one\n', 'two<|im_end|>']);
    expect(spell(trees[0]!, 1)).toEqual(['[Q: ]', 'one\n', 'three<|im_end|>']);
    expect(trees[0]!.comparisons).toEqual([{ chosen: 0, rejected: 1, margin: 2 }]);
    expect(trees[0]!.id).toBe('f.jsonl, line 1');
  });

  it('of pairs for Step-DPO: the first step in which they differ', async () => {
    const { trees } = await prepare([{ ...pair, chosen: 'one\ntwo\nmore' }], 'stepDpo');
    expect(spell(trees[0]!, 0)).toEqual(['[Q: ]', '[one\n]', 'two\n']);
    expect(spell(trees[0]!, 1)).toEqual(['[Q: ]', '[one\n]', 'three<|im_end|>']);
  });

  it('of Step-DPO’s layout', async () => {
    const row = {
      prompt: 'Q:',
      initial_reason_steps: ' Step 1: a\nStep 2:',
      chosen: ' b',
      rejected: ' c',
      full_rejected: ' c',
    };
    const { trees, report } = await prepare([row], 'stepDpo', { steps: { rule: 'step' }, plainRows: 'chat' });
    expect(spell(trees[0]!, 0).slice(1)).toEqual(['[ Step 1: a\n]', '[Step 2:]', ' b']);
    expect(spell(trees[0]!, 1).at(-1)).toBe(' c<|im_end|>');
    expect(spell(trees[0]!, 0)[0]).toMatch(/user\nQ:<\|im_end\|>\n<\|im_start\|>assistant\n\]$/);
    expect(report.samples[0]).toMatchObject({ shared: [' Step 1: a\n', 'Step 2:'] });
    const alone = await prepare([row], 'sft');
    expect(alone.trees[0]!.responses.length).toBe(1);
  });

  it('of ranked lists: one tree, every pair or the next', async () => {
    const row = { prompt: 'Q:', responses: ['a', 'b', 'a', 'c', 'd'], scores: [1, 3, 9, 2, 3] };
    const all = await prepare([row], 'dpo');
    // The second "a" repeats the first and is left out.
    expect(all.trees[0]!.responses.map(({ score }) => score)).toEqual([1, 3, 2, 3]);
    expect(all.trees[0]!.comparisons).toEqual([
      { chosen: 1, rejected: 2, margin: 1 },
      { chosen: 1, rejected: 0, margin: 2 },
      { chosen: 3, rejected: 2, margin: 1 },
      { chosen: 3, rejected: 0, margin: 2 },
      { chosen: 2, rejected: 0, margin: 1 },
    ]);
    const next = await prepare([row], 'dpo', { rankedPairs: 'adjacent' });
    expect(next.trees[0]!.comparisons.map(({ chosen, rejected }) => [chosen, rejected])).toEqual([
      [1, 2],
      [3, 2],
      [2, 0],
    ]);
    const best = await prepare([row], 'sft');
    expect(best.trees.map((tree) => spell(tree, 0).at(-1))).toEqual(['a<|im_end|>']);
  });

  it('of answers with labels: single ones, or paired when asked', async () => {
    const rows = [
      { prompt: 'Q:', completion: 'a', label: true },
      { prompt: 'P:', completion: 'x', label: true },
      { prompt: 'Q:', completion: 'b', label: false },
      { prompt: 'Q:', completion: 'c', label: false },
    ];
    const single = await prepare(rows, 'kto');
    expect(single.trees.map((tree) => tree.responses[0]!.score)).toEqual([1, 1, 0, 0]);
    const right = await prepare(rows, 'sft');
    expect(right.trees.length).toBe(2);
    expect(right.report.rows).toEqual({ read: 4, used: 2, dropped: 2 });
    await expect(prepare(rows, 'dpo')).rejects.toThrow(
      /single answers with a label, and DPO compares.*pairUnpaired/,
    );
    const paired = await prepare(rows, 'dpo', { pairUnpaired: true, pairsPerRow: 5 });
    expect(paired.trees.map((tree) => spell(tree, 1).at(-1))).toEqual(['b<|im_end|>', 'c<|im_end|>']);
    expect(paired.report.rows).toEqual({ read: 4, used: 3, dropped: 1 });
  });

  it('of conversations with labels: right ones alone, or paired by all that stands before the last answer', async () => {
    const talk = (answer: string, label: unknown) => ({
      messages: [user('Q'), assistant('one'), user('R'), assistant(answer)],
      label,
    });
    const rows = [talk('a', '1.0'), talk('b', 0), talk('c', 'unsure')];
    const right = await prepare(rows, 'sft', { turns: 'last' });
    expect(right.trees.map((tree) => spell(tree, 0).at(-1))).toEqual(['a<|im_end|>\n']);
    expect(right.report.dropped.map(({ reason, count }) => [reason, count])).toEqual([
      ['the row has no right answer to learn from', 1],
      ['"label" is not true or false; say which labels mean right and which wrong', 1],
    ]);
    await expect(prepare(rows, 'dpo')).rejects.toThrow(
      /conversations with a label, and DPO compares.*pairUnpaired/,
    );
    const paired = await prepare(rows, 'dpo', { pairUnpaired: true });
    expect(paired.trees.length).toBe(1);
    expect(spell(paired.trees[0]!, 0)[0]).toContain('one');
    expect([0, 1].map((side) => spell(paired.trees[0]!, side).at(-1))).toEqual([
      'a<|im_end|>\n',
      'b<|im_end|>\n',
    ]);
  });

  it('of conversations, with the template or a plain one', async () => {
    const row = { prompt: [user('Hi')], chosen: [assistant('one\ntwo')], rejected: [assistant('no')] };
    const { trees } = await prepare([row], 'dpo', { system: 'Be brief.' });
    expect(spell(trees[0]!, 0)).toEqual([
      '[<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n]',
      'one\n',
      'two<|im_end|>\n',
    ]);
    const plain = await prepare([row], 'dpo', { template: 'plain' });
    expect(spell(plain.trees[0]!, 1)).toEqual(['[User:\nHi\nAssistant:\n]', 'no<|im_end|>\n']);
    await expect(prepare([row], 'dpo', { template: 'none' })).rejects.toThrow(/no template is chosen/);
    await expect(prepare([row], 'dpo', {}, { template: undefined })).rejects.toThrow(
      /no chat template. Set template to "plain"/,
    );
  });

  it('refuses data that cannot serve the method', async () => {
    const talk = { messages: [user('a'), assistant('b')] };
    await expect(prepare([talk], 'dpo')).rejects.toThrow(/conversations, and DPO compares.*SFT/);
    await expect(prepare([pair], 'stepDpo', { steps: { rule: 'whole' } })).rejects.toThrow(
      /Choose a rule for steps/,
    );
    await expect(prepare([{ prompt: 'a', responses: ['b'], scores: [1] }], 'stepDpo')).rejects.toThrow(
      /lists of answers/,
    );
    await expect(prepare([pair], 'dpo', { steps: { rule: 'pattern', pattern: '(' } })).rejects.toThrow(
      /settings, steps\.pattern/,
    );
    await expect(prepare([pair], 'dpo', { mapping: { chosen: 'choosen' } })).rejects.toThrow(
      /did you mean "chosen"/,
    );
    await expect(prepare([pair], 'dpo', { format: 'solutions' })).rejects.toThrow(/mapping\.solutions/);
  });
});

describe('report', () => {
  it('names every column that is not used, with the rows that have something there', async () => {
    const rows = [
      { prompt: 'Q:', chosen: 'a', rejected: 'b', id: 1, tags: [], note: null },
      { prompt: 'P:', chosen: 'a', rejected: 'b', id: 2, tags: ['x'], note: ' ' },
      { prompt: 'R:', chosen: '', rejected: 'b', id: 3, late: { a: 1 } },
    ];
    const { report } = await prepare(rows, 'dpo');
    expect(report.rows.used).toBe(2);
    expect(report.unusedColumns).toEqual([
      { name: 'id', count: 3 },
      { name: 'tags', count: 1 },
      { name: 'note', count: 0 },
      { name: 'late', count: 1 },
    ]);
    await expect(prepare([{ why: 'x', chosen: 'a', rejected: 'b' }], 'dpo')).rejects.toThrow(
      /the prompt is empty.*Columns that are not used: "why"/,
    );
  });

  it('says what was dropped, where and why', async () => {
    const rows = [
      pair,
      { ...pair, rejected: pair.chosen },
      '{"prompt":',
      { ...pair, chosen: ' ' },
      { prompt: '', chosen: 'a', rejected: 'b' },
      { prompt: 'Q', chosen: 'a' },
      { prompt: 'long '.repeat(40), chosen: 'a', rejected: 'b' },
      pair,
      { prompt: 'Q:', chosen: 'x '.repeat(60), rejected: 'y <|im_end|>' },
    ];
    const { report, trees } = await prepare(rows, 'dpo', { maxLength: 40 });
    expect(report.rows).toEqual({ read: 9, used: 3, dropped: 6 });
    expect(trees.length).toBe(3);
    const dropped = Object.fromEntries(report.dropped.map((d) => [d.examples[0]!.where, d.reason]));
    expect(dropped).toEqual({
      'f.jsonl, line 2': 'chosen and rejected are the same',
      'f.jsonl, line 3': expect.stringMatching(/not valid JSON/),
      'f.jsonl, line 4': 'an answer is empty',
      'f.jsonl, line 5': 'the prompt is empty',
      'f.jsonl, line 6': '"rejected" is missing',
      'f.jsonl, line 7': expect.stringMatching(/prompt alone fills/),
    });
    expect(report).toMatchObject({
      format: 'preference',
      equalSides: 1,
      emptySides: 1,
      duplicates: 1,
      truncated: { prompt: 0, chosen: 1, rejected: 0 },
      trees: { train: 3, heldOut: 0 },
      comparisons: 3,
      template: { answers: 6, eosMissing: 0, eosTwice: 0, bosTwice: 0 },
    });
    expect(report.lengths.chosen).toMatchObject({ count: 3, min: expect.any(Number) });
    expect(report.lengths.chosen.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(3);
    expect(report.tokens).toBe(trees.flatMap((t) => t.nodes).reduce((sum, n) => sum + n.tokens.length, 0));
    expect(report.warnings.join(' ')).toMatch(/cut to length.*repeat.*special token.*More than half/);
    expect(report.samples[0]).toMatchObject({
      where: 'f.jsonl, line 1',
      responses: [{ side: 'chosen', steps: ['one\n', 'two<|im_end|>'] }, { side: 'rejected' }],
    });
  });

  it('checks BOS and EOS', async () => {
    const tokenizer = tokenizerOf('metaspace');
    const rows = [{ prompt: '<s> The sky', chosen: ' is', rejected: ' was' }];
    const twice = await prepare(rows, 'dpo', {}, { tokenizer });
    expect(twice.report.template).toMatchObject({ sequences: 2, bosTwice: 2, bosMissing: 0 });
    expect(twice.report.warnings[0]).toMatch(/twice; set bos to "none"/);
    const none = await prepare([pair], 'dpo', { bos: 'none' }, { tokenizer });
    expect(none.report.template).toMatchObject({ bosTwice: 0, bosMissing: 2 });
    const source = '{% for m in messages %}{{ m.content }}{% endfor %}';
    const talk = { prompt: [user('Q')], chosen: [assistant('a')], rejected: [assistant('b')] };
    const open = await prepare([talk], 'dpo', {}, { template: { source, specialTokens: {} } });
    expect(open.report.template).toMatchObject({ answers: 2, eosMissing: 2 });
    expect(open.report.warnings.join()).toMatch(/do not end in the end-of-text/);
    // A further end that the model's files name is one.
    const ended = tokenizerOf('metaspace');
    const more = { ...ended, ends: [ended.eos, ended.encode('b').at(-1)!] };
    const turns = await prepare(
      [talk],
      'dpo',
      {},
      { tokenizer: more, template: { source, specialTokens: {} } },
    );
    expect(turns.report.template).toMatchObject({ answers: 2, eosMissing: 1, eosTwice: 0 });
  });

  it('tells a template whose prompt is no beginning', async () => {
    const talk = { prompt: [user('Q')], chosen: [assistant('a')], rejected: [assistant('b')] };
    const { report } = await prepare(
      [talk],
      'dpo',
      {},
      { template: { ...chatml, source: fixture.templates['think']! } },
    );
    expect(report.template.promptNotPrefix).toBe(2);
    expect(report.warnings.join()).toMatch(/written otherwise than before its answer \(its end: "<think>/);
  });

  it('drops a conversation that the template refuses', async () => {
    const bad = { prompt: [user('Q'), user('Q')], chosen: [assistant('a')], rejected: [assistant('b')] };
    const good = { ...bad, prompt: [user('Q')] };
    const source =
      "{% for m in messages %}{% if loop.index0 % 2 != (0 if m.role == 'user' else 1) %}{{ raise_exception('Roles must alternate') }}{% endif %}{{ m.content }}{% endfor %}";
    const { report } = await prepare([bad, good], 'dpo', {}, { template: { source, specialTokens: {} } });
    expect(report.dropped).toMatchObject([
      {
        reason: 'the chat template does not write the conversation',
        count: 1,
        examples: [{ excerpt: expect.stringMatching(/Roles must alternate/) }],
      },
    ]);
  });

  it('keeps hostile text as it is', async () => {
    const evil = '<img src=x onerror=alert(1)>\u202e\u0000';
    const { report } = await prepare([{ prompt: evil, chosen: 'a', rejected: 'b' }], 'dpo');
    expect(report.samples[0]!.prompt).toBe(evil);
  });
});

describe('held out', () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    ...pair,
    prompt: `Question ${i % 150}: `,
    chosen: `one\n${i}`,
  }));

  it('is a share of the prompts, the same in any order, and apart from training', async () => {
    const a = await prepare(rows, 'dpo', { heldOut: 0.2 });
    const b = await prepare([...rows].reverse(), 'dpo', { heldOut: 0.2 });
    const prompts = (trees: PreferenceTree[]) => new Set(trees.map((tree) => spelled(tree.nodes[0]!.tokens)));
    const held = prompts(a.heldOut);
    expect(held.size).toBeGreaterThan(15);
    expect(held.size).toBeLessThan(50);
    expect(prompts(b.heldOut)).toEqual(held);
    for (const prompt of prompts(a.trees)) expect(held.has(prompt)).toBe(false);
    expect(a.heldOut.length).toBe(held.size * 2);
    const again = await prepare(rows, 'dpo', { heldOut: 0.2 });
    expect(again).toEqual(a);
    const other = await prepare(rows, 'dpo', { heldOut: 0.2 }, { seed: 2 });
    expect(prompts(other.heldOut)).not.toEqual(held);
  });

  it('leaves something to train on or says so', async () => {
    await expect(prepare(rows.slice(0, 1), 'dpo', { heldOut: 0.9 }, { seed: 3 })).rejects.toThrow(
      /held out; lower heldOut/,
    );
  });
});

describe('settings', () => {
  it('have defaults, lie in JSON, and refuse what they do not know', () => {
    const settings = defaultDatasetSettings();
    expect(settings).toMatchObject({
      format: 'auto',
      maxLength: 1024,
      truncationMode: 'keep_start',
      heldOut: 0.05,
    });
    expect(z.parse(datasetSettingsSchema, JSON.parse(JSON.stringify(settings)))).toEqual(settings);
    expect(z.safeParse(datasetSettingsSchema, { ...settings, more: 1 }).success).toBe(false);
    expect(z.safeParse(datasetSettingsSchema, { mapping: { promt: 'x' } }).success).toBe(false);
    expect(z.safeParse(datasetSettingsSchema, { maxLength: 0 }).success).toBe(false);
  });

  it('limit rows and lengths', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => ({ ...pair, chosen: `${i}` }));
    const { trees, report } = await prepare(rows, 'dpo', { limit: 3 }, { contextLength: 8 });
    expect(trees.length).toBe(3);
    expect(report.rows.read).toBe(3);
    for (const tree of trees) validateTree(tree, bytes.vocabSize, 8);
  });
});

it('can be stopped, and reports progress', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ ...pair, chosen: `${i}` }));
  const controller = new AbortController();
  const seen: number[] = [];
  const running = prepare(
    rows,
    'dpo',
    {},
    {
      signal: controller.signal,
      progress: (read) => {
        seen.push(read);
        if (seen.length === 3) controller.abort(new Error('enough'));
      },
    },
  );
  await expect(running).rejects.toThrow('enough');
  expect(seen.length).toBe(3);
  expect(seen[2]).toBeLessThan(20_000);
});
