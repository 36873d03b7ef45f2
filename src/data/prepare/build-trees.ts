import * as build from '../../tree/build';
import type { PreferenceTree } from '../../tree/tree';
import { isUser } from '../formats/conversation';
import type { Example, PairExample, ScoredExample, StepExample, Text } from '../formats/example';
import { isConversation, RowProblem, saysMore } from '../formats/example';
import type { Note } from '../formats/note';
import type { DatasetSettings } from '../settings';
import { shownText } from '../shown-text';
import type { StepOfTokens } from '../text/step-tokens';
import { stepTokens } from '../text/step-tokens';
import type { TextTokenizer } from '../text/tokenize';
import { tokenizeExample, tokenizeStep } from '../text/tokenize';
import type { Cut } from '../text/truncate';
import { truncateAll } from '../text/truncate';
import { answerSpans, buildTurns, writesAlike } from './build-turns';
import type { TalkCheck } from './check-talk';
import { hasOtherTurns } from './check-talk';
import { rankedTree } from './ranked-tree';

type Side = 'chosen' | 'rejected' | 'response';

/** One response on its way into a tree, with what the report wants to know of it. */
export interface BuiltResponse {
  side: Side;
  score?: number;
  steps: StepOfTokens[];
  /** In tokens, before anything was cut. */
  length: number;
  cut: Cut['cut'];
  /** Uncut tokens; `answerEnds` says whether they are an answer to its end. */
  tokens: readonly number[];
  answerEnds: boolean;
}

export interface Built {
  tree: PreferenceTree;
  promptLength: number;
  /** The first tokens of the prompt before it was cut. */
  promptStart: readonly number[];
  /** Tokens at the end of the prompt that its whole does not have. */
  promptTail: readonly number[];
  prompt: readonly number[];
  shared: StepOfTokens[];
  responses: BuiltResponse[];
}

export interface BuildContext {
  text: TextTokenizer;
  settings: DatasetSettings;
  /** Pairs become their first differing steps, after the shared ones. */
  stepwise: boolean;
  /** Looks at each conversation before it is written. */
  check: TalkCheck;
  note: Note;
}

/** Reasons that the report counts by themselves. */
export const reasons = {
  emptyPrompt: 'the prompt is empty',
  emptySide: 'an answer is empty',
  equalSides: 'chosen and rejected are the same',
  promptFills: 'the prompt alone fills the length, so that nothing of an answer is left',
} as const;

/** Cuts to length. @throws RowProblem when nothing is left */
const shorten = (
  { settings }: BuildContext,
  prompt: readonly number[],
  responses: readonly (readonly number[])[],
): { prompt: number[]; cuts: Cut[] } => {
  if (prompt.length === 0) throw new RowProblem(reasons.emptyPrompt);
  if (responses.some((tokens) => tokens.length === 0)) throw new RowProblem(reasons.emptySide);
  const { prompt: left, responses: cuts } = truncateAll(prompt, responses, settings);
  if (left.length === 0 || cuts.some((cut) => cut.response.length === 0)) {
    throw new RowProblem(
      reasons.promptFills,
      `${prompt.length} tokens of prompt and ${responses.map((r) => r.length).join(', ')} of answer`,
    );
  }
  return { prompt: left, cuts };
};

const tokensOf = (steps: readonly StepOfTokens[]) => steps.map((step) => step.tokens);

const isEmpty = (text: PairExample['chosen']): boolean =>
  typeof text === 'string'
    ? text.trim() === ''
    : text.every(({ content, extra }) => (content ?? '').trim() === '' && !saysMore(extra));

const same = (a: readonly number[] | undefined, b: readonly number[] | undefined) =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((token, i) => token === b[i]);

type Asked = Pick<Example, 'prompt' | 'tools'>;

/** The tokenizer with a row's tools in every rendering, after a look at what the row says. @throws RowProblem */
const ready = (context: BuildContext, { prompt, tools }: Asked, answers: Text[]): TextTokenizer => {
  const { text } = context;
  const questions = isConversation(prompt) ? prompt.filter(isUser) : [];
  if (isConversation(prompt) ? questions.length > 0 && isEmpty(questions) : isEmpty(prompt)) {
    throw new RowProblem(reasons.emptyPrompt);
  }
  if (answers.some(isEmpty)) throw new RowProblem(reasons.emptySide);
  const { render } = text;
  if (!render || !isConversation(prompt)) return text;
  context.check({ prompt, answers: answers.length > 0 ? answers : [[]], tools }, render);
  return tools ? { ...text, render: (messages, ask) => render(messages, ask, tools) } : text;
};

const tokenized = (context: BuildContext, asked: Asked, answers: Text[]) => {
  const text = ready(context, asked, answers);
  if (answers.some(hasOtherTurns)) context.note('other-turns');
  const whole = tokenizeExample(text, asked.prompt, answers);
  const { prompt: left, cuts } = shorten(
    context,
    whole.prompt,
    whole.responses.map((r) => r.tokens),
  );
  const responses = whole.responses.map(({ tokens, content }, i) => ({
    steps: stepTokens(context.text.tokenizer, cuts[i]!.response, context.settings.steps, content),
    length: tokens.length,
    cut: cuts[i]!.cut,
    tokens,
    answerEnds: true,
  }));
  const common = {
    promptLength: whole.prompt.length,
    promptStart: whole.prompt.slice(0, 2),
    promptTail: whole.promptTail,
    prompt: left,
  };
  return { common, responses };
};

const buildPair = (context: BuildContext, id: string, example: PairExample): Built => {
  const { common, responses } = tokenized(context, example, [example.chosen, example.rejected]);
  const [chosen, rejected] = [responses[0]!, responses[1]!];
  let n = 0;
  while (same(chosen.steps[n]?.tokens, rejected.steps[n]?.tokens)) n++;
  if (n === chosen.steps.length && n === rejected.steps.length) throw new RowProblem(reasons.equalSides);
  let shared: StepOfTokens[] = [];
  if (context.stepwise) {
    if (n === chosen.steps.length || n === rejected.steps.length) {
      throw new RowProblem(
        'one answer is the beginning of the other, so that there are no two steps to compare',
      );
    }
    shared = chosen.steps.slice(0, n);
    chosen.answerEnds = n === chosen.steps.length - 1;
    rejected.answerEnds = n === rejected.steps.length - 1;
    chosen.steps = [chosen.steps[n]!];
    rejected.steps = [rejected.steps[n]!];
  }
  const tree = build.pairTree({
    id,
    prompt: common.prompt,
    sharedSteps: tokensOf(shared),
    chosenSteps: tokensOf(chosen.steps),
    rejectedSteps: tokensOf(rejected.steps),
    scores: { chosen: 1, rejected: 0 },
    ...(example.margin !== undefined && { margin: example.margin }),
  });
  return {
    tree,
    ...common,
    shared,
    responses: [
      { side: 'chosen', ...chosen },
      { side: 'rejected', ...rejected },
    ],
  };
};

const buildStep = (context: BuildContext, id: string, example: StepExample, compare: boolean): Built => {
  const { settings } = context;
  const text = ready(context, example, []);
  if (example.chosen.trim() === '' || example.rejected.trim() === '') throw new RowProblem(reasons.emptySide);
  if (example.chosen === example.rejected) throw new RowProblem(reasons.equalSides);
  const whole = tokenizeStep(text, example);
  const sides = [whole.chosen, whole.rejected];
  const { prompt, cuts } = shorten(
    context,
    whole.prompt,
    sides.map((side) => [...whole.prefix, ...side]),
  );
  const left = cuts.map((cut) => cut.response.slice(whole.prefix.length));
  if (left.some((tokens) => tokens.length === 0)) {
    throw new RowProblem(
      reasons.promptFills,
      `${whole.prompt.length + whole.prefix.length} tokens before the step`,
    );
  }
  const shared = stepTokens(text.tokenizer, whole.prefix, settings.steps);
  const response = (side: 'chosen' | 'rejected', i: number, answerEnds: boolean): BuiltResponse => ({
    side,
    steps: [{ text: text.tokenizer.decode(left[i]!, { keepSpecial: true }), tokens: left[i]! }],
    length: sides[i]!.length,
    cut: cuts[i]!.cut,
    tokens: sides[i]!,
    answerEnds,
  });
  const chosen = response('chosen', 0, example.chosenEnds);
  const rejected = response('rejected', 1, example.rejectedEnds);
  if (same(left[0], left[1])) throw new RowProblem(reasons.equalSides);
  const parts = { id, prompt, sharedSteps: tokensOf(shared) };
  const tree = compare
    ? build.pairTree({
        ...parts,
        chosenSteps: tokensOf(chosen.steps),
        rejectedSteps: tokensOf(rejected.steps),
        scores: { chosen: 1, rejected: 0 },
      })
    : build.chainTree({ ...parts, steps: tokensOf(chosen.steps), score: 1 });
  return {
    tree,
    promptLength: whole.prompt.length,
    promptStart: whole.prompt.slice(0, 2),
    promptTail: whole.promptTail,
    prompt,
    shared,
    responses: compare ? [chosen, rejected] : [{ ...chosen, side: 'response' }],
  };
};

const buildRanked = (context: BuildContext, id: string, example: ScoredExample): Built => {
  const kept = example.responses.filter(({ text }) => !isEmpty(text));
  if (kept.length === 0) throw new RowProblem(reasons.emptySide);
  const { common, responses } = tokenized(
    context,
    example,
    kept.map(({ text }) => text),
  );
  const seen = new Set<string>();
  const ranked = responses.flatMap((response, i) => {
    const key = response.steps.map((step) => step.tokens.join(' ')).join('|');
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ response, score: kept[i]!.score }];
  });
  const tree = rankedTree({
    id,
    prompt: common.prompt,
    responses: ranked.map(({ response, score }) => ({ steps: tokensOf(response.steps), score })),
    pairs: context.settings.rankedPairs,
  });
  if (tree.comparisons.length === 0) {
    throw new RowProblem('no two different answers have different scores', `${ranked.length} answers`);
  }
  const best = Math.max(...ranked.map(({ score }) => score));
  return {
    tree,
    ...common,
    shared: [],
    responses: ranked.map(({ response, score }) => ({
      side: score === best ? 'chosen' : 'rejected',
      score,
      ...response,
    })),
  };
};

const buildChain = (
  context: BuildContext,
  id: string,
  asked: Asked,
  answer: ScoredExample['responses'][number],
): Built => {
  const { prompt } = asked;
  if (isConversation(prompt) && isConversation(answer.text) && hasOtherTurns(answer.text)) {
    const text = ready(context, asked, [answer.text]);
    return buildTurns({ ...context, text }, id, [...prompt, ...answer.text], prompt.length, answer.score);
  }
  const { common, responses } = tokenized(context, asked, [answer.text]);
  const response = responses[0]!;
  const tree = build.chainTree({
    id,
    prompt: common.prompt,
    steps: tokensOf(response.steps),
    score: answer.score,
  });
  return { tree, ...common, shared: [], responses: [{ side: 'response', score: answer.score, ...response }] };
};

/**
 * An answer of several turns, one for each where the template writes earlier answers otherwise than the last: each is
 * then learned as it is given. @throws DataError from the template
 */
export const turnByTurn = (
  { text, note }: BuildContext,
  { prompt, tools }: Asked,
  answer: ScoredExample['responses'][number],
): (Pick<ScoredExample, 'prompt'> & { answer: ScoredExample['responses'][number] })[] => {
  if (!isConversation(prompt) || !isConversation(answer.text) || !hasOtherTurns(answer.text))
    return [{ prompt, answer }];
  const turns = [...prompt, ...answer.text];
  const spans = answerSpans(turns, prompt.length);
  const { render } = text;
  const own =
    render && tools ? { ...text, render: (m: typeof turns, ask: boolean) => render(m, ask, tools) } : text;
  if (writesAlike(own as TextTokenizer, turns, spans)) return [{ prompt, answer }];
  note('turn-by-turn');
  return spans.map(({ from, to }) => ({
    prompt: turns.slice(0, from),
    answer: { ...answer, text: turns.slice(from, to) },
  }));
};

/** Builds the tree of a pair, a pair of steps, or a list of scored answers to compare. @throws RowProblem */
export const buildCompared = (context: BuildContext, id: string, example: Example): Built => {
  switch (example.kind) {
    case 'pair':
      return buildPair(context, id, example);
    case 'step':
      return buildStep(context, id, example, true);
    case 'scored':
      return buildRanked(context, id, example);
  }
};

/** Builds one tree per answer, nothing compared: of pairs the chosen side. @throws RowProblem */
export const buildSingle = (
  context: BuildContext,
  id: string,
  example: Example,
  answer?: ScoredExample['responses'][number],
): Built => {
  if (example.kind === 'step') return buildStep(context, id, example, false);
  if (example.kind === 'pair') return buildChain(context, id, example, { text: example.chosen, score: 1 });
  if (!answer) throw new RowProblem('the row has no right answer', shownText(example.where));
  return buildChain(context, id, example, answer);
};
