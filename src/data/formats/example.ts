export interface Message {
  role: string;
  /** Null where the message is something else than a text: a call of a tool. */
  content: string | null;
  /** Its other fields that hold something, as they stand in the file; a template may ask for them. */
  extra?: Readonly<Record<string, unknown>>;
}

/** Fields of a message that say something as its content does: without them another message would be learned. */
export const sayingFields = [
  'tool_calls',
  'function_call',
  'reasoning_content',
  'reasoning',
  'thinking',
] as const;

/** Whether a message says something beside its content. */
export const saysMore = (extra: Message['extra']): boolean =>
  extra !== undefined && sayingFields.some((name) => Object.hasOwn(extra, name));

/** A text as it stands, or a conversation that a chat template writes down. */
export type Text = string | Message[];

interface Common {
  /** File and line or row, for messages. */
  where: string;
  prompt: Text;
  /** Descriptions of the tools that the model may call, for the template. */
  tools?: readonly unknown[];
}

/** One answer preferred over another. */
export interface PairExample extends Common {
  kind: 'pair';
  chosen: Text;
  rejected: Text;
  margin?: number;
}

/** The right next step against a wrong one, after the same correct steps. */
export interface StepExample extends Common {
  kind: 'step';
  /** Correct steps so far, as they stand at the beginning of the answer; may be empty. */
  prefix: string;
  chosen: string;
  rejected: string;
  /** Whether the answer ends with that step, so that the end-of-text token belongs to it. */
  chosenEnds: boolean;
  rejectedEnds: boolean;
}

/** Answers to one prompt, each with a score or a label (1 right, 0 wrong); a single one without either is right. */
export interface ScoredExample extends Common {
  kind: 'scored';
  responses: ScoredResponse[];
}

/** One line of an answer, and what is said of it: labels of a step. */
export interface JudgedLine {
  text: string;
  labels: Record<string, number>;
}

interface ScoredResponse {
  text: Text;
  score: number;
  /** Of an answer that is learned from by itself, good or bad. */
  desirable?: boolean;
  /** All lines of the text, where each has been judged. */
  lines?: readonly JudgedLine[];
}

export type Example = PairExample | StepExample | ScoredExample;

export const isConversation = (text: Text): text is Message[] => typeof text !== 'string';

/** The prompt as a key: equal prompts have equal keys, whatever file or format they come from. */
export const promptKey = (prompt: Text): string =>
  typeof prompt === 'string'
    ? `t:${prompt}`
    : `m:${JSON.stringify(prompt.map(({ role, content, extra }) => (extra ? [role, content, extra] : [role, content])))}`;

/** A row that cannot be used, while others can: the reason is shared by all rows of its kind, the excerpt is its own. */
export class RowProblem extends Error {
  constructor(
    readonly reason: string,
    readonly excerpt = '',
  ) {
    super(reason);
  }
}
