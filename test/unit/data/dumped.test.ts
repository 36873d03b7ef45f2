import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DumpProblem, dumpedMessages } from '../../../src/data/formats/dumped';
import { LiteralProblem, parseLiteral } from '../../../src/data/formats/python-literal';
import { openRows } from '../../../src/data/rows/open-rows';
import { textFile } from './files';
import { assistant, prepare, spell, user } from './preparing';

/** As Python's `repr` writes a value: text in single quotes unless it holds one and no double. */
const repr = (value: unknown): string => {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
    const inner = value
      .replaceAll('\\', '\\\\')
      .replaceAll(quote, `\\${quote}`)
      .replaceAll('\n', '\\n')
      .replaceAll('\t', '\\t')
      .replaceAll('\r', '\\r')
      .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
    return `${quote}${inner}${quote}`;
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([k, v]) => `${repr(k)}: ${repr(v)}`)
      .join(', ')}}`;
  return String(value);
};

describe('values as Python writes them', () => {
  it.each<[string, unknown]>([
    ["['a', \"it's\", 'b\\n\\x41\\u00e9\\U0001F600\\'']", ['a', "it's", "b\nAé😀'"]],
    ["{'a': None, 'b': (True, False), 1: -2.5e3}", { a: null, b: [true, false], 1: -2500 }],
    ["array([{'a': 1},\n       {'a': 2}], dtype=object)", [{ a: 1 }, { a: 2 }]],
    ["[{'a': 'x'}\n {'a': 'y'}]", [{ a: 'x' }, { a: 'y' }]],
    ['["\\u00e9", {"a": [1, null, true]}]', ['é', { a: [1, null, true] }]],
    ["['a\\qb', nan, 1_000]", ['a\\qb', null, 1000]],
    ["['__proto__', {'__proto__': 1}]", ['__proto__', JSON.parse('{"__proto__": 1}')]],
  ])('%s', (text, value) => {
    expect(parseLiteral(text)).toEqual(value);
  });

  it.each([
    "['a'",
    "{'a' 1}",
    "['a'] b",
    '[Message()]',
    "['a\\U00110000']",
    '['.repeat(1000),
    "{'a': 1 'b': 2}",
  ])('not %s', (text) => {
    expect(() => parseLiteral(text)).toThrow(LiteralProblem);
  });

  it('are what was written, whatever it was', () => {
    const values = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(values, (value) => {
        // Minus zero is zero in JSON as well.
        const wanted: unknown = JSON.parse(JSON.stringify(value));
        expect(parseLiteral(repr(wanted))).toEqual(wanted);
        expect(parseLiteral(JSON.stringify(wanted))).toEqual(wanted);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('are a value or a LiteralProblem', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '[',
        ']',
        '{',
        '}',
        "'",
        '"',
        ':',
        ',',
        '\\',
        'a',
        '1',
        'None',
        'array(',
        ')',
        ' ',
        '\\x4',
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        try {
          parseLiteral(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(LiteralProblem);
        }
      }),
      { seed: 4, numRuns: 4000 },
    );
  });
});

describe('messages as text', () => {
  const chosen = [user("What's up?"), assistant('Fine:\n"good"')];
  const rejected = [user("What's up?"), assistant('Bad, it\'s "over"')];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const numpy = (value: unknown[]) => `[${value.map(repr).join('\n ')}]`;
  const wanted = [['Fine:\n', '"good"<|im_end|>\n'], ['Bad, it\'s "over"<|im_end|>\n']];

  it.each<[string, (value: unknown[]) => string]>([
    ['Python', repr],
    ['JSON', (value) => JSON.stringify(value)],
    ['JSON twice', (value) => JSON.stringify(JSON.stringify(value))],
    ['indented JSON', (value) => JSON.stringify(value, null, 2)],
    ['NumPy', numpy],
    ['NumPy in full', (value) => `array([${value.map(repr).join(',\n       ')}],\n      dtype=object)`],
  ])('by %s are read in every kind of file', async (_, write) => {
    const csv = `chosen,rejected\n${quoted(write(chosen))},${quoted(write(rejected))}\n`;
    const tsv = `chosen\trejected\n${quoted(write(chosen))}\t${quoted(write(rejected))}\n`;
    const row = { chosen: write(chosen), rejected: write(rejected) };
    for (const [name, text] of [
      ['f.csv', csv],
      ['f.tsv', tsv],
      ['f.jsonl', JSON.stringify(row)],
      ['f.json', JSON.stringify([row])],
    ] as const) {
      const { trees } = await prepare([], 'dpo', {}, { source: await openRows(textFile(name, text)) });
      expect([0, 1].map((side) => spell(trees[0]!, side).slice(1))).toEqual(wanted);
      expect(spell(trees[0]!, 0)[0]).toContain("user\nWhat's up?<|im_end|>");
    }
  });

  it('are read in every part', async () => {
    const rows: [Record<string, unknown>, 'dpo' | 'sft'][] = [
      [{ messages: repr(chosen) }, 'sft'],
      [{ prompt: repr(chosen.slice(0, 1)), completion: 'Fine' }, 'sft'],
      [{ prompt: 'Hi', completion: repr(assistant('Fine')) }, 'sft'],
      [{ prompt: 'Hi', responses: repr(['Fine', 'Bad']), scores: '[2, 1]' }, 'dpo'],
      [{ prompt: 'Hi', responses: [repr([assistant('Fine')]), 'Bad'], scores: [2, 1] }, 'dpo'],
      [{ messages: [repr(user('Hi')), JSON.stringify(assistant('Fine'))] }, 'sft'],
      [{ messages: { role: ['user', 'assistant'], content: ['Hi', 'Fine'] } }, 'sft'],
    ];
    for (const [row, method] of rows) {
      const { trees } = await prepare([row], method);
      expect(spell(trees[0]!, 0)[1]).toMatch(/^Fine/);
    }
  });

  it('that cannot be read are refused with the reason', async () => {
    const broken = repr(rejected).slice(0, -9);
    const { report } = await prepare(
      [
        { chosen, rejected },
        { chosen: repr(chosen), rejected: broken },
        { chosen: repr(chosen), rejected: "[HumanMessage(content='a'), AIMessage(content='b')]" },
        { chosen: repr(chosen), rejected: '[<app.Message object at 0x7f>]' },
        { chosen: repr(chosen), rejected: "[{'content': 'cut at the end of a ce" },
      ],
      'dpo',
    );
    expect(report.dropped).toMatchObject([
      { reason: '"rejected" begins like a list of messages and cannot be read as one', count: 4 },
    ]);
    expect(report.dropped[0]!.examples[0]!.excerpt).toMatch(/a text that does not end at character \d+/);
  });

  it('of which one is no message are refused as lists are', async () => {
    const odd = repr([user('a'), { content: 'b' }]);
    const { report } = await prepare(
      [
        { chosen, rejected },
        { chosen: repr(chosen), rejected: odd },
      ],
      'dpo',
    );
    expect(report.dropped.map((d) => d.reason)).toEqual(['message in "rejected" has no role']);
  });

  it.each([
    '[{"name": "Ann", "age": 3}]',
    '[{"value": 1}, {"value": 2}]',
    '{"name": "clock", "arguments": {}}',
    '{"name": "clock",\nand more',
    '[1, 2, 3]',
    "['a', 'b']",
    '[user] Hello',
    '{{ role }}',
    'role: user',
    '[{"content": "a page", "lang": "en"}]',
  ])('are not what an answer in JSON is: %s', async (text) => {
    expect(dumpedMessages(text)).toBeUndefined();
    const { trees } = await prepare([{ prompt: 'Give JSON: ', chosen: text, rejected: 'no' }], 'dpo', {
      steps: { rule: 'whole' },
    });
    expect(spell(trees[0]!, 0)).toEqual(['[Give JSON: ]', `${text}<|im_end|>`]);
  });

  it('never throw anything else', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30 }),
        fc.constantFrom("[{'role': ", '[{"from":', ''),
        (text, start) => {
          try {
            dumpedMessages(start + text);
          } catch (error) {
            expect(error).toBeInstanceOf(DumpProblem);
          }
        },
      ),
      { seed: 5, numRuns: 2000 },
    );
  });
});
