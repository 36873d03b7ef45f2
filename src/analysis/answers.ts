import type { Network } from '../model/network';
import { promptTokens } from '../search/prompt-tokens';
import type { Problem } from '../tasks/task';
import type { AnsweredProblem } from '../train/evaluate';
import { answerProblems } from '../train/evaluate';
import { chainTree } from '../tree/build';
import type { PreferenceTree } from '../tree/tree';
import { yieldToMessages } from '../util/mutex';
import type { AnalysedRun, AnalysisHooks } from './analysis';
import { AnalysisError } from './analysis';

/** What an answer has or has not, told from its text by the run's world. */
export interface Property {
  /** As it is named in sentences: "an answer that is not polite". */
  name: string;
  has(answer: AnsweredProblem): boolean;
}

/** The property that a run's world offers: the absence of its judge's first label, or being wrong. */
export const propertyOf = (run: AnalysedRun, wanted: 'judge' | 'wrong'): Property => {
  const [label] = run.task?.labels ?? [];
  if (wanted === 'judge' && label !== undefined)
    return { name: `not ${label}`, has: ({ judgement }) => (judgement?.labels[label] ?? 1) < 0.5 };
  return { name: 'wrong', has: ({ verdict }) => !verdict.correct };
};

/** @throws AnalysisError where there is no world whose problems could be answered */
export const worldOf = ({ task }: AnalysedRun) => {
  if (task) return task;
  throw new AnalysisError(
    'This analysis lets the model answer problems of a built-in world; open a run on one, such as npm run train -- --method dpo.',
  );
};

/** Answers to problems under one network, drawn at temperature 1: a habit shows in what is sampled. */
export const answersOf = (
  run: AnalysedRun,
  network: Network,
  problems: readonly Problem[],
  { seed, signal }: Pick<AnalysisHooks, 'seed' | 'signal'>,
): Promise<AnsweredProblem[]> =>
  answerProblems(
    { network, tokenizer: run.model.tokenizer },
    worldOf(run),
    problems,
    { temperature: 1, seed, maxTokens: run.document.data.maxTokens, signal },
    yieldToMessages,
  );

/** Answers as trees of one response, to be read. */
export const treesOf = (run: AnalysedRun, answers: readonly AnsweredProblem[]): PreferenceTree[] =>
  answers.map(({ problem, sample }, i) =>
    chainTree({
      id: String(i),
      prompt: promptTokens(run.model.tokenizer, problem),
      steps: [sample.tokens],
    }),
  );
