import * as build from '../../tree/build';
import type { Example, PairExample, ScoredExample, StepExample } from '../formats/example';
import { isConversation, RowProblem } from '../formats/example';
import { shownText } from '../shown-text';
import type { StepOfTokens } from '../text/step-tokens';
import { stepTokens } from '../text/step-tokens';
import type { TextTokenizer } from '../text/tokenize';
import { tokenizeStep } from '../text/tokenize';
import { buildTurnPair, isTalkPair } from './build-turn-pair';
import { answerSpans, buildTurns, writesAlike } from './build-turns';
import type { BuildContext, Built, BuiltResponse } from './built';
import { reasons } from './built';
import { hasOtherTurns } from './check-talk';
import { rankedTree } from './ranked-tree';
import { stepLabels } from './step-labels';
import type { Asked } from './tokenized';
import { isEmpty, ready, shorten, tokenized } from './tokenized';

const tokensOf = (steps: readonly StepOfTokens[]) => steps.map((step) => step.tokens);

const same = (a: readonly number[] | undefined, b: readonly number[] | undefined) =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((token, i) => token === b[i]);

const desirableLabel = ({ desirable }: Pick<ScoredExample['responses'][number], 'desirable'>) =>
  desirable === undefined ? {} : { labels: { desirable: desirable ? 1 : 0 } };

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

/** Both next steps, compared; or one of them by itself. @param kept that one, and what is said of it */
const buildStep = (
  context: BuildContext,
  id: string,
  example: StepExample,
  kept?: Pick<ScoredExample['responses'][number], 'score' | 'desirable'>,
): Built => {
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
  const own = kept && (kept.score > 0 ? chosen : rejected);
  const tree = !own
    ? build.pairTree({
        ...parts,
        chosenSteps: tokensOf(chosen.steps),
        rejectedSteps: tokensOf(rejected.steps),
        scores: { chosen: 1, rejected: 0 },
      })
    : build.chainTree({
        ...parts,
        steps: tokensOf(own.steps),
        score: kept.score,
        ...desirableLabel(kept),
      });
  return {
    tree,
    promptLength: whole.prompt.length,
    promptStart: whole.prompt.slice(0, 2),
    promptTail: whole.promptTail,
    prompt,
    shared,
    responses: own ? [{ ...own, side: 'response' }] : [chosen, rejected],
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
    return [{ response, score: kept[i]!.score, lines: kept[i]!.lines }];
  });
  const tree = rankedTree({
    id,
    prompt: common.prompt,
    responses: ranked.map(({ response, score, lines }) => ({
      steps: tokensOf(response.steps),
      score,
      ...(lines && { labels: stepLabels(response.steps, lines) }),
    })),
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
    ...desirableLabel(answer),
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
      return context.inTurns && isTalkPair(example)
        ? buildTurnPair(context, id, example)
        : buildPair(context, id, example);
    case 'step':
      return buildStep(context, id, example);
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
  if (example.kind === 'step') return buildStep(context, id, example, answer ?? { score: 1 });
  if (example.kind === 'pair')
    return buildChain(context, id, example, answer ?? { text: example.chosen, score: 1 });
  if (!answer) throw new RowProblem('the row has no right answer', shownText(example.where));
  return buildChain(context, id, example, answer);
};
