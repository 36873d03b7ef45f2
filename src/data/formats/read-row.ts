import { isObject } from '../rows/parse-json';
import type { GoodRow } from '../rows/row-source';
import type { ColumnMapping, DatasetSettings, FormatId } from '../settings';
import { shownValue } from '../shown-text';
import {
  atFirstAnswer,
  atLastAnswer,
  endAtAnswer,
  isUser,
  joinPrompt,
  oneSystem,
  talkProblems,
  withSystem,
} from './conversation';
import type { Example, ScoredExample, Text } from './example';
import { isConversation, RowProblem } from './example';
import { inTurns } from './in-turns';
import { readLabel } from './labels';
import type { Note } from './note';
import { readQuestion, readSystem, readTools, underSystem } from './question';
import { isMessages, readMessages, readText } from './read-messages';
import { cell, readList, readNumber } from './read-value';
import { solutionExamples } from './solutions';
import { stepDpoExample } from './step-dpo';
import { readJudgedSteps } from './stepwise';
import { betterOfTwo } from './two-responses';

/** What a method eats; see `methodShape`. */
export type Shape =
  | 'pairs'
  /** Two next steps. */
  | 'steps'
  /** Answers one by one. */
  | 'scored'
  /** Of solutions: all answers to a question at once, by score. */
  | 'lists'
  /** The same, with every line judged. */
  | 'judged';

const readResponse = (
  item: unknown,
  column: string,
  score: number | undefined,
  note: Note,
): ScoredExample['responses'][number] => {
  const isTurns = isMessages(item) || (isObject(item) && isMessages(cell(item, 'messages')));
  const own = isObject(item)
    ? (cell(item, 'score') ?? cell(item, 'rating') ?? cell(item, 'reward') ?? cell(item, 'overall_score'))
    : undefined;
  const text = isTurns
    ? isObject(item) && !isMessages(item)
      ? cell(item, 'messages')
      : item
    : isObject(item)
      ? (cell(item, 'text') ?? cell(item, 'content') ?? cell(item, 'response') ?? cell(item, 'completion'))
      : item;
  const value = score ?? (own === undefined ? undefined : readNumber(own, `${column}.score`));
  if (value === undefined) throw new RowProblem(`a response in "${column}" has no score`, shownValue(item));
  return { text: readText(text, column, note), score: value };
};

const examplesOf = (
  { where, value: row }: GoodRow,
  format: FormatId,
  mapping: ColumnMapping,
  settings: Parameters<typeof readRow>[3],
  shape: Shape,
  note: Note,
): Example[] => {
  const column = (part: Exclude<keyof ColumnMapping, 'solutions'>) => mapping[part] ?? part;
  const at = (part: Exclude<keyof ColumnMapping, 'solutions'>) => cell(row, column(part));
  const text = (part: Exclude<keyof ColumnMapping, 'solutions'>) => readText(at(part), column(part), note);
  const system = readSystem(row, mapping);
  /** Prompt and answers of one kind, the system text before them. */
  const joined = (answers: readonly Text[], prompt = readQuestion(row, mapping, note)) => {
    if (prompt === undefined && !(answers.length > 0 && answers.every(isConversation))) text('prompt');
    return under(joinPrompt(prompt, answers, note));
  };
  const under = (parts: { prompt: Text; answers: Text[] }) => ({
    prompt: underSystem(system, parts.prompt, note),
    answers: parts.answers,
  });
  switch (format) {
    case 'preference':
    case 'implicit-preference': {
      const sides = [text('chosen'), text('rejected')];
      const { prompt, answers } =
        format === 'preference' ? joined(sides) : under(joinPrompt(undefined, sides, note));
      const margin = mapping.margin === undefined ? undefined : at('margin');
      return [
        {
          kind: 'pair',
          where,
          prompt,
          chosen: answers[0]!,
          rejected: answers[1]!,
          ...(margin !== undefined && margin !== null && { margin: readNumber(margin, column('margin')) }),
        },
      ];
    }
    case 'two-responses': {
      const [first, second, better] = [column('first'), column('second'), column('better')];
      const sides = betterOfTwo(row, { first, second, better }, settings.labels);
      const pair = mapping.prompt === undefined ? 'implicit-preference' : 'preference';
      return examplesOf({ where, value: row }, pair, { ...mapping, ...sides }, settings, shape, note);
    }
    case 'unpaired-messages': {
      const score = Number(readLabel(at('label'), column('label'), settings.labels));
      // The label is about the last answer; the turns before it are given, but where nothing is compared.
      const own = shape === 'scored' ? settings : { ...settings, turns: 'last' as const };
      return examplesOf({ where, value: row }, 'messages', mapping, own, shape, note).map((example) =>
        example.kind === 'scored'
          ? { ...example, responses: example.responses.map(({ text: said }) => ({ text: said, score })) }
          : example,
      );
    }
    case 'unpaired':
    case 'prompt-completion': {
      const { prompt, answers } = joined([text('completion')]);
      const score =
        format === 'unpaired' ? Number(readLabel(at('label'), column('label'), settings.labels)) : 1;
      return [{ kind: 'scored', where, prompt, responses: [{ text: answers[0]!, score }] }];
    }
    case 'ranked': {
      const items = readList(at('responses'), column('responses'));
      const scores = mapping.scores === undefined ? undefined : at('scores');
      const list = scores === undefined || scores === null ? undefined : readList(scores, column('scores'));
      if (list && list.length !== items.length) {
        throw new RowProblem(
          `"${column('responses')}" and "${column('scores')}" have different lengths`,
          `${items.length} and ${list.length}`,
        );
      }
      const responses = items.map((item, i) =>
        readResponse(item, column('responses'), list && readNumber(list[i], column('scores')), note),
      );
      if (responses.length === 0) throw new RowProblem('the row has no response');
      const { prompt, answers } = joined(responses.map((r) => r.text));
      return [
        {
          kind: 'scored',
          where,
          prompt,
          responses: responses.map(({ score }, i) => ({ text: answers[i]!, score })),
        },
      ];
    }
    case 'step-dpo': {
      const prompt = underSystem(system, readQuestion(row, mapping, note) ?? text('prompt'), note);
      return [stepDpoExample(row, where, mapping, prompt, shape === 'judged' ? 'judged' : 'steps')];
    }
    case 'stepwise': {
      const columns = { steps: column('steps'), labels: column('stepLabels') };
      const lines = readJudgedSteps(at('steps'), at('stepLabels'), columns);
      const { prompt, answers } = joined([lines.map((line) => line.text).join('')]);
      const score = lines.every(({ labels }) => labels['correct'] === 1) ? 1 : 0;
      return [{ kind: 'scored', where, prompt, responses: [{ text: answers[0]!, score, lines }] }];
    }
    case 'messages': {
      const read = readMessages(at('messages'), column('messages'), note);
      const turns = endAtAnswer(oneSystem(read, note), note);
      const { before, rest } = settings.turns === 'all' ? atFirstAnswer(turns) : atLastAnswer(turns);
      if (!before.some(isUser)) throw new RowProblem(talkProblems.noUser);
      const prompt = system === undefined ? before : withSystem(system, before, note);
      return [{ kind: 'scored', where, prompt, responses: [{ text: rest, score: 1 }] }];
    }
    case 'solutions': {
      const prompt = underSystem(system, readQuestion(row, mapping, note) ?? text('prompt'), note);
      return solutionExamples(
        row,
        where,
        { groundTruth: mapping.groundTruth, solutions: mapping.solutions ?? [] },
        // A question that stands as a text ends in a line break.
        isConversation(prompt) || settings.plainRows === 'chat' ? prompt : `${prompt}\n`,
        { shape, limit: settings.pairsPerRow, annotations: settings.annotations, note },
      );
    }
  }
};

/**
 * The examples of one row.
 * @param mapping with every part of the format; from `resolveMapping`
 * @param note told what of the row is used otherwise than it stands there
 * @throws RowProblem when the row cannot be used
 */
export const readRow = (
  row: GoodRow,
  format: FormatId,
  mapping: ColumnMapping,
  settings: Pick<DatasetSettings, 'annotations' | 'pairsPerRow' | 'plainRows' | 'turns' | 'labels'>,
  shape: Shape,
  note: Note = () => {},
): Example[] => {
  const tools = readTools(row.value, mapping);
  const examples = examplesOf(row, format, mapping, settings, shape, note);
  // What stands beside a conversation becomes turns; so does all where there are tools, which only a template writes.
  return examples.map((example) => {
    if (tools) return { ...inTurns(example), tools };
    return isConversation(example.prompt) ? inTurns(example) : example;
  });
};
