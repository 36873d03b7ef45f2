import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import { prepareDataset } from '../../../src/data/prepare/prepare';
import { openRows } from '../../../src/data/rows/open-rows';
import { defaultDatasetSettings, formatIds } from '../../../src/data/settings';
import { comparesAnswers } from '../../../src/methods/method';
import { loadTokenizer } from '../../../src/tokenizer/load';
import { validateTree } from '../../../src/tree/validate';
import { goldenJson, textFile } from './files';

const fixture = goldenJson('tokens.json') as {
  tokenizers: Record<string, { tokenizer: unknown; config: Record<string, string> }>;
  templates: Record<string, string>;
};
const tokenizers = Object.values(fixture.tokenizers).map(({ tokenizer, config }) => ({
  tokenizer: loadTokenizer(tokenizer, config),
  specialTokens: config,
}));

/** A template that leaves nothing out. */
const writesAll =
  '{{ tools | tojson }}{% for m in messages %}<|im_start|>{{ m | tojson }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}';

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'one\ntwo\n',
    'Step 1: 2+2=<<2+2=5>>5\nA: 5',
    '2+2=<<2+2=4>>4\nA: 4',
    '<|im_end|>',
    '</s>',
    '\u0000\u202e',
    '\ud83d',
    '__proto__',
    '{{ 1 }}',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const message = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ role: fc.constantFrom('user', 'assistant', 'system', 'tool'), content: text }),
  },
  fc.record({ from: fc.constantFrom('human', 'gpt', 'x'), value: text }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);
const solution = fc.record({
  solution: text,
  is_correct: fc.oneof(fc.boolean(), fc.constantFrom(0, 'true', null)),
});
const value = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 4 }) },
  solution,
  fc.array(fc.oneof(text, fc.record({ text, score: fc.double() })), { maxLength: 4 }),
  fc.boolean(),
  fc.double(),
  fc.array(fc.double({ noDefaultInfinity: true }), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);
/** Turns in their order, with what else a message may hold, and now and then as the text of a list. */
const extra = fc.record(
  {
    tool_calls: fc.constant([{ type: 'function', function: { name: 'f', arguments: {} } }]),
    reasoning_content: text,
    weight: fc.constantFrom(0, 1),
    content: fc.constant(null),
  },
  { requiredKeys: [] },
);
const turns = (first: number) =>
  fc.array(fc.tuple(text, fc.option(extra, { freq: 12 })), { minLength: 1, maxLength: 5 }).map((all) =>
    all.map(([content, more], i) => ({
      role: ['user', 'assistant'][(i + first) % 2],
      content: content || 'x',
      ...more,
    })),
  );
const asText = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    value.map((v) => JSON.stringify(v)),
  );
const messages = fc.oneof(
  { weight: 3, arbitrary: asText(turns(0)) },
  { weight: 2, arbitrary: asText(turns(1)) },
  fc.array(message, { minLength: 1, maxLength: 4 }),
);
const anyText = fc.oneof({ weight: 4, arbitrary: text }, messages);
/** What each column holds when it is right; any other value one time in ten. */
const right: Record<string, fc.Arbitrary<unknown>> = {
  prompt: anyText,
  chosen: anyText,
  rejected: anyText,
  completion: anyText,
  label: fc.boolean(),
  responses: fc.array(fc.oneof(text, fc.record({ text, score: fc.double() })), { maxLength: 4 }),
  scores: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
  initial_reason_steps: text,
  full_chosen: text,
  messages,
  ground_truth: text,
  system: text,
  tools: fc.constantFrom(null, [], [{ name: 'f' }], '[{"name":"f"}]'),
  input: text,
  history: fc.constantFrom(null, [], [['a', 'b']]),
  margin: fc.double(),
  model: solution,
  other: solution,
};
const layouts = [
  ['prompt', 'chosen', 'rejected'],
  ['prompt', 'chosen', 'rejected', 'system', 'margin'],
  ['chosen', 'rejected'],
  ['prompt', 'input', 'history', 'chosen', 'rejected'],
  ['messages', 'tools', 'system'],
  ['prompt', 'completion', 'label'],
  ['prompt', 'completion'],
  ['prompt', 'responses'],
  ['prompt', 'responses', 'scores'],
  ['prompt', 'initial_reason_steps', 'chosen', 'rejected', 'full_chosen'],
  ['messages'],
  ['prompt', 'ground_truth', 'model', 'other'],
];
const rowOf = (names: readonly string[]) =>
  fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        fc.oneof(
          { weight: 12, arbitrary: right[name]! },
          { weight: 1, arbitrary: value as fc.Arbitrary<unknown> },
        ),
      ]),
    ),
  );
const file = fc
  .oneof(
    { weight: 9, arbitrary: fc.constantFrom(...layouts) },
    fc.uniqueArray(fc.constantFrom(...Object.keys(right)), { minLength: 1, maxLength: 8 }),
  )
  .chain((names) => fc.array(rowOf(names), { minLength: 1, maxLength: 8 }));
const methods = [
  { name: 'DPO', eats: 'pairs' },
  { name: 'Step-DPO', eats: 'next-steps' },
  { name: 'SFT', eats: 'solutions' },
  { name: 'KTO', eats: 'answers' },
] as const;
const settings = fc.record({
  format: fc.oneof({ weight: 9, arbitrary: fc.constant('auto' as const) }, fc.constantFrom(...formatIds)),
  template: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('model' as const, 'plain' as const) },
    fc.constant('none' as const),
  ),
  plainRows: fc.constantFrom('text' as const, 'chat' as const),
  turns: fc.constantFrom('all' as const, 'last' as const),
  steps: fc.constantFrom(
    { rule: 'line' as const },
    { rule: 'sentence' as const },
    { rule: 'step' as const },
    { rule: 'whole' as const },
    { rule: 'pattern' as const, pattern: '\\d' },
  ),
  maxLength: fc.constantFrom(null, 3, 12, 1000),
  maxPromptLength: fc.constantFrom(null, 2, 9),
  maxCompletionLength: fc.constantFrom(null, 2, 9),
  truncationMode: fc.constantFrom('keep_start' as const, 'keep_end' as const),
  pairUnpaired: fc.boolean(),
  pairsPerRow: fc.constantFrom(1, 3),
  rankedPairs: fc.constantFrom('all' as const, 'adjacent' as const),
  bos: fc.constantFrom('auto' as const, 'add' as const, 'none' as const),
  heldOut: fc.constantFrom(0, 0.5),
});

it('3,000 files of random rows become valid trees or a DataError', async () => {
  const outcomes = { trees: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      file,
      settings,
      fc.constantFrom(...methods),
      fc.constantFrom(...tokenizers),
      fc.constantFrom(...Object.values(fixture.templates), writesAll),
      async (rows, chosen, method, { tokenizer, specialTokens }, template) => {
        try {
          const source = await openRows(textFile('f.jsonl', rows.map((r) => JSON.stringify(r)).join('\n')));
          const { trees, heldOut, report } = await prepareDataset({
            source,
            settings: { ...defaultDatasetSettings(), ...chosen },
            tokenizer,
            template: { source: template, specialTokens },
            method,
            seed: 1,
          });
          outcomes.trees++;
          const longest = chosen.maxLength ?? Number.POSITIVE_INFINITY;
          for (const tree of [...trees, ...heldOut]) {
            validateTree(tree, tokenizer.vocabSize, longest);
            expect(tree.comparisons.length > 0).toBe(comparesAnswers(method.eats));
          }
          expect(report.rows.used + report.rows.dropped).toBe(report.rows.read);
          expect(report.rows.read).toBe(rows.length);
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          outcomes.refused++;
          expect(error.message).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
    { seed: 11, numRuns: 3000, endOnFailure: true },
  );
  expect(outcomes.trees).toBeGreaterThan(500);
  expect(outcomes.refused).toBeGreaterThan(500);
}, 200_000);
