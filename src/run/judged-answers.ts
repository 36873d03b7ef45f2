import { answersTree } from '../search/answers-tree';
import { promptTokens } from '../search/prompt-tokens';
import { answerOfSample } from '../search/sample-answers';
import { soundSteps } from '../search/sound-steps';
import type { Problem } from '../tasks/task';
import { answerProblems } from '../train/evaluate';
import type { PreferenceTree } from '../tree/tree';
import { yieldToMessages } from '../util/mutex';
import type { RunParts } from './pass-runner';
import type { RunContext } from './run-context';

/** Problems answered at most. */
const PROBLEMS = 100;

/**
 * Held-out problems as the model that the run began with answers them at temperature 1, each a tree of one answer whose steps say what
 * the verifier thinks of them (`correct`; `q`, 1 as long as all is right so far). Nothing of a world whose steps are another's turns.
 */
export const judgedAnswers = async (
  { task, model, document, signal }: RunContext,
  { weights }: RunParts,
  problems: readonly Problem[],
): Promise<PreferenceTree[]> => {
  if (task.environment) return [];
  const { tokenizer } = model;
  const asked = problems.slice(0, PROBLEMS);
  const answers = await answerProblems(
    { network: weights.reference(), tokenizer },
    task,
    asked,
    { temperature: 1, seed: document.seed, maxTokens: document.data.maxTokens, signal },
    yieldToMessages,
  );
  return answers.flatMap(({ problem, sample }, i) => {
    const answer = answerOfSample({ task, tokenizer }, problem, sample);
    if (!answer) return [];
    const own = { steps: soundSteps(answer) };
    const prompt = promptTokens(tokenizer, problem);
    return [answersTree({ id: `${i}/${problem.id}`, prompt, answers: [own], comparisons: [] })];
  });
};
