import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/data/formats/detect';
import { doubleWord } from '../../../src/data/formats/labels';
import { readRow } from '../../../src/data/formats/read-row';
import type { ColumnMapping, DatasetSettings } from '../../../src/data/settings';
import { datasetSettingsSchema, defaultDatasetSettings } from '../../../src/data/settings';

type Fields = Record<string, unknown>;

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

const detect = (rows: readonly Fields[], mapping: ColumnMapping = {}) =>
  detectFormat(
    {
      name: 'f.jsonl',
      columns: [...new Set(rows.flatMap(Object.keys))],
      head: rows.map((value, i) => ({ where: `f.jsonl, line ${i + 1}`, value })),
    },
    mapping,
  );
const read = (
  value: Fields,
  changes: Partial<DatasetSettings> = {},
  shape: 'pairs' | 'scored' = 'scored',
) => {
  const settings = { ...defaultDatasetSettings(), ...changes };
  const { format, mapping } = detect([value], settings.mapping);
  return { format, examples: readRow({ where: 'here', value }, format, mapping, settings, shape) };
};
const scoreOf = (label: unknown, changes: Partial<DatasetSettings> = {}) => {
  const { format, examples } = read({ prompt: 'a', completion: 'b', label }, changes);
  expect(format).toBe('unpaired');
  return examples[0]!.kind === 'scored' ? examples[0]!.responses[0]!.score : undefined;
};

describe('labels', () => {
  it.each([1, 1.0, true, '1', '1.0', ' 1.00 ', 'True', 'TRUE', 'yes'])('%j is right', (label) => {
    expect(scoreOf(label)).toBe(1);
  });
  it.each([0, -0, false, '0', '0.0', 'False', 'no'])('%j is wrong', (label) => {
    expect(scoreOf(label)).toBe(0);
  });

  it.each(['good', 2, '0.5', -1, [1], { a: 1 }])('%j is an error, and never left out of account', (label) => {
    expect(() => scoreOf(label)).toThrow(
      /"label" is not true or false; say which labels mean right and which wrong/,
    );
  });

  it('are words when the settings say what they mean, however they are written', () => {
    const labels = { right: ['Thumbs up', '5', '0'], wrong: ['thumbs down', '1'] };
    expect(['thumbs UP ', 5, '5.0', 0, false].map((label) => scoreOf(label, { labels }))).toEqual([
      1, 1, 1, 1, 0,
    ]);
    expect(['Thumbs Down', 1, '1.0', true].map((label) => scoreOf(label, { labels }))).toEqual([0, 0, 0, 1]);
    expect(() => scoreOf('meh', { labels })).toThrow(/not true or false/);
    expect(doubleWord({ right: ['a', 'b'], wrong: ['B '] })).toBe('b');
    expect(() => datasetSettingsSchema.parse({ labels: { right: ['a'], first: ['A'] } })).toThrow(
      /two meanings/,
    );
  });

  it.each(['label', 'kto_tag', 'is_correct', 'KTO Tag'])(
    'beside a conversation, called %s, are read',
    (name) => {
      const messages = [user('q'), assistant('a'), user('r'), assistant('b')];
      const row = (label: unknown) => ({ messages, [name]: label });
      for (const [label, score] of [
        [true, 1],
        ['0.0', 0],
      ] as const) {
        const { format, examples } = read(row(label), { turns: 'last' });
        expect(format).toBe('unpaired-messages');
        expect(examples).toEqual([
          {
            kind: 'scored',
            where: 'here',
            prompt: messages.slice(0, 3),
            responses: [{ text: [assistant('b')], score }],
          },
        ]);
      }
      // Where answers are compared, the label is about the last one, whatever the setting says of the others.
      expect(read(row(1), { turns: 'all' }, 'pairs').examples[0]!.prompt).toEqual(messages.slice(0, 3));
      expect(() => read(row('neutral'))).toThrow(/is not true or false/);
      expect(detect([row(null)]).format).toBe('messages');
    },
  );

  it('that are missing in one row are that row’s problem', () => {
    const rows = [{ prompt: 'a', completion: 'b', label: 1 }];
    const { format, mapping } = detect(rows);
    for (const label of [null, undefined, '', ' ', Number.NaN]) {
      const row = { where: 'here', value: { ...rows[0], label } };
      expect(() => readRow(row, format, mapping, defaultDatasetSettings(), 'scored')).toThrow(
        /"label" is missing/,
      );
    }
  });
});

describe('two responses and the better one', () => {
  const two = (better: unknown, names = ['response_0', 'response_1', 'better_response_id']) => ({
    prompt: 'q',
    [names[0]!]: 'one',
    [names[1]!]: 'two',
    [names[2]!]: better,
  });
  const betterOf = (row: Fields, changes: Partial<DatasetSettings> = {}) => {
    const { format, examples } = read(row, changes, 'pairs');
    expect(format).toBe('two-responses');
    const [example] = examples;
    if (example?.kind !== 'pair') throw new Error('no pair');
    expect(example.prompt).toBe('q');
    expect([example.chosen, example.rejected].sort()).toEqual(['one', 'two']);
    return example.chosen;
  };

  it.each<[Fields, string]>([
    [two(0), 'one'],
    [two(1), 'two'],
    [two('1.0'), 'two'],
    [two('response_1'), 'two'],
    [two('a', ['answer_a', 'answer_b', 'winner']), 'one'],
    [two('model_b', ['response_a', 'response_b', 'winner']), 'two'],
    [two(2, ['output_1', 'output_2', 'preference']), 'two'],
    [two('1', ['Response 1', 'Response 2', 'better']), 'one'],
  ])('%j', (row, wanted) => {
    expect(betterOf(row)).toBe(wanted);
  });

  it('are refused where it cannot be told, and understood by words', () => {
    const named = (value: unknown) => two(value, ['response_a', 'response_b', 'label']);
    expect(() => betterOf(named(1))).toThrow(
      /"label" names neither "response_a" nor "response_b"; say which labels mean first/,
    );
    expect(betterOf(named(1), { labels: { first: ['1'], second: ['0'] } })).toBe('one');
    expect(betterOf(named('0'), { labels: { first: ['1'], second: ['0'] } })).toBe('two');
    expect(() => betterOf(two(0, ['response_1', 'response_2', 'better']))).toThrow(/names neither/);
    expect(() => betterOf(two('tie'))).toThrow(/calls neither answer better/);
    const { format, mapping } = detect([two(1)]);
    const unnamed = { where: 'x', value: two(null) };
    expect(() => readRow(unnamed, format, mapping, defaultDatasetSettings(), 'pairs')).toThrow(/is missing/);
  });

  it('are mapped by hand, and hold their prompt where there is no other', () => {
    const row = { ask: 'q', x: 'one', y: 'two', which: 'y', safer_response_id: 0 };
    const mapping = { prompt: 'ask', first: 'x', second: 'y', better: 'which' };
    expect(betterOf(row, { mapping })).toBe('two');
    const talks = {
      conversation_a: [user('q'), assistant('one')],
      conversation_b: [user('q'), assistant('two')],
    };
    expect(read({ ...talks, winner: 'model_a' }, {}, 'pairs').examples).toEqual([
      {
        kind: 'pair',
        where: 'here',
        prompt: [user('q')],
        chosen: [assistant('one')],
        rejected: [assistant('two')],
      },
    ]);
    expect(() =>
      detect([{ prompt: 'q', response_0: 'a', response_1: 'b', response_2: 'c', better: 0 }]),
    ).toThrow(/no known format/);
  });
});

describe('answers beside a conversation', () => {
  it.each<[string, Fields]>([
    [
      'one object each, as LLaMA-Factory has them',
      {
        conversations: [{ from: 'human', value: 'q' }],
        chosen: { from: 'gpt', value: 'a' },
        rejected: { from: 'gpt', value: 'b' },
      },
    ],
    [
      'one object each, as Axolotl has them',
      { messages: [user('q')], chosen: assistant('a'), rejected: assistant('b') },
    ],
    ['one list each', { conversation: [user('q')], chosen: [assistant('a')], rejected: [assistant('b')] }],
    [
      'as text',
      { messages: JSON.stringify([user('q')]), chosen: JSON.stringify(assistant('a')), rejected: 'b' },
    ],
  ])('%s', (_, row) => {
    for (const format of ['auto', 'preference'] as const) {
      const settings = { ...defaultDatasetSettings(), format };
      const found = detect([row]);
      expect(found.format).toBe('preference');
      expect(readRow({ where: 'here', value: row }, 'preference', found.mapping, settings, 'pairs')).toEqual([
        {
          kind: 'pair',
          where: 'here',
          prompt: [user('q')],
          chosen: [assistant('a')],
          rejected: [assistant('b')],
        },
      ]);
    }
  });

  it('is not the prompt where there is one', () => {
    const row = { prompt: 'q', messages: [user('q'), assistant('a')], chosen: 'a', rejected: 'b' };
    expect(detect([row]).mapping).toEqual({ prompt: 'prompt', chosen: 'chosen', rejected: 'rejected' });
  });
});

describe('a mapping by hand', () => {
  const odd = [{ ask: 'q', good: 'a', bad: 'b', id: 1 }];
  it('of all three parts needs no format', () => {
    const mapping = { prompt: 'ask', chosen: 'good', rejected: 'bad' };
    expect(detect(odd, mapping)).toMatchObject({ format: 'preference', mapping });
    expect(() => detect(odd)).toThrow(/no known format/);
  });

  it('chooses the format that has its parts, and is never left out of account', () => {
    const rows = [{ prompt: 'q', completion: 'a', label: true, talk: [user('q'), assistant('a')] }];
    expect(detect(rows).format).toBe('unpaired');
    expect(detect(rows, { messages: 'talk' })).toMatchObject({
      format: 'unpaired-messages',
      mapping: { messages: 'talk', label: 'label' },
    });
    expect(() => detect(rows, { chosen: 'completion' })).toThrow(
      /part "chosen".*"unpaired" have no such part/,
    );
    expect(() => detect(odd, { prompt: 'aks', chosen: 'good', rejected: 'bad' })).toThrow(
      /column "aks": there is no such column/,
    );
  });

  it.each([
    ['prompt\nof the user', true],
    ['User Question', true],
    ['prompt_id', false],
    ['question_type', false],
    ['promptness', false],
  ])('is not needed for a prompt called %j: %s', (name, isPrompt) => {
    const found = detect([{ [name]: 'q', chosen: 'ab', rejected: 'ac' }]);
    expect(found.mapping.prompt).toBe(isPrompt ? name : undefined);
    expect(found.confidence).toBe(isPrompt ? 0.8 : 1);
  });

  it('is helped by names in any writing', () => {
    const rows = [{ 'Chosen Response': 'a', rejectedResponse: 'b', Prompt: 'q' }];
    expect(detect(rows)).toMatchObject({
      format: 'preference',
      mapping: { prompt: 'Prompt', chosen: 'Chosen Response', rejected: 'rejectedResponse' },
    });
  });
});
