import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepRule } from '../../../src/data/settings';
import { findMatches } from '../../../src/data/text/pattern';
import { PatternProblem } from '../../../src/data/text/pattern-parse';
import { stepSpans } from '../../../src/data/text/step-spans';
import { stepTokens } from '../../../src/data/text/step-tokens';
import { loadTokenizer } from '../../../src/tokenizer/load';
import { goldenJson } from './files';

const { tokenizers } = goldenJson('tokens.json') as {
  tokenizers: Record<string, { tokenizer: unknown; config: unknown }>;
};
const loaded = Object.entries(tokenizers).map(([name, { tokenizer, config }]) => ({
  name,
  tokenizer: loadTokenizer(tokenizer, config),
}));

const cut = (text: string, rule: StepRule) =>
  stepSpans(text, rule).map(({ start, end }) => text.slice(start, end));

const rules: StepRule[] = [
  { rule: 'whole' },
  { rule: 'line' },
  { rule: 'sentence' },
  { rule: 'step' },
  { rule: 'pattern', pattern: '[A-Z][a-z]*:|\\n\\d+\\.' },
];
const pieces = fc.constantFrom(
  'Step 1: ',
  'Step 2:',
  'one. ',
  'two? ',
  '\n',
  '\n\n',
  ' ',
  'A: 3.5',
  '🙂',
  'né',
  '你好。',
  '**Step 3:** ',
  '"',
  ')',
  'x',
  '<|im_end|>',
  '</s>',
);
const text = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(''));

describe('stepSpans', () => {
  it.each<[StepRule['rule'], string, string[]]>([
    ['whole', 'a\nb', ['a\nb']],
    ['line', 'a\n\nb\nA: 3\n', ['a\n\n', 'b\n', 'A: 3\n']],
    ['line', '\n\na', ['\n\na']],
    ['sentence', 'It is 3.5. So 2! "Why?" \nA: 3.5', ['It is 3.5.', ' So 2!', ' "Why?" \n', 'A: 3.5']],
    ['sentence', '你好。世界', ['你好。', '世界']],
    [
      'step',
      'First.\nStep 1: x\nStep 2: as in step 1: y **Step 3:** z',
      ['First.\n', 'Step 1: x\n', 'Step 2: as in ', 'step 1: y ', '**Step 3:** z'],
    ],
    ['step', 'Misstep 1: x', ['Misstep 1: x']],
  ])('%s %j', (rule, whole, parts) => {
    expect(cut(whole, { rule })).toEqual(parts);
  });

  it('begins a step where a pattern matches', () => {
    expect(cut('1) a 2) b 10) c', { rule: 'pattern', pattern: '\\d+\\)' })).toEqual([
      '1) a ',
      '2) b ',
      '10) c',
    ]);
  });

  it('loses no character and leaves no step blank', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...rules), (whole, rule) => {
        const parts = cut(whole, rule);
        expect(parts.join('')).toBe(whole);
        if (whole.trim() !== '') for (const part of parts) expect(part.trim()).not.toBe('');
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});

describe.each(loaded)('stepTokens with the $name tokenizer', ({ tokenizer }) => {
  it('only cuts the tokens, at the token in which a step begins', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...rules), fc.boolean(), (whole, rule, known) => {
        const tokens = [...tokenizer.encode(whole), tokenizer.eos];
        const steps = stepTokens(tokenizer, tokens, rule, known ? whole : undefined);
        expect(steps.flatMap((step) => step.tokens)).toEqual(tokens);
        expect(steps.map((step) => step.text).join('')).toBe(tokenizer.decode(tokens, { keepSpecial: true }));
        for (const step of steps) expect(step.tokens.length).toBeGreaterThan(0);
      }),
      { seed: 4, numRuns: 600 },
    );
  });

  it('puts what ends an answer into its last step', () => {
    const answer = 'The sky is blue.\nIt is green.';
    const tokens = [...tokenizer.encode(answer), tokenizer.eos];
    const steps = stepTokens(tokenizer, tokens, { rule: 'line' }, answer);
    expect(steps.map((step) => step.text.trim())).toEqual([
      'The sky is blue.',
      `It is green.${tokenizer.decode([tokenizer.eos], { keepSpecial: true })}`,
    ]);
  });
});

it('gives a token across a border to the step in which it begins', () => {
  const words = ['ab', 'c\nd', 'e', '\n', 'f'];
  const tokenizer = {
    vocabSize: 5,
    bos: undefined,
    eos: 4,
    pad: 4,
    encode: () => [],
    decode: (ids: readonly number[]) => ids.map((id) => words[id]).join(''),
    token: (id: number) => words[id]!,
  };
  expect(stepTokens(tokenizer, [0, 1, 2, 3, 4], { rule: 'line' })).toEqual([
    { text: 'abc\nd', tokens: [0, 1] },
    { text: 'e\n', tokens: [2, 3] },
    { text: 'f', tokens: [4] },
  ]);
});

describe('patterns', () => {
  /** Patterns in which the first alternative that matches is also the longest, so that both engines must agree. */
  const safe = [
    'a',
    'ab*',
    '[ab]+c',
    '\\d{2,3}',
    '(?:ab)+',
    'a|b',
    '^b',
    'c$',
    '\\bab\\b',
    '[^a\\n]+',
    '\\s*b',
    'a.c',
    '(a|b)c?',
    'x{0,2}a',
    '\\u0061b',
    '(?i)AB',
    '.',
    '\\B.',
    '🙂a*',
    '[🙂-🙃]',
    'a+?',
    '(a*)*b',
    '\\W+',
  ];

  it('find what RegExp finds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...safe),
        fc.array(fc.constantFrom('a', 'b', 'c', 'x', ' ', '\n', '1', '2', '🙂', 'A', 'B'), { maxLength: 30 }),
        (pattern, parts) => {
          const subject = parts.join('');
          const own = pattern.startsWith('(?i)');
          const native = new RegExp(
            own ? pattern.slice(4) : pattern.replace('+?', '+'),
            own ? 'gimu' : 'gmu',
          );
          const wanted = Array.from(subject.matchAll(native), (m) => ({
            start: m.index,
            end: m.index + m[0].length,
          }));
          expect(findMatches(pattern, subject)).toEqual(wanted.filter(({ start, end }) => end > start));
        },
      ),
      { seed: 5, numRuns: 4000 },
    );
  });

  it.each([
    ['(a+)+$', 'a'.repeat(50_000)],
    ['(a|a)*b', 'a'.repeat(50_000)],
    ['(a?){100}a{100}', 'a'.repeat(5_000)],
    ['(.*)*(.*)*x', 'ab'.repeat(5_000)],
    ['([^z]*z|a)', 'a'.repeat(50_000)],
  ])('%s ends in time', (pattern, subject) => {
    const start = performance.now();
    try {
      findMatches(pattern, subject);
    } catch (error) {
      expect(error).toBeInstanceOf(PatternProblem);
      expect((error as Error).message).toMatch(/takes too long/);
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it.each([
    ['', /empty/],
    ['(', /not closed/],
    [')', /no \( before/],
    ['[a', /not closed/],
    ['*a', /nothing stands before \*/],
    ['a**', /two counts/],
    ['(a)\\1', /earlier groups/],
    ['(?=a)', /only \(\?: is read/],
    ['(?<n>a)', /only \(\?: is read/],
    ['a{3,1}', /wrong way round/],
    ['a{999}', /above 200/],
    ['[b-a]', /wrong way round/],
    ['\\', /nothing follows/],
    ['\\q', /not read/],
    ['\\u00', /hexadecimal/],
    ['((a{200}){200}){200}', /too long/],
    [`${'('.repeat(40)}a${')'.repeat(40)}`, /nest too deep/],
  ])('%s is refused with a reason', (pattern, reason) => {
    expect(() => findMatches(pattern, 'a')).toThrow(PatternProblem);
    expect(() => findMatches(pattern, 'a')).toThrow(reason);
  });

  it('any text is a pattern or a PatternProblem', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?.^$\\-,1dux'), maxLength: 12 }),
        (pattern) => {
          try {
            for (const { start, end } of findMatches(pattern, 'abab1\nb')) expect(end).toBeGreaterThan(start);
          } catch (error) {
            expect(error).toBeInstanceOf(PatternProblem);
          }
        },
      ),
      { seed: 6, numRuns: 3000 },
    );
  });
});
