import { isObject } from '../rows/parse-json';
import type { GoodRow } from '../rows/row-source';
import type { ColumnMapping, DatasetSettings, FormatId } from '../settings';
import { shownValue } from '../shown-text';
import type { Example, ScoredExample, Text } from './example';
import { isConversation, RowProblem } from './example';
import { extractPrompt } from './extract-prompt';
import { cell, readBoolean, readList, readMessages, readNumber, readString, readText } from './read-value';
import { solutionExamples } from './solutions';

/** What a method eats; see `methodShape`. */
export type Shape = 'pairs' | 'steps' | 'scored';

const wrap = (text: Text, role: string): Text =>
  typeof text === 'string' ? [{ role, content: text }] : text;

/** One kind for all sides: a text beside conversations becomes a message. */
const alike = (prompt: Text, answers: readonly Text[]): { prompt: Text; answers: Text[] } =>
  [prompt, ...answers].some(isConversation)
    ? { prompt: wrap(prompt, 'user'), answers: answers.map((a) => wrap(a, 'assistant')) }
    : { prompt, answers: [...answers] };

const readResponse = (
  item: unknown,
  column: string,
  score: number | undefined,
): ScoredExample['responses'][number] => {
  const own = isObject(item)
    ? (cell(item, 'score') ?? cell(item, 'rating') ?? cell(item, 'reward') ?? cell(item, 'overall_score'))
    : undefined;
  const text = isObject(item)
    ? (cell(item, 'text') ?? cell(item, 'content') ?? cell(item, 'response') ?? cell(item, 'completion'))
    : item;
  const value = score ?? (own === undefined ? undefined : readNumber(own, `${column}.score`));
  if (value === undefined) throw new RowProblem(`a response in "${column}" has no score`, shownValue(item));
  return { text: readText(text, column), score: value };
};

/**
 * The examples of one row.
 * @param mapping with every part of the format; from `resolveMapping`
 * @throws RowProblem when the row cannot be used
 */
export const readRow = (
  { where, value: row }: GoodRow,
  format: FormatId,
  mapping: ColumnMapping,
  settings: Pick<DatasetSettings, 'annotations' | 'pairsPerRow' | 'plainRows'>,
  shape: Shape,
): Example[] => {
  const column = (part: Exclude<keyof ColumnMapping, 'solutions'>) => mapping[part] ?? part;
  const at = (part: Exclude<keyof ColumnMapping, 'solutions'>) => cell(row, column(part));
  const text = (part: Exclude<keyof ColumnMapping, 'solutions'>) => readText(at(part), column(part));
  const withSystem = (prompt: Text): Text => {
    const system = mapping.system === undefined ? undefined : at('system');
    if (typeof system !== 'string' || system === '') return prompt;
    return [{ role: 'system', content: system }, ...(wrap(prompt, 'user') as Exclude<Text, string>)];
  };
  switch (format) {
    case 'preference':
    case 'implicit-preference': {
      const sides = { chosen: text('chosen'), rejected: text('rejected') };
      const parts =
        format === 'preference'
          ? { prompt: withSystem(text('prompt')), ...sides }
          : extractPrompt(sides.chosen, sides.rejected);
      const { prompt, answers } = alike(parts.prompt, [parts.chosen, parts.rejected]);
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
    case 'unpaired':
    case 'prompt-completion': {
      const { prompt, answers } = alike(withSystem(text('prompt')), [text('completion')]);
      const score = format === 'unpaired' ? Number(readBoolean(at('label'), column('label'))) : 1;
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
        readResponse(item, column('responses'), list && readNumber(list[i], column('scores'))),
      );
      if (responses.length === 0) throw new RowProblem('the row has no response');
      const { prompt, answers } = alike(
        withSystem(text('prompt')),
        responses.map((r) => r.text),
      );
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
      const prefixValue = at('prefix');
      const prefix =
        prefixValue === null || prefixValue === '' ? '' : readString(prefixValue, column('prefix'));
      const side = (part: 'chosen' | 'rejected', full: 'fullChosen' | 'fullRejected') => {
        const step = readString(at(part), column(part));
        const whole = mapping[full] === undefined ? undefined : at(full);
        // The whole answer may be given with the steps so far or without.
        const ends = typeof whole === 'string' && step.trim() !== '' && whole.trimEnd().endsWith(step.trim());
        return { step, ends };
      };
      const chosen = side('chosen', 'fullChosen');
      const rejected = side('rejected', 'fullRejected');
      return [
        {
          kind: 'step',
          where,
          prompt: withSystem(text('prompt')),
          prefix,
          chosen: chosen.step,
          rejected: rejected.step,
          chosenEnds: chosen.ends,
          rejectedEnds: rejected.ends,
        },
      ];
    }
    case 'messages': {
      const messages = readMessages(at('messages'), column('messages'));
      const last = messages.at(-1)!;
      if (last.role !== 'assistant') {
        throw new RowProblem(
          'the conversation does not end with an answer',
          `its last message is of "${last.role}"`,
        );
      }
      if (messages.length < 2) throw new RowProblem('the conversation has an answer and no question');
      return [
        { kind: 'scored', where, prompt: messages.slice(0, -1), responses: [{ text: [last], score: 1 }] },
      ];
    }
    case 'solutions':
      return solutionExamples(
        row,
        where,
        { prompt: column('prompt'), groundTruth: mapping.groundTruth, solutions: mapping.solutions ?? [] },
        {
          shape,
          limit: settings.pairsPerRow,
          annotations: settings.annotations,
          asChat: settings.plainRows === 'chat',
        },
      );
  }
};
