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

/** Of one rendering: evaluated pieces of the template, characters of any text in it, entries of any list, time. */
const MAX_PIECES = 2_000_000;
const MAX_TEXT = 8 * 1024 * 1024;
const MAX_LIST = 100_000;
const MAX_SECONDS = 5;
const MAX_SOURCE = 512 * 1024;

/** A template that asks for too much is not asked again: with the next conversation it would do the same. */
class TooMuch extends Error {}

const two = (n: number) => String(n).padStart(2, '0');

const strftime = (date: Date, format: string): string => {
  const month = (style: 'long' | 'short') => new Intl.DateTimeFormat('en', { month: style }).format(date);
  const day = (style: 'long' | 'short') => new Intl.DateTimeFormat('en', { weekday: style }).format(date);
  const parts: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    B: () => month('long'),
    b: () => month('short'),
    A: () => day('long'),
    a: () => day('short'),
    H: () => two(date.getHours()),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    '%': () => '%',
  };
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) =>
    Object.hasOwn(parts, letter) ? parts[letter]!() : whole,
  );
};

const range = (start: number, stop?: number, step = 1): number[] => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(step !== 0 && count <= MAX_LIST)) throw new Error(`range(${from}, ${to}, ${step}) is too long`);
  return Array.from({ length: count }, (_, i) => from + i * step);
};

/**
 * Makes ready a model's chat template. A template is a program from a stranger: it runs in an interpreter that reaches
 * nothing but the messages, and is stopped by count of steps, length of texts and lists, and time. What cannot be
 * stopped is one single built-in call that is slow or large in itself (an indent of a million columns): its result is
 * checked only afterwards.
 * @throws DataError when it is no template
 */
export const compileTemplate = async (template: ChatTemplate): Promise<RenderMessages> => {
  const { Environment, Interpreter, parse, tokenize } = await import('@huggingface/jinja');
  const bad = (reason: string, cause?: unknown) => new DataError('chat template', '', reason, { cause });
  if (template.source.length > MAX_SOURCE) throw bad(`is longer than ${MAX_SOURCE} characters`);
  let program: ReturnType<typeof parse>;
  try {
    // Marks of what is an answer, which some templates have for training, change nothing in the text.
    const source = template.source
      .replace(/\{%(-?)\s*generation\s*(-?)%\}/g, '{%$1 if true $2%}')
      .replace(/\{%(-?)\s*endgeneration\s*(-?)%\}/g, '{%$1 endif $2%}');
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw bad(`cannot be read: ${reasonOf(error)}; choose the plain template instead`, error);
  }

  class Guarded extends Interpreter {
    pieces = 0;
    readonly until = Date.now() + MAX_SECONDS * 1000;
    override evaluate(...args: Parameters<InstanceType<typeof Interpreter>['evaluate']>) {
      if (++this.pieces > MAX_PIECES) throw new TooMuch(`it takes more than ${MAX_PIECES} steps`);
      if ((this.pieces & 1023) === 0 && Date.now() > this.until) {
        throw new TooMuch(`it takes longer than ${MAX_SECONDS} seconds`);
      }
      const result = super.evaluate(...args);
      const { value } = result;
      if (typeof value === 'string' && value.length > MAX_TEXT) {
        throw new TooMuch(`it makes a text of more than ${MAX_TEXT} characters`);
      }
      if (Array.isArray(value) && value.length > MAX_LIST) {
        throw new TooMuch(`it makes a list of more than ${MAX_LIST} entries`);
      }
      return result;
    }
  }

  let stopped: DataError | undefined;
  return (messages, addGenerationPrompt, tools) => {
    if (stopped) throw stopped;
    try {
      const environment = new Environment();
      const globals: Record<string, unknown> = {
        true: true,
        false: false,
        none: null,
        True: true,
        False: false,
        None: null,
        range,
        raise_exception: (message: unknown) => {
          throw new Error(String(message));
        },
        strftime_now: (format: string) => strftime(template.now ?? new Date(), format),
        ...template.specialTokens,
        messages: messages.map(asSeen),
        add_generation_prompt: addGenerationPrompt,
        tools: tools ?? null,
        documents: null,
      };
      for (const [name, value] of Object.entries(globals)) environment.set(name, value);
      const { value } = new Guarded(environment).run(program);
      if (typeof value !== 'string') throw new Error('it gives no text');
      return value;
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
