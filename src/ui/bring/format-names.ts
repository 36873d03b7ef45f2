import type { Part } from '../../data/formats/parts';
import type { FormatId } from '../../data/settings';

export const formatLabels: Record<FormatId, string> = {
  preference: 'Prompt, chosen, rejected',
  'implicit-preference': 'Chosen and rejected with the prompt inside',
  'two-responses': 'Two answers and which is better',
  unpaired: 'Prompt, one answer, label',
  ranked: 'Prompt and answers with scores',
  'step-dpo': 'Step-DPO: prefix, chosen and rejected step',
  stepwise: 'Prompt and steps with labels',
  'prompt-completion': 'Prompt and answer',
  messages: 'Conversations',
  'unpaired-messages': 'Conversations with a label',
  solutions: 'Question and solutions marked right or wrong',
};

export const partLabels: Record<Part | 'solutions', string> = {
  system: 'System message',
  tools: 'Tools',
  prompt: 'Prompt',
  input: 'Input to the prompt',
  history: 'Turns before the prompt',
  chosen: 'Chosen',
  rejected: 'Rejected',
  margin: 'Margin',
  first: 'First answer',
  second: 'Second answer',
  better: 'Which is better',
  completion: 'Answer',
  label: 'Label (right or wrong)',
  responses: 'Answers',
  scores: 'Scores',
  prefix: 'Correct steps so far',
  fullChosen: 'Whole right answer',
  fullRejected: 'Whole wrong answer',
  steps: 'Steps of an answer',
  stepLabels: 'A label for each step',
  messages: 'Messages',
  groundTruth: 'Right result',
  solutions: 'Solutions',
};
