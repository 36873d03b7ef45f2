import type { PreferenceTree, TreeNode } from '../../tree/tree';
import { isAssistant } from '../formats/conversation';
import type { Message } from '../formats/example';
import { RowProblem, saysMore } from '../formats/example';
import type { Note } from '../formats/note';
import type { DatasetSettings } from '../settings';
import type { StepOfTokens } from '../text/step-tokens';
import { stepTokens } from '../text/step-tokens';
import type { TextTokenizer } from '../text/tokenize';
import { commonPrefix, renderOr } from '../text/tokenize';
import { truncate } from '../text/truncate';
import type { Built } from './built';
import { reasons } from './built';

/** A stretch of answers within a conversation, by its turns: [from, to). */
export interface AnswerSpan {
  from: number;
  to: number;
}

/** Whether a turn says nothing at all. */
const isBlank = ({ content, extra }: Message): boolean => (content ?? '').trim() === '' && !saysMore(extra);

/** The stretches of the assistant's turns from turn `start` on; one that says nothing is no answer. */
export const answerSpans = (turns: readonly Message[], start: number): AnswerSpan[] => {
  const spans: AnswerSpan[] = [];
  for (let i = start; i < turns.length; i++) {
    if (!isAssistant(turns[i]!) || isBlank(turns[i]!)) continue;
    const last = spans.at(-1);
    if (last?.to === i) last.to = i + 1;
    else spans.push({ from: i, to: i + 1 });
  }
  return spans;
};

/**
 * Whether a template writes the turns of a conversation alike, however it goes on. Some leave out what was thought before
 * earlier answers, or end only the last turn; then the answers of one text are not those that the model gives.
 */
export const writesAlike = (
  { render }: TextTokenizer,
  turns: readonly Message[],
  spans: readonly AnswerSpan[],
): boolean => {
  if (!render) return true;
  const whole = render(turns, false);
  return spans.every(({ to }) => to === turns.length || whole.startsWith(render(turns.slice(0, to), false)));
};

interface Piece {
  /** Tokens of the whole: [start, end). */
  start: number;
  end: number;
  learned: boolean;
  content: string | undefined;
}

/**
 * Finds how many tokens of a whole are those of its beginning, as `commonPrefix` of both encoded does. Beginnings come in
 * growing order, so that mostly only what is new in one has to be encoded.
 */
const prefixCounter = ({ tokenizer }: TextTokenizer, written: string) => {
  const whole = tokenizer.encode(written);
  let known = { text: 0, tokens: 0 };
  const count = (start: string): { n: number; tail: number[] } => {
    if (written.startsWith(start) && start.length >= known.text) {
      const more = tokenizer.encode(start.slice(known.text));
      if (more.every((token, i) => token === whole[known.tokens + i])) {
        known = { text: start.length, tokens: known.tokens + more.length };
        return { n: known.tokens, tail: [] };
      }
    }
    const alone = tokenizer.encode(start);
    const n = commonPrefix(alone, whole);
    if (n === alone.length && written.startsWith(start)) known = { text: start.length, tokens: n };
    return { n, tail: alone.slice(n) };
  };
  return { whole, count };
};

/** The whole in tokens, and its pieces from the first answer on: answers, and what is said between them. */
const piecesOf = (text: TextTokenizer, turns: readonly Message[], spans: readonly AnswerSpan[]) => {
  const write = renderOr(text);
  const { whole, count } = prefixCounter(text, write(turns, false));
  const pieces: Piece[] = [];
  let tail: number[] = [];
  for (const { from, to } of spans) {
    const { n, tail: left } = count(write(turns.slice(0, from), true));
    const before = pieces.at(-1)?.end;
    if (before === undefined) tail = left;
    else if (n > before) pieces.push({ start: before, end: n, learned: false, content: undefined });
    const start = Math.max(n, before ?? 0);
    const end = to === turns.length ? whole.length : count(write(turns.slice(0, to), false)).n;
    const content = to - from === 1 ? (turns[from]!.content ?? undefined) : undefined;
    if (end > start) pieces.push({ start, end, learned: true, content });
  }
  return { whole, pieces, tail };
};

/**
 * A conversation as one chain of which every answer is learned and what stands between them is given, as TRL's SFT does
 * with `assistant_only_loss`. The prompt is what comes before the first answer.
 * @param start the turn from which on answers are learned
 * @throws RowProblem when nothing of an answer is left
 */
export const buildTurns = (
  { text, settings, note }: { text: TextTokenizer; settings: DatasetSettings; note: Note },
  id: string,
  turns: readonly Message[],
  start: number,
  score: number,
): Built => {
  if (turns.slice(start).some((turn) => isAssistant(turn) && isBlank(turn))) note('empty-turn');
  const { whole, pieces, tail } = piecesOf(text, turns, answerSpans(turns, start));
  const first = pieces[0];
  if (!first) throw new RowProblem(reasons.emptySide);
  if (first.start === 0) throw new RowProblem(reasons.emptyPrompt);
  const places = whole.map((_, i) => i);
  const { prompt, response, cut } = truncate(
    places.slice(0, first.start),
    places.slice(first.start),
    settings,
  );
  const kept = [...prompt, ...response];
  const [from = 0, to = 0] = [kept[0], (kept.at(-1) ?? -1) + 1];
  // The first token of all is predicted by nothing, so that it is given.
  const within = pieces.flatMap((piece) => {
    const own = { ...piece, start: Math.max(piece.start, from + 1), end: Math.min(piece.end, to) };
    return own.end > own.start ? [own] : [];
  });
  const learnedFrom = within.findIndex(({ learned }) => learned);
  if (learnedFrom < 0) {
    throw new RowProblem(
      reasons.promptFills,
      `${first.start} tokens before the first answer, ${whole.length} in all`,
    );
  }
  const used = within.slice(learnedFrom);
  const given = whole.slice(from, used[0]!.start);
  const steps = used.flatMap((piece): StepOfTokens[] => {
    const tokens = whole.slice(piece.start, piece.end);
    if (piece.learned) return stepTokens(text.tokenizer, tokens, settings.steps, piece.content);
    return [{ text: text.tokenizer.decode(tokens, { keepSpecial: true }), tokens, given: true }];
  });
  const last = steps.map((step) => step.given !== true).lastIndexOf(true);
  const learned = steps.slice(0, last + 1);
  const nodes: TreeNode[] = [
    { parent: -1, tokens: given, role: 'prompt', scored: false },
    ...learned.map(
      (step, i): TreeNode => ({
        parent: i,
        tokens: step.tokens,
        role: step.given ? 'observation' : 'step',
        scored: !step.given,
      }),
    ),
  ];
  const tree: PreferenceTree = { id, nodes, responses: [{ leaf: nodes.length - 1, score }], comparisons: [] };
  return {
    tree,
    promptLength: first.start,
    promptStart: whole.slice(0, 2),
    promptTail: tail,
    prompt: given,
    shared: [],
    responses: [
      {
        side: 'response',
        score,
        steps: learned,
        length: whole.length - first.start,
        cut,
        tokens: whole.slice(first.start),
        answerEnds: true,
      },
    ],
  };
};
