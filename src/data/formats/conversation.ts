import type { Message, Text } from './example';
import { isConversation, RowProblem } from './example';
import { extractPrompt } from './extract-prompt';
import type { Note } from './note';

/** Reasons that a conversation is no prompt with its answers. */
export const talkProblems = {
  noUser: 'the part before the answers holds no turn of a user',
  noAnswer: 'the conversation holds no answer of the assistant',
  otherQuestion: 'the answers begin with a question that is not the one of the prompt',
  otherSystem: 'the answers begin with different system messages',
} as const;

export const isUser = ({ role }: Message): boolean => role === 'user';
export const isAssistant = ({ role }: Message): boolean => role === 'assistant';
const isSystem = ({ role }: Message): boolean => role === 'system';
const asks = (message: Message): boolean => !isAssistant(message) && message.role !== 'tool';

/** A text as one turn. */
export const asTurns = (text: Text, role: 'user' | 'assistant'): Message[] =>
  isConversation(text) ? text : [{ role, content: text }];

const written = ({ role, content, extra }: Message) =>
  JSON.stringify([role, (content ?? '').trim(), extra?.['tool_calls']]);
const sameTurn = (a: Message | undefined, b: Message | undefined) =>
  a !== undefined && b !== undefined && written(a) === written(b);

const beginsWith = (turns: readonly Message[], start: readonly Message[]): boolean =>
  start.length <= turns.length && start.every((turn, i) => sameTurn(turn, turns[i]));

const lastAnswer = (turns: readonly Message[]): number => turns.map(isAssistant).lastIndexOf(true);

const splitAt = (turns: readonly Message[], at: number): { before: Message[]; rest: Message[] } => {
  const from = at < 0 ? turns.length : at;
  return { before: turns.slice(0, from), rest: turns.slice(from) };
};

/** From the first answer to a user on; a greeting before it is given. */
export const atFirstAnswer = (turns: readonly Message[]) => {
  const question = turns.findIndex(isUser);
  return splitAt(
    turns,
    turns.findIndex((turn, i) => i > question && question >= 0 && isAssistant(turn)),
  );
};

/** From the last answer on: everything before it is given. */
export const atLastAnswer = (turns: readonly Message[]) => splitAt(turns, lastAnswer(turns));

/** A conversation ends with an answer; what stands behind the last one is cut and noted. @throws RowProblem without one */
export const endAtAnswer = (turns: readonly Message[], note: Note): Message[] => {
  const at = lastAnswer(turns);
  if (at < 0)
    throw new RowProblem(talkProblems.noAnswer, `its roles: ${turns.map((m) => m.role).join(', ')}`);
  if (at < turns.length - 1) note('cut-after-answer');
  return turns.slice(0, at + 1);
};

/** One system message at the beginning: one that is there twice is written once, another one is noted. */
export const withSystem = (system: string, turns: readonly Message[], note: Note): Message[] => {
  const [first] = turns;
  if (!first || !isSystem(first)) return [{ role: 'system', content: system }, ...turns];
  if ((first.content ?? '').trim() !== system.trim()) note('system-twice');
  return [...turns];
};

/** Repeats of the system message are written once; several different ones are noted and left to the template. */
export const oneSystem = (turns: readonly Message[], note: Note): Message[] => {
  const kept = turns.filter((turn, i) => i === 0 || !isSystem(turn) || !sameTurn(turn, turns[0]));
  if (kept.filter(isSystem).length > 1) note('systems');
  return kept;
};

/**
 * An answer without the prompt, if it begins with it: all of it, its last turns, or all of it behind a system message
 * that only the answer has (`lead`).
 */
const withoutPrompt = (
  prompt: readonly Message[],
  answer: readonly Message[],
): { lead: Message[]; rest: readonly Message[]; repeated: boolean } => {
  for (let from = 0; from < prompt.length; from++) {
    const end = prompt.slice(from);
    if (end.some(isUser) && beginsWith(answer, end))
      return { lead: [], rest: answer.slice(end.length), repeated: true };
  }
  const [first, ...others] = answer;
  if (first && isSystem(first)) {
    const lead = prompt.some(isSystem) ? [] : [first];
    const known = lead.length > 0 || sameTurn(first, prompt.find(isSystem));
    if (known && beginsWith(others, prompt))
      return { lead, rest: others.slice(prompt.length), repeated: true };
    if (known && others[0] && !asks(others[0])) return { lead, rest: others, repeated: false };
  }
  return { lead: [], rest: answer, repeated: false };
};

/** What all answers begin with; of one alone everything before its last answer. */
const common = (answers: readonly (readonly Message[])[]): number => {
  const [first, ...others] = answers;
  const lengths = others.map((other) => (extractPrompt([...first!], [...other]).prompt as Message[]).length);
  return lengths.length > 0 ? Math.min(...lengths) : atLastAnswer(first!).before.length;
};

const joinTalk = (
  prompt: Text | undefined,
  answers: readonly Message[][],
  note: Note,
): { prompt: Message[]; answers: Message[][] } => {
  const given = prompt === undefined ? [] : asTurns(prompt, 'user');
  const parts = answers.map((answer) => withoutPrompt(given, answer));
  if (prompt !== undefined && parts.every(({ rest }) => rest[0] !== undefined && !asks(rest[0]))) {
    if (parts.some(({ repeated }) => repeated)) note('prompt-repeated');
    const lead = parts[0]!.lead;
    if (!parts.every((part) => part.lead.length === lead.length && beginsWith(part.lead, lead)))
      throw new RowProblem(talkProblems.otherSystem);
    return { prompt: [...lead, ...given], answers: parts.map(({ rest }) => [...rest]) };
  }
  if (prompt !== undefined && parts.some(({ rest }) => rest.length === 0))
    throw new RowProblem(talkProblems.noAnswer);
  // The answers hold the question themselves. A prompt beside them is its label, or what was said before.
  const rests = prompt !== undefined && isConversation(prompt) ? parts.map(({ rest }) => [...rest]) : answers;
  const n = common(rests);
  const shared = rests[0]!.slice(0, n);
  const left = rests.map((rest) => rest.slice(n));
  if (prompt === undefined) return { prompt: shared, answers: left };
  if (typeof prompt === 'string') {
    const label = prompt.trim();
    if (label !== '' && !shared.some(({ content }) => content?.includes(label))) note('prompt-label');
    return { prompt: shared, answers: left };
  }
  const goesOn = !given.some(isUser) || isAssistant(given.at(-1)!);
  if (!goesOn || left.some(([first]) => first === undefined || asks(first)))
    throw new RowProblem(talkProblems.otherQuestion);
  return { prompt: [...given, ...shared], answers: left };
};

/** Whether a text ends where it does in a longer one, and not within a word. */
const isBorder = (before: string, after: string): boolean =>
  !(/[\p{L}\p{N}]$/u.test(before) && /^[\p{L}\p{N}]/u.test(after));

/** A word or two may well begin an answer. */
const MIN_REPEATED = 8;

/** Texts that all begin with their prompt are written without it. */
const joinTexts = (prompt: string, answers: readonly string[], note: Note) => {
  const repeats = (answer: string) =>
    answer.startsWith(prompt) && isBorder(prompt, answer.slice(prompt.length));
  const tells = prompt.trim().length >= MIN_REPEATED;
  if (!tells || !answers.every(repeats)) {
    if (prompt.trim() !== '' && answers.some(repeats)) note('prompt-kept');
    return { prompt, answers: [...answers] };
  }
  note('prompt-repeated');
  return { prompt, answers: answers.map((answer) => answer.slice(prompt.length)) };
};

/**
 * A row's prompt and answers in one kind, decided for this row alone: a text beside conversations becomes a turn; what
 * the answers repeat of the prompt is written once; without a prompt, or with one that is only a label of the
 * conversations, what all answers begin with is the prompt.
 * @throws RowProblem where no prompt can be told from the answers
 */
export const joinPrompt = (
  prompt: Text | undefined,
  answers: readonly Text[],
  note: Note,
): { prompt: Text; answers: Text[] } => {
  const texts = answers.filter((answer): answer is string => typeof answer === 'string');
  if (texts.length === answers.length && !(prompt !== undefined && isConversation(prompt))) {
    if (prompt !== undefined) return joinTexts(prompt, texts, note);
    const { prompt: shared, chosen, rejected } = extractPrompt(texts[0]!, texts[1]!);
    return { prompt: shared, answers: [chosen, rejected] };
  }
  if (prompt === undefined && texts.length > 0) extractPrompt(answers[0]!, answers[1]!);
  const joined = joinTalk(
    prompt,
    answers.map((answer) => asTurns(answer, 'assistant')),
    note,
  );
  return {
    prompt: oneSystem(joined.prompt, note),
    answers: joined.answers.map((answer) => endAtAnswer(answer, note)),
  };
};
