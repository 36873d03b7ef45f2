import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/data/formats/example';
import { buildTurns } from '../../../src/data/prepare/build-turns';
import { defaultDatasetSettings } from '../../../src/data/settings';
import { compileTemplate, plainTemplate } from '../../../src/data/text/chat-template';
import { commonPrefix } from '../../../src/data/text/tokenize';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { goldenJson } from './files';
import { assistant, chatml, fixture, prepare, spell, tokenizerOf, user } from './preparing';

interface Case {
  name: string;
  tokenizer: string;
  template: string;
  messages: Record<string, unknown>[];
  tools: unknown[] | null;
  ids: number[];
  mask: number[];
}

const nodesOf = (tree: PreferenceTree) => pathOf(tree, tree.responses[0]!.leaf).map((n) => tree.nodes[n]!);

describe('the tokens that TRL’s assistant_only_loss learns', () => {
  it.each(goldenJson('turns.json') as Case[])('$name', async (wanted) => {
    const { trees } = await prepare(
      [{ messages: wanted.messages, ...(wanted.tools && { tools: wanted.tools }) }],
      'sft',
      {},
      {
        tokenizer: tokenizerOf(wanted.tokenizer),
        template: {
          source: wanted.template,
          specialTokens: fixture.tokenizers[wanted.tokenizer]!.config,
        },
      },
    );
    const nodes = nodesOf(trees[0]!);
    expect(nodes.flatMap(({ tokens }) => tokens)).toEqual(wanted.ids);
    expect(nodes.flatMap(({ tokens, scored }) => tokens.map(() => Number(scored)))).toEqual(wanted.mask);
  });
});

it('learns what encoding every beginning of a conversation anew would find', async () => {
  const content = fc.oneof(
    fc.constantFrom('a', ' b', 'c ', '\n', 'The sky', '<|im_end|>', '🙂', '</s>'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  );
  const names = ['byte-level', 'metaspace'];
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 2, maxLength: 9 }),
      fc.constantFrom(...names),
      fc.constantFrom('chatml', 'inst', 'plain'),
      async (contents, name, template) => {
        const tokenizer = tokenizerOf(name);
        const { config: specialTokens } = fixture.tokenizers[name]!;
        const write =
          template === 'plain'
            ? plainTemplate(specialTokens['eos_token']!)
            : await compileTemplate({ source: fixture.templates[template]!, specialTokens });
        const turns = contents.map((text, i) => (i % 2 === 0 ? user : assistant)(text));
        let built: PreferenceTree;
        let whole: number[];
        let mask: boolean[];
        try {
          whole = tokenizer.encode(write(turns, false));
          mask = whole.map(() => false);
          let before = 0;
          turns.forEach((turn, i) => {
            if (turn.role !== 'assistant' || turn.content.trim() === '') return;
            const count = (given: Message[], ask: boolean) =>
              commonPrefix(tokenizer.encode(write(given, ask)), whole);
            const start = Math.max(before, count(turns.slice(0, i), true));
            before = i === turns.length - 1 ? whole.length : count(turns.slice(0, i + 1), false);
            mask.fill(true, start, Math.max(start, before));
          });
          const text = { tokenizer, render: write, before: [], after: [] };
          const settings = { ...defaultDatasetSettings(), maxLength: null };
          built = buildTurns({ text, settings, note: () => {} }, 'x', turns, 1, 1).tree;
        } catch (error) {
          // The tokenizer has no token for it, the template objects, or there is no answer.
          expect(error).toBeInstanceOf(Error);
          expect(['RowProblem', 'TokenizerError', 'DataError']).toContain((error as Error).constructor.name);
          return;
        }
        compared++;
        const nodes = nodesOf(built);
        const until = mask.lastIndexOf(true) + 1;
        expect(nodes.flatMap(({ tokens }) => tokens)).toEqual(whole.slice(0, until));
        expect(nodes.flatMap(({ tokens, scored }) => tokens.map(() => scored))).toEqual(mask.slice(0, until));
      },
    ),
    { seed: 21, numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(200);
});

const talk = [user('Hi'), assistant('Hello!\nYou?'), user('Well.'), assistant('Good.')];
const learned = (tree: PreferenceTree) => spell(tree, 0).filter((text) => !text.startsWith('['));

describe('whole conversations', () => {
  it('teach every answer, steps and what stands between them apart', async () => {
    const { trees, report } = await prepare([{ messages: talk }], 'sft');
    expect(spell(trees[0]!, 0).slice(1)).toEqual([
      'Hello!\n',
      'You?<|im_end|>\n',
      '[<|im_start|>user\nWell.<|im_end|>\n<|im_start|>assistant\n]',
      'Good.<|im_end|>\n',
    ]);
    expect(report.samples[0]!.responses[0]).toMatchObject({ given: [2] });
    expect(report.samples[0]!.responses[0]!.steps).toHaveLength(4);
    const last = await prepare([{ messages: talk }], 'sft', { turns: 'last' });
    expect(last.trees.map(learned)).toEqual([['Good.<|im_end|>\n']]);
  });

  it('are cut behind their last answer, with a word', async () => {
    const { trees, report } = await prepare([{ messages: [...talk, user('Bye'), user('?')] }], 'sft');
    expect(learned(trees[0]!).at(-1)).toBe('Good.<|im_end|>\n');
    expect(report.warnings.join()).toMatch(/In 1 row a conversation goes on after its last answer/);
  });

  it('may begin with a greeting, which is given', async () => {
    const { trees } = await prepare([{ messages: [assistant('Welcome'), ...talk] }], 'sft');
    expect(learned(trees[0]!)[0]).toBe('Hello!\n');
    expect(spell(trees[0]!, 0)[0]).toContain('Welcome');
  });

  it('do not teach an empty answer', async () => {
    const { trees, report } = await prepare([{ messages: [user('a'), assistant(' '), ...talk] }], 'sft');
    expect(learned(trees[0]!)).toEqual(['Hello!\n', 'You?<|im_end|>\n', 'Good.<|im_end|>\n']);
    expect(report.warnings.join()).toMatch(/an answer within the conversation is empty/);
  });

  it('stay within a length at either end', async () => {
    const all = await prepare([{ messages: talk }], 'sft');
    const whole = nodesOf(all.trees[0]!).flatMap(({ tokens, scored }) =>
      tokens.map((t) => [t, scored] as const),
    );
    for (const truncationMode of ['keep_start', 'keep_end'] as const) {
      for (let maxLength = 4; maxLength <= whole.length; maxLength++) {
        const kept = truncationMode === 'keep_start' ? whole.slice(0, maxLength) : whole.slice(-maxLength);
        const within = kept.map(([token, scored], i) => [token, scored && i > 0] as const);
        const run = prepare([{ messages: talk }], 'sft', { maxLength, truncationMode });
        if (!within.some(([, scored]) => scored)) {
          await expect(run).rejects.toThrow(/prompt alone fills/);
          continue;
        }
        // What is given at the end teaches nothing and is left out.
        const until = within.map(([, scored]) => scored).lastIndexOf(true) + 1;
        const { trees } = await run;
        const own = nodesOf(trees[0]!).flatMap(({ tokens, scored }) =>
          tokens.map((t) => [t, scored] as const),
        );
        expect(own).toEqual(within.slice(0, until));
      }
    }
  });

  it('teach each answer apart where the template writes earlier ones otherwise', async () => {
    const thought = (content: string, reasoning_content: string) => ({
      ...assistant(content),
      reasoning_content,
    });
    const source =
      '{% for m in messages %}<{{ m.role }}>{% if m.reasoning_content is defined and loop.last %}({{ m.reasoning_content }}){% endif %}{{ m.content }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
    const rows = [
      { messages: [user('a'), thought('b', 'B'), user('c'), thought('d', 'D')] },
      { messages: talk },
    ];
    const { trees, report } = await prepare(rows, 'sft', {}, { template: { ...chatml, source } });
    expect(trees.map((tree) => spell(tree, 0))).toEqual([
      ['[<user>a<|im_end|><assistant>]', '(B)b<|im_end|>'],
      ['[<user>a<|im_end|><assistant>b<|im_end|><user>c<|im_end|><assistant>]', '(D)d<|im_end|>'],
      [
        '[<user>Hi<|im_end|><assistant>]',
        'Hello!\n',
        'You?<|im_end|>',
        '[<user>Well.<|im_end|><assistant>]',
        'Good.<|im_end|>',
      ],
    ]);
    expect(report.rows).toEqual({ read: 2, used: 2, dropped: 0 });
    expect(report.warnings.join()).toMatch(
      /In 1 row each answer of the conversation is an example of its own/,
    );
  });

  it('are on one side of what is held out, all their answers together', async () => {
    const source =
      '{% for m in messages %}{{ m.role }}:{{ m.content }}{% if loop.last %}<|im_end|>{% endif %}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}';
    const rows = Array.from({ length: 40 }, (_, i) => ({
      messages: [user(`q${i}.`), assistant('a'), user('b'), assistant('c')],
    }));
    const { trees, heldOut } = await prepare(
      rows,
      'sft',
      { heldOut: 0.4 },
      { template: { ...chatml, source } },
    );
    expect(trees.length + heldOut.length).toBe(80);
    const questions = (all: PreferenceTree[]) =>
      new Set(all.map((tree) => /user:(q\d+)\./.exec(spell(tree, 0)[0]!)![1]));
    const held = questions(heldOut);
    expect(held.size * 2).toBe(heldOut.length);
    for (const question of questions(trees)) expect(held.has(question)).toBe(false);
  });

  it('whose completion goes on for several turns teach the assistant’s alone', async () => {
    const prompt: Message[] = [user('Hi')];
    const { trees } = await prepare([{ prompt, completion: talk.slice(1) }], 'sft');
    expect(learned(trees[0]!)).toEqual(['Hello!\n', 'You?<|im_end|>\n', 'Good.<|im_end|>\n']);
  });
});
