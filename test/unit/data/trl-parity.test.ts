import { describe, expect, it } from 'vitest';
import type { Message, Text } from '../../../src/data/formats/example';
import { extractPrompt } from '../../../src/data/formats/extract-prompt';
import { readText } from '../../../src/data/formats/read-messages';
import type { RenderMessages } from '../../../src/data/text/chat-template';
import { compileTemplate } from '../../../src/data/text/chat-template';
import { tokenizeExample } from '../../../src/data/text/tokenize';
import { truncate } from '../../../src/data/text/truncate';
import { loadTokenizer } from '../../../src/tokenizer/load';
import { goldenJson } from './files';

interface Fixture {
  tokenizers: Record<string, { tokenizer: unknown; config: Record<string, string> }>;
  templates: Record<string, string>;
  cases: {
    name: string;
    tokenizer: string;
    template: string | null;
    rows: Record<string, unknown>[];
    examples: { prompt_ids: number[]; chosen_ids: number[]; rejected_ids: number[] }[];
    cuts: {
      row: number;
      side: 'chosen' | 'rejected';
      mode: 'keep_start' | 'keep_end';
      length: number;
      ids: number[];
      completion: number;
    }[];
  }[];
  rendered: {
    template: string;
    tokenizer: string;
    messages: Message[];
    add_generation_prompt: boolean;
    text: string;
  }[];
}

const fixture = goldenJson('tokens.json') as Fixture;
const tokenizers = Object.fromEntries(
  Object.entries(fixture.tokenizers).map(([name, { tokenizer, config }]) => [
    name,
    loadTokenizer(tokenizer, config),
  ]),
);

const renderer = (template: string | null, tokenizer: string): Promise<RenderMessages> | undefined =>
  template === null
    ? undefined
    : compileTemplate({
        source: fixture.templates[template]!,
        specialTokens: fixture.tokenizers[tokenizer]!.config,
      });

const sides = (row: Record<string, unknown>): { prompt: Text; chosen: Text; rejected: Text } => {
  const chosen = readText(row['chosen'], 'chosen');
  const rejected = readText(row['rejected'], 'rejected');
  return 'prompt' in row
    ? { prompt: readText(row['prompt'], 'prompt'), chosen, rejected }
    : extractPrompt(chosen, rejected);
};

describe('the same tokens as TRL’s DPOTrainer', () => {
  it.each(fixture.cases)('$name', async ({ tokenizer: name, template, rows, examples, cuts }) => {
    const tokenizer = tokenizers[name]!;
    const render = await renderer(template, name);
    const { before, after } = tokenizer.around!;
    const ours = rows.map((row) => {
      const { prompt, chosen, rejected } = sides(row);
      return tokenizeExample({ tokenizer, render, before, after }, prompt, [chosen, rejected]);
    });
    expect(
      ours.map(({ prompt, responses }) => ({
        prompt_ids: prompt,
        chosen_ids: responses[0]!.tokens,
        rejected_ids: responses[1]!.tokens,
      })),
    ).toEqual(examples);
    expect(cuts.length).toBe(rows.length * 16);
    for (const { row, side, mode, length, ids, completion } of cuts) {
      const { prompt, responses } = ours[row]!;
      const { tokens } = responses[side === 'chosen' ? 0 : 1]!;
      const cut = truncate(prompt, tokens, {
        maxLength: length,
        maxPromptLength: null,
        maxCompletionLength: null,
        truncationMode: mode,
      });
      expect([...cut.prompt, ...cut.response]).toEqual(ids);
      expect(cut.response.length).toBe(completion);
    }
  });

  it('tells where the prompt alone is written otherwise', async () => {
    const think = fixture.cases.find((c) => c.template === 'think')!;
    const tokenizer = tokenizers[think.tokenizer]!;
    const render = await renderer('think', think.tokenizer);
    const { prompt, chosen } = sides(think.rows[0]!);
    const { promptTail } = tokenizeExample({ tokenizer, render, before: [], after: [] }, prompt, [chosen]);
    expect(tokenizer.decode(promptTail)).toBe('<think>\n\n</think>\n\n');
  });
});

describe('the same texts as apply_chat_template', () => {
  it.each(fixture.rendered)('$template $add_generation_prompt $text', async (wanted) => {
    const render = await renderer(wanted.template, wanted.tokenizer);
    expect(render!(wanted.messages, wanted.add_generation_prompt)).toBe(wanted.text);
  });
});

it('puts the end-of-text token behind a prompt kept to its end and a response kept to its start', () => {
  const settings = {
    maxLength: 6,
    maxPromptLength: 4,
    maxCompletionLength: 3,
    truncationMode: 'keep_start',
  } as const;
  expect(truncate([1, 2, 3, 4, 5], [6, 7, 8, 9], settings)).toEqual({
    prompt: [2, 3, 4, 5],
    response: [6, 7],
    cut: { prompt: 1, response: 2 },
  });
});
