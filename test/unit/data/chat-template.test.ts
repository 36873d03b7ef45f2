import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import { compileTemplate, plainTemplate } from '../../../src/data/text/chat-template';
import { readChatTemplate } from '../../../src/data/text/read-chat-template';

const messages = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: '<b> & "c"' },
];
const render = async (source: string, now?: Date) =>
  (await compileTemplate({ source, specialTokens: { bos_token: '<s>' }, ...(now && { now }) }))(
    messages,
    true,
  );

describe('compileTemplate', () => {
  it('gives templates what they ask for and nothing else', async () => {
    const source = `{{ bos_token }}{{ add_generation_prompt }}{{ messages | length }}{{ tools is none }}{{ strftime_now('%d %b %Y, %H:%M%%') }}{{ globalThis is defined }}`;
    expect(await render(source, new Date(2024, 6, 26, 9, 5))).toBe('<s>True2True26 Jul 2024, 09:05%False');
    expect(await render("{{ messages[1].content }}{{ messages[1]['content'] | tojson }}")).toBe(
      '<b> & "c""<b> & \\"c\\""',
    );
  });

  it('does not reach the program through a name', async () => {
    for (const name of ['constructor', '__proto__', 'process', 'toString']) {
      expect(await render(`{{ messages[0]['${name}'] is defined }}`)).toBe('False');
    }
  });

  it('passes on what the template objects to', async () => {
    await expect(render("{{ raise_exception('Roles must alternate') }}")).rejects.toThrow(
      /chat template: does not write this conversation: Roles must alternate/,
    );
  });

  it.each([
    ['a syntax error', '{% if %}', /cannot be read/],
    [
      'a filter that is not there',
      '{{ messages | pprint }}',
      /cannot be read: line 1: the filter pprint is not supported/,
    ],
    ['another file', "\n{% include 'x' %}", /cannot be read: line 2: the tag include is not supported/],
    ['a huge width', "{{ 'a'.center(99999999) }}", /more than 8388608 characters/],
    ['a huge product', '{{ [1] * 999999999 }}', /more than 100000 entries/],
    ['a huge range', '{% for i in range(1000000000) %}x{% endfor %}', /range.*too long/],
    [
      'nested loops',
      '{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}',
      /takes (more|longer)/,
    ],
    [
      'doubling',
      '{% set ns = namespace(s="xx") %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}',
      /more than 8388608 characters/,
    ],
    ['recursion', '{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}', /does not write/],
    ['length', `${' '.repeat(600_000)}`, /longer than/],
    ['nesting', `{{ ${'('.repeat(100_000)} }}`, /cannot be read/],
  ])('stops %s', async (_, source, reason) => {
    const start = performance.now();
    const error = await render(source).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(reason);
    expect(performance.now() - start).toBeLessThan(8000);
  });

  it('is not asked again once it asked for too much', async () => {
    const source =
      '{% if messages | length > 1 %}{% set ns = namespace(s="xx") %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{% endif %}ok';
    const write = await compileTemplate({ source, specialTokens: {} });
    expect(write(messages.slice(0, 1), false)).toBe('ok');
    expect(() => write(messages, false)).toThrow(/more than 8388608/);
    expect(() => write(messages.slice(0, 1), false)).toThrow(/more than 8388608/);
  });

  it('is a template or a DataError, whatever the text', async () => {
    const part = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      ' for ',
      ' in ',
      'messages',
      ' if ',
      'endfor',
      'endif',
      "'a'",
      '|',
      '.',
      '[',
      ']',
      '(',
      ')',
      ' set ',
      '=',
      '0',
      '-',
      '\n',
      '#}',
      '{#',
      'loop',
      '~',
      '*',
      'range',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 14 }), async (parts) => {
        try {
          expect(typeof (await render(parts.join('')))).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});

it('has a plain template of which the prompt is the beginning', () => {
  const plain = plainTemplate('</s>');
  expect(plain(messages, false)).toBe('User:\na\nAssistant:\n<b> & "c"</s>\n');
  expect(plain(messages, false).startsWith(plain(messages.slice(0, 1), true))).toBe(true);
});

it('is found in tokenizer_config.json, or beside it', () => {
  const config = {
    bos_token: { content: '<s>' },
    eos_token: '</s>',
    unk_token: null,
    add_bos_token: true,
    chat_template: [
      { name: 'tool_use', template: 't' },
      { name: 'default', template: 'd' },
    ],
  };
  const specialTokens = { bos_token: '<s>', eos_token: '</s>' };
  expect(readChatTemplate(config)).toEqual({ source: 'd', toolSource: 't', specialTokens });
  expect(readChatTemplate(config, 'd')).toMatchObject({ source: 'd', toolSource: 't' });
  expect(readChatTemplate({ ...config, chat_template: 'x' })?.source).toBe('x');
  expect(readChatTemplate(config, 'y')).toEqual({ source: 'y', specialTokens });
  expect(readChatTemplate({ eos_token: '</s>' })).toBeUndefined();
  expect(readChatTemplate(null)).toBeUndefined();
});
