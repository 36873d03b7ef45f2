import { cell } from '../formats/read-value';
import { isObject } from '../rows/parse-json';
import type { ChatTemplate } from './chat-template';

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  const content = isObject(value) ? cell(value, 'content') : undefined;
  return typeof content === 'string' ? content : undefined;
};

const namedTemplate = (value: unknown, name: string): string | undefined => {
  const found = Array.isArray(value)
    ? value.filter(isObject).find((t) => cell(t, 'name') === name)
    : undefined;
  return found && textOf(cell(found, 'template'));
};

/** `chat_template` is a text, or a list of them by name, of which `default` is meant; undefined for anything else. */
export const templateText = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return textOf(value);
  const named = value.filter(isObject);
  const found = named.find((t) => cell(t, 'name') === 'default') ?? named[0];
  return found && textOf(cell(found, 'template'));
};

/**
 * The chat template of a model with the special tokens it may name.
 * @param tokenizerConfig parsed tokenizer_config.json
 * @param source text of chat_template.jinja or of a GGUF's template, which goes before the one in `tokenizerConfig`
 * @returns undefined when the model has none
 */
export const readChatTemplate = (tokenizerConfig: unknown, source?: string): ChatTemplate | undefined => {
  const config = isObject(tokenizerConfig) ? tokenizerConfig : {};
  const given = cell(config, 'chat_template');
  const own = source ?? templateText(given);
  if (own === undefined || own.trim() === '') return undefined;
  const specialTokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const text = /^[a-z]+_token$/.test(name) ? textOf(value) : undefined;
    if (text !== undefined) specialTokens[name] = text;
  }
  // As transformers chooses: "tool_use" where there are tools, if it comes from the same list as the one in use.
  const tool = own === templateText(given) ? namedTemplate(given, 'tool_use') : undefined;
  return { source: own, ...(tool !== undefined && { toolSource: tool }), specialTokens };
};
