import type { Method } from '../../methods/method';
import { comparesAnswers } from '../../methods/method';
import type { Params } from '../../methods/params';
import { DataError } from '../data-error';
import type { Shape } from '../formats/read-row';
import type { DatasetSettings, FormatId } from '../settings';

/** What of a method decides which data it can eat. */
export interface MethodNeeds extends Pick<Method, 'name' | 'eats'> {
  /** Labels of steps and answers that its losses read. */
  labels?: { steps: readonly string[]; answers: readonly string[] };
}

/** What a method needs of a file, with these parameters. */
export const needsOf = (method: Method, params: Params): MethodNeeds => {
  const reads = method.passes(params).map(({ objective }) => objective.reads);
  return {
    name: method.name,
    eats: method.eats,
    labels: {
      steps: [...new Set(reads.flatMap(({ stepLabels = [] }) => stepLabels))],
      answers: [...new Set(reads.flatMap(({ answerLabels = [] }) => answerLabels))],
    },
  };
};

/** Labels of answers that rows give. */
const answerLabels = ['desirable'];

const formatNames: Record<FormatId, string> = {
  preference: 'pairs with a prompt',
  'implicit-preference': 'pairs that hold their prompt',
  'two-responses': 'two answers and which is better',
  unpaired: 'single answers with a label',
  'unpaired-messages': 'conversations with a label',
  ranked: 'lists of answers with scores',
  'step-dpo': 'pairs of next steps',
  stepwise: 'answers with a label for every step',
  'prompt-completion': 'prompts with one answer',
  messages: 'conversations',
  solutions: 'questions with right and wrong solutions',
};

/** Formats of single answers with a label, or with one for each step. */
export const isLabelled = (format: FormatId): boolean =>
  format === 'unpaired' || format === 'unpaired-messages' || format === 'stepwise';

/**
 * The examples that a method needs of a format.
 * @throws DataError when the format cannot serve the method, with what would
 */
export const shapeFor = (
  file: string,
  format: FormatId,
  method: MethodNeeds,
  settings: Pick<DatasetSettings, 'pairUnpaired' | 'steps'>,
): Shape => {
  const refuse = (why: string): never => {
    throw new DataError(file, 'format', `has ${formatNames[format]}, and ${method.name} ${why}`);
  };
  const unknown = method.labels?.answers.find((name) => !answerLabels.includes(name));
  if (unknown !== undefined) {
    refuse(
      `reads “${unknown}” of every answer, which only the model that wrote the answers can tell. Train it on the built-in problems, or choose another method for this file`,
    );
  }
  if (!comparesAnswers(method.eats)) return 'scored';
  if (format === 'prompt-completion' || format === 'messages') {
    refuse(
      'compares two answers to one prompt. Train on this file with SFT, or give pairs of chosen and rejected',
    );
  }
  if (isLabelled(format) && !settings.pairUnpaired) {
    refuse(
      'compares two answers to one prompt. Set pairUnpaired to pair right and wrong answers of the same prompt, or choose a method for single answers',
    );
  }
  if (method.labels && method.labels.steps.length > 0) {
    if (format === 'solutions' || format === 'stepwise' || format === 'step-dpo') return 'judged';
    refuse(
      `reads a judgement of every step (${method.labels.steps.join(', ')}). Give questions with right and wrong solutions, whose lines can be judged by their calculations, answers with a label for every step, Step-DPO’s own layout with whole answers, or choose a method for pairs`,
    );
  }
  if (method.eats === 'lists' && (format === 'solutions' || format === 'stepwise')) return 'lists';
  if (method.eats !== 'next-steps') return 'pairs';
  if (format === 'ranked') {
    refuse(
      'compares two steps after the same correct ones. Give pairs of chosen and rejected, or Step-DPO’s own layout',
    );
  }
  if (!['step-dpo', 'solutions', 'stepwise'].includes(format) && settings.steps.rule === 'whole') {
    refuse(
      'compares single steps. Choose a rule for steps, so that the first step in which two answers differ can be found',
    );
  }
  return 'steps';
};
