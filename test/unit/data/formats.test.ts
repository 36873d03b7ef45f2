import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import { annotationsIn, evaluate, holds, removeAnnotations } from '../../../src/data/formats/annotations';
import { detectFormat } from '../../../src/data/formats/detect';
import { extractPrompt } from '../../../src/data/formats/extract-prompt';
import { firstWrongLine } from '../../../src/data/formats/first-wrong-line';
import { resolveMapping } from '../../../src/data/formats/parts';
import { readRow } from '../../../src/data/formats/read-row';
import type { ColumnMapping, FormatId } from '../../../src/data/settings';
import { defaultDatasetSettings } from '../../../src/data/settings';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const detect = (...values: Record<string, unknown>[]) =>
  detectFormat({
    name: 'f.jsonl',
    columns: [...new Set(values.flatMap(Object.keys))],
    head: values.map((value, i) => ({ where: `f.jsonl, line ${i + 1}`, value })),
  });
const read = (
  value: Record<string, unknown>,
  changes: Partial<{
    shape: 'pairs' | 'steps' | 'scored';
    pairsPerRow: number;
    annotations: 'keep' | 'remove';
  }> = {},
) => {
  const { format, mapping } = detect(value);
  const settings = { ...defaultDatasetSettings(), ...changes };
  return readRow({ where: 'here', value }, format, mapping, settings, changes.shape ?? 'pairs');
};

const solutions = {
  question: 'How many?',
  ground_truth: '3+4=<<3+4=7>>7\n7*2=<<7*2=14>>14\nA: 14',
  small: { is_correct: false, solution: '3+4=<<3+4=7>>7\n7*3=<<7*3=21>>21\nA: 21' },
  large: { is_correct: true, solution: '3+4=<<3+4=7>>7\nTwice is <<7+7=14>>14\nA: 14' },
  odd: { is_correct: false, solution: '3+4=<<3+4=8>>8 of them\nA: 8' },
};

describe('detectFormat', () => {
  it.each<[FormatId, Record<string, unknown>, ColumnMapping]>([
    [
      'preference',
      { prompt: 'a', chosen: 'b', rejected: 'c' },
      { prompt: 'prompt', chosen: 'chosen', rejected: 'rejected' },
    ],
    [
      'preference',
      { system: 's', question: 'a', chosen: 'b', rejected: 'c' },
      { system: 'system', prompt: 'question', chosen: 'chosen', rejected: 'rejected' },
    ],
    ['implicit-preference', { chosen: 'ab', rejected: 'ac' }, { chosen: 'chosen', rejected: 'rejected' }],
    [
      'preference',
      { prompt: 'a', chosen: [user('a'), assistant('b')], rejected: [user('a'), assistant('c')] },
      { prompt: 'prompt', chosen: 'chosen', rejected: 'rejected' },
    ],
    [
      'preference',
      { prompt: [user('a')], chosen: [assistant('b')], rejected: [assistant('c')] },
      { prompt: 'prompt', chosen: 'chosen', rejected: 'rejected' },
    ],
    [
      'unpaired',
      { prompt: 'a', completion: 'b', label: true },
      { prompt: 'prompt', completion: 'completion', label: 'label' },
    ],
    [
      'ranked',
      { prompt: 'a', completions: ['b', 'c'], scores: [1, 2] },
      { prompt: 'prompt', responses: 'completions', scores: 'scores' },
    ],
    [
      'ranked',
      { prompt: 'a', responses: [{ text: 'b', score: 1 }] },
      { prompt: 'prompt', responses: 'responses' },
    ],
    [
      'step-dpo',
      {
        dataset: 'x',
        prompt: 'a',
        initial_reason_steps: 's',
        chosen: 'b',
        rejected: 'c',
        full_chosen: 'b',
        full_rejected: 'c',
        answer: '1',
      },
      {
        prompt: 'prompt',
        prefix: 'initial_reason_steps',
        chosen: 'chosen',
        rejected: 'rejected',
        fullChosen: 'full_chosen',
        fullRejected: 'full_rejected',
      },
    ],
    ['prompt-completion', { prompt: 'a', completion: 'b' }, { prompt: 'prompt', completion: 'completion' }],
    ['messages', { messages: [user('a'), assistant('b')] }, { messages: 'messages' }],
    [
      'solutions',
      solutions,
      { prompt: 'question', groundTruth: 'ground_truth', solutions: ['small', 'large', 'odd'] },
    ],
  ])('%s %#', (format, row, mapping) => {
    const found = detect(row);
    expect(found).toMatchObject({ format, mapping });
    expect(Object.keys(found.mapping).sort()).toEqual(Object.keys(mapping).sort());
    expect(found.why.length).toBeGreaterThan(10);
  });

  it('is less sure of unusual names and refuses what fits nothing', () => {
    expect(detect({ prompt: 'a', chosen: 'b', rejected: 'c' }).confidence).toBe(1);
    expect(detect({ instruction: 'a', preferred: 'b', loser: 'c' }).confidence).toBeLessThan(1);
    expect(() => detect({ a: 1, b: 2 })).toThrow(/"a", "b" are in no known format/);
  });
});

describe('mapping', () => {
  it('names a missing column with the nearest there is', () => {
    const columns = ['prompt', 'choosen', 'rejected'];
    expect(() => resolveMapping('f.csv', 'preference', {}, columns)).toThrow(DataError);
    expect(() => resolveMapping('f.csv', 'preference', {}, columns)).toThrow(
      /part "chosen".*did you mean "choosen"\?.*mapping\.chosen/,
    );
    expect(() => resolveMapping('f.csv', 'preference', { chosen: 'Chosen!' }, columns)).toThrow(
      /f\.csv, column "Chosen!".*"choosen"/,
    );
    expect(resolveMapping('f.csv', 'preference', { chosen: 'choosen' }, columns)).toEqual({
      prompt: 'prompt',
      chosen: 'choosen',
      rejected: 'rejected',
    });
  });
});

describe('readRow', () => {
  it('reads pairs, with system message and margin', () => {
    expect(read({ prompt: 'a', chosen: 'b', rejected: 'c', margin: 0.5 })).toEqual([
      { kind: 'pair', where: 'here', prompt: 'a', chosen: 'b', rejected: 'c', margin: 0.5 },
    ]);
    expect(read({ system: 'S', prompt: 'a', chosen: 'b', rejected: 'c' })).toEqual([
      {
        kind: 'pair',
        where: 'here',
        prompt: [{ role: 'system', content: 'S' }, user('a')],
        chosen: [assistant('b')],
        rejected: [assistant('c')],
      },
    ]);
  });

  it('reads answers with labels and scores', () => {
    expect(read({ prompt: 'a', completion: 'b', label: 'False' })).toMatchObject([
      { kind: 'scored', responses: [{ text: 'b', score: 0 }] },
    ]);
    expect(
      read({
        prompt: 'a',
        responses: [
          { content: 'b', score: '2' },
          { text: 'c', score: 1 },
        ],
      }),
    ).toMatchObject([
      {
        responses: [
          { text: 'b', score: 2 },
          { text: 'c', score: 1 },
        ],
      },
    ]);
    expect(() => read({ prompt: 'a', responses: ['b', 'c'], scores: [1] })).toThrow(/different lengths/);
    expect(() => read({ prompt: 'a', responses: ['b'], scores: [Number.NaN] })).toThrow(
      /not a finite number/,
    );
  });

  it('reads Step-DPO’s layout and tells whether a step ends its answer', () => {
    const row = {
      prompt: 'a',
      initial_reason_steps: 'Step 1: x\nStep 2:',
      chosen: ' y',
      rejected: ' z',
      full_chosen: ' y\nStep 3: q',
      full_rejected: ' z ',
    };
    expect(read(row)).toEqual([
      {
        kind: 'step',
        where: 'here',
        prompt: 'a',
        prefix: 'Step 1: x\nStep 2:',
        chosen: ' y',
        rejected: ' z',
        chosenEnds: false,
        rejectedEnds: true,
      },
    ]);
  });

  it('reads conversations, also in the names of others', () => {
    expect(
      read({
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
        ],
      }),
    ).toEqual([
      {
        kind: 'scored',
        where: 'here',
        prompt: [user('a')],
        responses: [{ text: [assistant('b')], score: 1 }],
      },
    ]);
    expect(() => read({ messages: [user('a')] })).toThrow(/holds no answer of the assistant/);
    expect(() =>
      read({ messages: [user('a'), { role: 'assistant', content: [{ type: 'image' }] }] }),
    ).toThrow(/no text/);
  });

  it('says what is wrong with a value, without believing its name', () => {
    expect(() => read({ prompt: 'a', chosen: 'b', rejected: 3 })).toThrow(
      /"rejected" is neither a text nor a list of messages/,
    );
    expect(() =>
      readRow(
        { where: 'x', value: {} },
        'preference',
        { prompt: 'toString', chosen: 'constructor' },
        defaultDatasetSettings(),
        'pairs',
      ),
    ).toThrow(/"constructor" is missing/);
  });
});

describe('solutions', () => {
  it('pairs right and wrong ones, ground truth last', () => {
    const one = read(solutions, { pairsPerRow: 1 });
    expect(one).toEqual([
      {
        kind: 'pair',
        where: 'here',
        prompt: 'How many?\n',
        chosen: solutions.large.solution,
        rejected: solutions.small.solution,
      },
    ]);
    const all = read(solutions, { pairsPerRow: 64, annotations: 'remove' });
    expect(all.length).toBe(4);
    expect(all[0]).toMatchObject({ chosen: '3+4=7\nTwice is 14\nA: 14' });
    expect(new Set(all.map((e) => JSON.stringify(e))).size).toBe(4);
  });

  it('finds wrong steps: a departure, and a false annotation with its correction', () => {
    expect(read(solutions, { shape: 'steps', pairsPerRow: 9 })).toEqual([
      {
        kind: 'step',
        where: 'here',
        prompt: 'How many?\n',
        prefix: '3+4=<<3+4=7>>7\n',
        chosen: 'Twice is <<7+7=14>>14\n',
        rejected: '7*3=<<7*3=21>>21\n',
        chosenEnds: false,
        rejectedEnds: false,
      },
      {
        kind: 'step',
        where: 'here',
        prompt: 'How many?\n',
        prefix: '',
        chosen: '3+4=<<3+4=7>>7\n',
        rejected: '3+4=<<3+4=8>>8 of them\n',
        chosenEnds: false,
        rejectedEnds: false,
      },
    ]);
    const right = ['one\n2+2=<<2+2=4>>4'];
    expect(firstWrongLine('one\n5*5=<<5*5=26>>26', right)).toMatchObject({
      prefix: 'one\n',
      rejectedEnds: true,
      chosen: '2+2=<<2+2=4>>4',
    });
    expect(firstWrongLine('two\n5*5=<<5*5=26>>26.\nA: 26', right)).toMatchObject({
      prefix: 'two\n',
      chosen: '5*5=<<5*5=25>>25.\n',
    });
    expect(firstWrongLine('1+3=<<1+3=4>>4', right)).toBeUndefined();
  });

  it('gives right and wrong ones alone', () => {
    expect(read(solutions, { shape: 'scored' })).toMatchObject([
      { kind: 'scored', responses: [{ score: 1 }, { score: 1 }, { score: 0 }, { score: 0 }] },
    ]);
  });
});

describe('annotations', () => {
  it.each([
    ['16*7', 112],
    ['(1+2)*-3/2', -4.5],
    ['50%*8', 4],
    ['1,000 + .5', 1000.5],
    ['$3*2', 6],
    ['1/0', undefined],
    ['2**3', undefined],
    ['x', undefined],
    ['', undefined],
    [`${'('.repeat(90)}1${')'.repeat(90)}`, undefined],
  ])('%s', (expression, value) => {
    expect(evaluate(expression)).toBe(value);
  });

  it('knows which hold', () => {
    const truth = annotationsIn(
      '<<1+1=2>> <<10/3=3.33>> <<10/3=3>> <<1+1=3>> <<a=b>> <<2*1/2=1.0>> << >> <<2/3=0.66>>',
    ).map(holds);
    expect(truth).toEqual([true, true, true, false, undefined, true, true]);
    expect(removeAnnotations('a <<1+1=2>>2 <<')).toBe('a 2 <<');
  });
});

describe('extractPrompt', () => {
  it('keeps characters and messages whole', () => {
    expect(extractPrompt('a 😀x', 'a 😁x')).toEqual({ prompt: 'a', chosen: ' 😀x', rejected: ' 😁x' });
    expect(extractPrompt('x', 'y')).toEqual({ prompt: '', chosen: 'x', rejected: 'y' });
    expect(() => extractPrompt('x', [user('x')])).toThrow(/not of one kind/);
  });
});
