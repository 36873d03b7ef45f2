import { DataError, reasonOf } from '../data-error';
import type { Message } from '../formats/example';

/** A model's chat template with what it may name. */
export interface ChatTemplate {
  /** Jinja, from tokenizer_config.json, chat_template.jinja or a GGUF. */
  source: string;
  /** The one that the model has for conversations with tools, where it has another. */
  toolSource?: string;
  /** Texts of the special tokens by name: bos_token, eos_token, ... */
  specialTokens: Record<string, string>;
  /** What `strftime_now` says; templates that ask give other tokens on other days. */
  now?: Date;
}

/** Writes a conversation down. @throws DataError when the template refuses it or asks for too much */
export type RenderMessages = (
  messages: readonly Message[],
  addGenerationPrompt: boolean,
  tools?: readonly unknown[],
) => string;

/** A message as templates see it: role, content, and every other field that it has. */
const asSeen = ({ role, content, extra }: Message): Record<string, unknown> => ({ ...extra, role, content });

const MAX_SOURCE = 512 * 1024;

/**
 * Makes ready a model's chat template. A template is a program from a stranger: it runs in an interpreter that reaches
 * nothing but the messages, and is stopped by count of steps, length of texts and lists, and time.
 * @throws DataError when it is no template
 */
export const compileTemplate = async (template: ChatTemplate): Promise<RenderMessages> => {
  const { compile, TooMuch } = await import('./jinja');
  const bad = (reason: string, cause?: unknown) => new DataError('chat template', '', reason, { cause });
  if (template.source.length > MAX_SOURCE) throw bad(`is longer than ${MAX_SOURCE} characters`);
  let write: ReturnType<typeof compile>;
  try {
    write = compile(template.source);
  } catch (error) {
    throw bad(`cannot be read: ${reasonOf(error)}; choose the plain template instead`, error);
  }

  // What asks for too much is not asked again: with the next conversation it would do the same.
  let stopped: DataError | undefined;
  return (messages, addGenerationPrompt, tools) => {
    if (stopped) throw stopped;
    try {
      const values = {
        ...template.specialTokens,
        messages: messages.map(asSeen),
        add_generation_prompt: addGenerationPrompt,
        tools: tools ?? null,
        documents: null,
      };
      return write(values, () => template.now ?? new Date());
    } catch (error) {
      const problem = bad(`does not write this conversation: ${reasonOf(error)}`, error);
      if (error instanceof TooMuch) stopped = problem;
      throw problem;
    }
  };
};

/** `User:` and `Assistant:` on lines of their own; an answer ends in `end`, the end-of-text token. */
export const plainTemplate =
  (end: string): RenderMessages =>
  (messages, addGenerationPrompt) => {
    const name = (role: string) => role.charAt(0).toUpperCase() + role.slice(1);
    const written = messages.map(
      ({ role, content }) => `${name(role)}:\n${content ?? ''}${role === 'assistant' ? end : ''}\n`,
    );
    return written.join('') + (addGenerationPrompt ? 'Assistant:\n' : '');
  };
