import type { PreferenceTree } from '../../tree/tree';
import type { Note } from '../formats/note';
import type { DatasetSettings } from '../settings';
import type { StepOfTokens } from '../text/step-tokens';
import type { TextTokenizer } from '../text/tokenize';
import type { Cut } from '../text/truncate';
import type { TalkCheck } from './check-talk';

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
  /** Of conversations that are compared every turn of the assistant is a step, and what stands between them is given. */
  inTurns: boolean;
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
