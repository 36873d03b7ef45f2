import { describe, expect, it } from 'vitest';
import { assistant, chatml, prepare, spell, user } from './preparing';

/** Writes tools, calls, thoughts (of the last answer alone) and what a tool says; never a name. */
const source = `{% if tools %}<tools>{% for t in tools %}{{ t.function.name }}{% endfor %}</tools>{% endif %}
{%- for m in messages %}<{{ m.role }}>
{%- if m.reasoning_content is defined and loop.last %}({{ m.reasoning_content }}){% endif %}
{%- if m.content is not none %}{{ m.content }}{% endif %}
{%- if m.tool_calls is defined %}{% for c in m.tool_calls %}[{{ c.function.name }} {{ c.function.arguments | tojson }}]{% endfor %}{% endif %}
{%- if m.tool_call_id is defined %}#{{ m.tool_call_id }}{% endif %}<|im_end|>{% endfor %}
{%- if add_generation_prompt %}<assistant>{% endif %}`;
const template = { ...chatml, source };

const tools = [{ type: 'function', function: { name: 'clock', parameters: {} } }];
const call = { type: 'function', function: { name: 'clock', arguments: { zone: 'UTC' } } };
const asks = (content: string | null, extra = {}) => ({
  role: 'assistant',
  content,
  tool_calls: [call],
  ...extra,
});
const talk = [
  user('What time is it?'),
  asks(null, { id: 7 }),
  { role: 'tool', content: 'Noon', tool_call_id: 'c1', name: 'clock' },
  assistant('It is noon.'),
];
const whole = '<user>What time is it?<|im_end|>';
const spelled = [
  `[<tools>clock</tools>${whole}<assistant>]`,
  '[clock {"zone": "UTC"}]<|im_end|>',
  '[<tool>Noon#c1<|im_end|><assistant>]',
  'It is noon.<|im_end|>',
];
const flat = (texts: readonly string[]) => texts.join('|');

describe('tools, calls and thoughts', () => {
  it.each<[string, Record<string, unknown>]>([
    ['as they are', { tools, messages: talk }],
    ['as text', { tools: JSON.stringify(tools), messages: JSON.stringify(talk) }],
    [
      'in the layout of other trainers',
      {
        tools: JSON.stringify(tools),
        conversations: [
          { from: 'human', value: 'What time is it?' },
          { from: 'function_call', value: '{"name": "clock", "arguments": {"zone": "UTC"}}' },
          { from: 'observation', value: 'Noon', tool_call_id: 'c1' },
          { from: 'gpt', value: 'It is noon.' },
        ],
      },
    ],
    [
      'by the older name of a call',
      {
        functions: tools,
        messages: talk.map((turn, i) =>
          i === 1 ? { role: 'assistant', content: null, function_call: call.function } : { ...turn },
        ),
      },
    ],
    [
      'with the empty fields of a table',
      {
        tools,
        messages: talk.map((turn) => ({ tool_calls: null, reasoning_content: null, name: '', ...turn })),
      },
    ],
  ])('reach the template %s', async (_, row) => {
    const { trees } = await prepare([row], 'sft', {}, { template });
    expect(flat(spell(trees[0]!, 0))).toBe(flat(spelled));
  });

  it('are written by the template that the model has for them', async () => {
    const both = { ...chatml, toolSource: source };
    const rows = [{ tools, messages: talk }, { messages: [user('a'), assistant('b')] }];
    const { trees } = await prepare(rows, 'sft', {}, { template: both });
    expect(flat(spell(trees[0]!, 0))).toBe(flat(spelled));
    expect(spell(trees[1]!, 0)[0]).toContain('<|im_start|>user\na');
  });

  it('reach it in pairs and single answers', async () => {
    const pair = { tools, prompt: [talk[0]], chosen: [asks(null)], rejected: [assistant('No idea.')] };
    const { trees } = await prepare([pair], 'dpo', {}, { template });
    expect([spell(trees[0]!, 0), spell(trees[0]!, 1)]).toEqual([
      spelled.slice(0, 2),
      [spelled[0], 'No idea.<|im_end|>'],
    ]);
    const other = { ...call, function: { ...call.function, name: 'date' } };
    const calls = { ...pair, rejected: [{ ...asks(null), tool_calls: [other] }] };
    const both = await prepare([calls], 'dpo', {}, { template });
    expect(spell(both.trees[0]!, 1)[1]).toBe('[date {"zone": "UTC"}]<|im_end|>');
    const inside = { chosen: [talk[0], ...calls.chosen], rejected: [talk[0], ...calls.rejected] };
    const implicit = await prepare([inside], 'dpo', {}, { template });
    expect(spell(implicit.trees[0]!, 1)[1]).toBe('[date {"zone": "UTC"}]<|im_end|>');
    const single = { tools, prompt: 'What time is it?', completion: [asks('Wait.')] };
    const one = await prepare([single], 'sft', {}, { template });
    expect(spell(one.trees[0]!, 0)).toEqual([spelled[0], 'Wait.[clock {"zone": "UTC"}]<|im_end|>']);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['tools', { tools, messages: [user('a'), assistant('b')] }, 'the chat template does not write the tools'],
    ['tool_calls', { messages: talk }, 'the chat template does not write "tool_calls"'],
    [
      'tool_calls beside a text',
      { messages: [user('a'), asks('Let me see.')] },
      'the chat template does not write "tool_calls"',
    ],
    [
      'reasoning_content',
      { messages: [user('a'), { ...assistant('b'), reasoning_content: 'c' }] },
      'the chat template does not write "reasoning_content"',
    ],
    [
      'a call in a question',
      { messages: [...talk, user('And now?'), assistant('Still.')] },
      'the chat template does not write "tool_calls"',
    ],
  ])('that the template leaves out make the row useless: %s', async (field, row, reason) => {
    const good = { messages: [user('a'), assistant('b')] };
    for (const turns of ['all', 'last'] as const) {
      const { report } = await prepare([good, row], 'sft', { turns });
      expect(
        report.dropped.map((d) => d.reason),
        field,
      ).toEqual([reason]);
    }
    const plain = await prepare([good, row], 'sft', { template: 'plain' });
    expect(plain.report.dropped.map((d) => d.reason)).toEqual([reason]);
  });

  it('without which the template writes nothing are written', async () => {
    const needs = source
      .replace(
        '{%- if m.content is not none %}{{ m.content }}{% endif %}',
        "{%- if m.role == 'assistant' and m.tool_calls is undefined %}{{ m.content + '' }}{% else %}{{ m.content or '' }}{% endif %}",
      )
      .replace('{% if tools %}', "{% if not tools %}{{ raise_exception('tools') }}{% else %}");
    const { trees } = await prepare(
      [{ tools, messages: talk }],
      'sft',
      {},
      { template: { ...chatml, source: needs } },
    );
    expect(flat(spell(trees[0]!, 0))).toBe(flat(spelled));
  });

  it('that the template leaves out of earlier answers are learned where they are last', async () => {
    const thinks = (content: string, reasoning_content: string) => ({
      ...assistant(content),
      reasoning_content,
    });
    const messages = [user('a'), thinks('b', 'B'), user('c'), thinks('d', 'D')];
    const { trees } = await prepare([{ messages }], 'sft', {}, { template });
    expect(trees.map((tree) => spell(tree, 0).at(-1))).toEqual(['(B)b<|im_end|>', '(D)d<|im_end|>']);
    const last = await prepare(
      [{ messages: [...messages.slice(0, 3), assistant('d')] }],
      'sft',
      { turns: 'last' },
      { template },
    );
    expect(last.trees).toHaveLength(1);
    expect(last.report.warnings.join()).toMatch(/leaves out of earlier answers.*"reasoning_content" \(1\)/);
  });

  it('are not told from a word that the template says anyway', async () => {
    const says = { ...chatml, source: `You have tools and tool_calls. ${chatml.source}` };
    const { report } = await prepare(
      [{ messages: [user('a'), assistant('b')] }, { tools, messages: [user('a'), assistant('b')] }],
      'sft',
      {},
      { template: says },
    );
    expect(report.dropped[0]!.reason).toBe('the chat template does not write the tools');
  });

  it('of which nothing can be read are a row’s own problem', async () => {
    const good = { messages: [user('a'), assistant('b')], tools: null };
    const { report } = await prepare(
      [
        good,
        { ...good, tools: 'none' },
        { messages: [user('a'), { role: 'assistant', content: null }] },
        { messages: [user('a'), { from: 'function_call', value: 'clock()' }, assistant('b')] },
      ],
      'sft',
    );
    expect(report.dropped.map((d) => d.reason).sort()).toEqual([
      '"tools" is not a list of tools',
      'message in "messages" has no text as its content',
      'message in "messages" is a call of a tool that cannot be read; give { name, arguments }',
    ]);
  });
});

describe('fields that are not used', () => {
  it('stand in the report by name and count', async () => {
    const rows = [
      { messages: [user('a'), { ...assistant('b'), weight: 1, name: 'x' }] },
      {
        messages: [
          { ...user('c'), name: 'y' },
          { ...assistant('d'), weight: 0, id: null },
        ],
      },
      { messages: [user('e'), { ...assistant('f'), weight: 1 }] },
    ];
    const { report } = await prepare(rows, 'sft');
    expect(report.unusedFields).toEqual([
      { name: 'weight', count: 3 },
      { name: 'name', count: 2 },
    ]);
    expect(report.warnings.join()).toMatch(/Message fields that are not used.*"weight" \(3\), "name" \(2\)/);
    const used = { ...chatml, source: '{% for m in messages %}{{ m | tojson }}<|im_end|>{% endfor %}' };
    expect((await prepare(rows, 'sft', {}, { template: used })).report.unusedFields).toEqual([]);
  });
});

describe('roles', () => {
  it.each<[string, string[]]>([
    ['user', ['user', 'human', 'Human', ' USER ']],
    ['assistant', ['assistant', 'gpt', 'bot', 'ai', 'model', 'Assistant', 'chatbot']],
    ['system', ['system', 'developer', 'System']],
    ['tool', ['tool', 'function', 'observation', 'ipython']],
  ])('%s goes by many names', async (role, names) => {
    for (const name of names) {
      const said = { role: name, content: 'x' };
      const messages = {
        user: [said, assistant('b')],
        assistant: [user('a'), said],
        system: [said, user('a'), assistant('b')],
        tool: [user('a'), assistant('c'), said, assistant('b')],
      }[role]!;
      const { trees, report } = await prepare([{ messages }], 'sft');
      expect(spell(trees[0]!, 0).join('')).toContain(`<|im_start|>${role}\n`);
      expect(report.warnings.join()).not.toMatch(/Roles/);
    }
  });

  it('that are not known are named', async () => {
    const messages = [user('a'), { role: 'critic', content: 'x' }, assistant('b')];
    const { report } = await prepare([{ messages }, { messages }], 'sft');
    expect(report.warnings.join()).toMatch(/Roles that are not known.*"critic" \(2\)/);
  });
});
