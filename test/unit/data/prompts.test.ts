import { describe, expect, it } from 'vitest';
import { assistant, prepare, spell, user } from './preparing';

const system = (content: string) => ({ role: 'system', content });
const q = user('What color is the sky?');
const [good, bad] = [assistant('Blue.'), assistant('Green.')];
const asked =
  '[<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nWhat color is the sky?<|im_end|>\n<|im_start|>assistant\n]';
const under = (text: string) => asked.replace('You are a helpful assistant.', text);
const [goodEnd, badEnd] = ['Blue.<|im_end|>\n', 'Green.<|im_end|>\n'];

/** Both sides of each tree, spelled. */
const sides = async (rows: Record<string, unknown>[], settings = {}) => {
  const { trees, report } = await prepare(rows, 'dpo', settings);
  return { pairs: trees.map((tree) => [spell(tree, 0), spell(tree, 1)]), report };
};
const right = (text = asked) => [
  [text, goodEnd],
  [text, badEnd],
];

describe('the prompt of a row', () => {
  it.each<[string, Record<string, unknown>, string?]>([
    ['a text beside lists', { prompt: q.content, chosen: [good], rejected: [bad] }],
    ['a text beside one message each', { prompt: q.content, chosen: good, rejected: bad }],
    ['a text beside a list and a text', { prompt: q.content, chosen: [good], rejected: bad.content }],
    ['a list beside texts', { prompt: [q], chosen: good.content, rejected: bad.content }],
    ['a text that the lists begin with', { prompt: q.content, chosen: [q, good], rejected: [q, bad] }],
    ['a list that the lists begin with', { prompt: [q], chosen: [q, good], rejected: [q, bad] }],
    ['a list that one of the lists begins with', { prompt: [q], chosen: [q, good], rejected: [bad] }],
    ['nothing, and the lists hold it', { prompt: null, chosen: [q, good], rejected: [q, bad] }],
    ['an empty list, and the lists hold it', { prompt: [], chosen: [q, good], rejected: [q, bad] }],
    ['the input alone', { instruction: null, input: q.content, chosen: [good], rejected: [bad] }],
    ['an empty text, and the lists hold it', { prompt: '', chosen: [q, good], rejected: [q, bad] }],
    [
      'its end alone in the lists',
      { prompt: [system('S'), q], chosen: [q, good], rejected: [q, bad] },
      under('S'),
    ],
    [
      'a system message in the lists alone',
      { prompt: [q], chosen: [system('S'), q, good], rejected: [system('S'), q, bad] },
      under('S'),
    ],
    [
      'a text, and a system message in the lists',
      { prompt: q.content, chosen: [system('S'), good], rejected: [system('S'), bad] },
      under('S'),
    ],
    [
      'a system message, the question in the lists',
      { prompt: [system('S')], chosen: [q, good], rejected: [q, bad] },
      under('S'),
    ],
    ['in a file with a system column', { system: 'S', chosen: [q, good], rejected: [q, bad] }, under('S')],
    [
      'with the system text twice',
      { system: 'S', prompt: [system('S'), q], chosen: [good], rejected: [bad] },
      under('S'),
    ],
    [
      'with the system message twice',
      { prompt: [system('S'), system('S '), q], chosen: [good], rejected: [bad] },
      under('S'),
    ],
    ['and what follows the last answer', { prompt: [q], chosen: [good, user('Thanks')], rejected: [bad] }],
  ])('%s', async (_, row, prompt) => {
    expect((await sides([row])).pairs).toEqual([right(prompt)]);
  });

  it('is told for each row alone', async () => {
    const { pairs, report } = await sides([
      { prompt: q.content, chosen: [q, good], rejected: [q, bad] },
      { prompt: q.content, chosen: [good], rejected: [bad] },
      { prompt: [q], chosen: [q, good], rejected: [q, bad] },
      { prompt: [q], chosen: [good], rejected: [bad] },
      { prompt: q.content, chosen: good.content, rejected: bad.content },
    ]);
    expect(pairs).toEqual(Array.from({ length: 5 }, () => right()));
    expect(report.warnings.join('\n')).toMatch(/In 2 rows the answers repeat the prompt/);
    expect(report.warnings.join('\n')).toMatch(
      /plain texts are written as a question and its answer: 1 row\./,
    );
  });

  it('goes on from what was said before', async () => {
    const before = [user('Hello'), assistant('Hi')];
    const { pairs } = await sides([{ prompt: before, chosen: [q, good], rejected: [q, bad] }]);
    expect(pairs[0]![0]![0]).toContain('Hi<|im_end|>\n<|im_start|>user\nWhat color');
    expect(pairs[0]!.map((side) => side[1])).toEqual([goodEnd, badEnd]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'two questions',
      { chosen: [user('a'), good], rejected: [user('b'), bad] },
      'the part before the answers holds no turn of a user',
    ],
    [
      'two questions under one system message',
      { chosen: [system('S'), user('a'), good], rejected: [system('S'), user('b'), bad] },
      'the part before the answers holds no turn of a user',
    ],
    [
      'a question that is not the prompt',
      { prompt: [q], chosen: [user('a'), good], rejected: [user('a'), bad] },
      'the answers begin with a question that is not the one of the prompt',
    ],
    [
      'no answer',
      { prompt: [q], chosen: [q], rejected: [q, bad] },
      'the conversation holds no answer of the assistant',
    ],
    [
      'an answer of the user',
      { prompt: [q], chosen: [user('Blue')], rejected: [bad] },
      'the answers begin with a question that is not the one of the prompt',
    ],
    [
      'two system messages',
      { prompt: [q], chosen: [system('S'), good], rejected: [system('T'), bad] },
      'the answers begin with different system messages',
    ],
    ['a blank question', { prompt: [user(' ')], chosen: [good], rejected: [bad] }, 'the prompt is empty'],
    ['no prompt beside texts', { prompt: null, chosen: 'a', rejected: 'b' }, '"prompt" is missing'],
  ])('drops %s', async (_, row, reason) => {
    const { report } = await sides([{ prompt: q.content, chosen: [good], rejected: [bad] }, row]);
    expect(report.dropped.map((d) => d.reason)).toEqual([reason]);
    expect(report.rows).toEqual({ read: 2, used: 1, dropped: 1 });
  });

  it('says when it is only a label, and which system message is used', async () => {
    const { report, pairs } = await sides([
      { prompt: 'colors', chosen: [q, good], rejected: [q, bad] },
      { system: 'S', prompt: [system('T'), q], chosen: [good], rejected: [bad] },
    ]);
    expect(pairs).toEqual([right(), right(under('T'))]);
    expect(report.warnings.join('\n')).toMatch(/In 1 row the prompt .* stands nowhere in them/);
    expect(report.warnings.join('\n')).toMatch(/In 1 row the conversation has a system message of its own/);
  });

  it('says when an answer holds what others say', async () => {
    const { report } = await sides([{ prompt: [q], chosen: [good, user('So?'), good], rejected: [bad] }]);
    expect(report.warnings.join('\n')).toMatch(/an answer holds turns that are not the assistant's/);
  });

  it('that texts repeat is written once, a word is not', async () => {
    const { pairs, report } = await sides([
      { prompt: 'Count to three:', chosen: 'Count to three: 1 2 3', rejected: 'Count to three: 3 2 1' },
      { prompt: 'Yes? ', chosen: 'Yes? Yes', rejected: 'Yes? No' },
      { prompt: 'Who made this', chosen: 'Who made this? I', rejected: 'Who made this? You' },
      { prompt: 'The first word', chosen: 'The first words are', rejected: 'The first wordy' },
    ]);
    expect(pairs).toEqual([
      [
        ['[Count to three:]', ' 1 2 3<|im_end|>'],
        ['[Count to three:]', ' 3 2 1<|im_end|>'],
      ],
      [
        ['[Yes? ]', 'Yes? Yes<|im_end|>'],
        ['[Yes? ]', 'Yes? No<|im_end|>'],
      ],
      [
        ['[Who made this]', '? I<|im_end|>'],
        ['[Who made this]', '? You<|im_end|>'],
      ],
      [
        ['[The first word]', 'The first words are<|im_end|>'],
        ['[The first word]', 'The first wordy<|im_end|>'],
      ],
    ]);
    expect(report.warnings.join('\n')).toMatch(/In 2 rows the answers repeat the prompt/);
    expect(report.warnings.join('\n')).toMatch(/In 1 row an answer begins with the words of the prompt/);
  });
});

describe('what belongs to the question', () => {
  const answers = { chosen: 'Eins', rejected: 'Zwei' };
  const promptOf = async (row: Record<string, unknown>, settings = {}) =>
    (await sides([{ ...row, ...answers }], settings)).pairs[0]![0]![0];

  it('is the input, by any name, where there is one', async () => {
    expect(await promptOf({ instruction: 'Translate.', input: 'One' })).toBe('[Translate.\nOne]');
    expect(await promptOf({ question: 'Who?', context: 'Ann ate.' })).toBe('[Who?\nAnn ate.]');
    expect(await promptOf({ instruction: 'Translate.', input: null })).toBe('[Translate.]');
    expect(await promptOf({ instruction: 'Translate One', input: 'One' })).toBe('[Translate One]');
    expect(await promptOf({ input: 'One' })).toBe('[One]');
    expect(await promptOf({ prompt: [q], input: 'Now?' })).toContain('sky?\nNow?<|im_end|>');
    expect(await promptOf({ instruction: 'Translate.', input: 'One' }, { mapping: { input: '' } })).toBe(
      '[Translate.]',
    );
  });

  it('is the history, as pairs, messages or text', async () => {
    const before =
      '<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nc\nd<|im_end|>';
    for (const history of [[['a', 'b']], [user('a'), assistant('b')], "[['a', 'b']]", '[["a", "b"]]']) {
      expect(await promptOf({ instruction: 'c', input: 'd', history })).toContain(before);
    }
    expect(await promptOf({ instruction: 'c', history: [] })).toBe('[c]');
    const goes = {
      prompt: null,
      history: [['a', 'b']],
      chosen: [user('c\nd'), good],
      rejected: [user('c\nd'), bad],
    };
    expect((await sides([goes])).pairs[0]![0]![0]).toContain(before);
    const { report } = await sides([
      { instruction: 'c', history: [], ...answers },
      { instruction: 'c', history: [['a']], ...answers },
    ]);
    expect(report.dropped[0]!.reason).toBe('"history" is not a list of [question, answer]');
  });

  it('is the system text in every format', async () => {
    const formats: Record<string, unknown>[] = [
      { prompt: 'q', ...answers },
      { chosen: [user('q'), good], rejected: [user('q'), bad] },
      { chosen: 'q: Eins', rejected: 'q: Zwei' },
      { prompt: 'q', responses: ['a', 'b'], scores: [1, 2] },
      { prompt: 'q', initial_reason_steps: '', chosen: 'a', rejected: 'b' },
      {
        question: 'q',
        one: { is_correct: true, solution: 'a' },
        two: { is_correct: false, solution: 'b' },
      },
    ];
    for (const row of formats) {
      const { trees } = await prepare([{ system: 'Sums only.', ...row }], 'dpo');
      expect(spell(trees[0]!, 0)[0]).toMatch(
        /^\[<\|im_start\|>system\nSums only\.<\|im_end\|>\n<\|im_start\|>user\nq/,
      );
    }
    for (const row of [
      { prompt: 'q', completion: 'a' },
      { prompt: 'q', completion: 'a', label: true },
      { messages: [user('q'), good] },
    ]) {
      const { trees } = await prepare([{ system: 'Sums only.', ...row }], 'sft');
      expect(spell(trees[0]!, 0)[0]).toMatch(/^\[<\|im_start\|>system\nSums only\.<\|im_end\|>/);
    }
  });
});

describe('one file is written in one way', () => {
  const answers = { chosen: 'Blue.', rejected: 'Green.' };
  const plain = { prompt: q.content, ...answers };

  it.each([
    ['first', 0],
    ['last', 29],
    ['in the middle', 12],
  ])('with a system text %s', async (_, at) => {
    const rows = Array.from({ length: 30 }, (__, i) => ({
      ...plain,
      system: i === at ? 'S' : i % 2 ? '' : null,
    }));
    const { pairs, report } = await sides(rows);
    expect(pairs).toEqual(rows.map((__, i) => right(i === at ? under('S') : asked)));
    expect(report.rows).toEqual({ read: 30, used: 30, dropped: 0 });
    expect(report.warnings.join()).toMatch(/plain texts are written as a question and its answer: 29 rows\./);
  });

  it('plain where no row has more', async () => {
    const { pairs, report } = await sides([{ ...plain, system: '' }, plain], { system: 'Be brief.' });
    expect(pairs[0]![0]).toEqual(['[What color is the sky?]', 'Blue.<|im_end|>']);
    expect(report.warnings.join()).toMatch(
      /The system message of the settings is not used for plain texts: 2 rows\./,
    );
  });

  it('with pairs made of single answers', async () => {
    const rows = [
      { system: 'S', prompt: 'a', completion: 'x', label: true },
      { prompt: q.content, completion: 'Blue.', label: true },
      { prompt: q.content, completion: 'Green.', label: false },
    ];
    expect((await sides(rows, { pairUnpaired: true })).pairs).toEqual([right()]);
  });
});
