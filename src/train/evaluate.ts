import { generate } from '../model/generate';
import type { Network } from '../model/network';
import type { Sample } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Problem, Task, Verdict } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { createRng } from '../util/rng';
import { wilson } from '../util/wilson';

export interface AnsweringModel {
  network: Network;
  tokenizer: Tokenizer;
}

export interface AnsweredProblem {
  problem: Problem;
  text: string;
  sample: Sample;
  verdict: Verdict;
}

/**
 * Answers problems, greedily at temperature 0. `between` is awaited after every token of the batch.
 * An answer that ran into maxTokens counts as it stands.
 */
export const answerProblems = async (
  model: AnsweringModel,
  task: Task,
  problems: readonly Problem[],
  options: { temperature: number; seed: number; maxTokens: number; signal?: AbortSignal },
  between?: () => Promise<void>,
): Promise<AnsweredProblem[]> => {
  const requests = problems.map((p) => ({ tokens: promptTokens(model.tokenizer, p) }));
  const samples = await generate(
    model.network,
    requests,
    { temperature: options.temperature, count: 1, maxTokens: options.maxTokens },
    createRng(options.seed).fork('answers'),
    { ...(options.signal ? { signal: options.signal } : {}), ...(between ? { onToken: between } : {}) },
  );
  return problems.map((problem, i) => {
    const sample = samples[i]![0]!;
    const text = model.tokenizer.decode(sample.tokens);
    return { problem, text, sample, verdict: task.verify(problem, text) };
  });
};

export interface Accuracy {
  problems: number;
  accuracy: number;
  interval: [number, number];
  stepAccuracy: number;
  meanTokens: number;
}

/** Share of answers that are right in every line, with its 95 % Wilson interval, and the share of right lines. */
export const accuracyOf = (answers: readonly AnsweredProblem[]): Accuracy => {
  const right = answers.filter((a) => a.verdict.correct).length;
  const steps = answers.flatMap((a) => a.verdict.steps);
  const n = answers.length;
  return {
    problems: n,
    accuracy: n === 0 ? 0 : right / n,
    interval: wilson(right, n),
    stepAccuracy: steps.length === 0 ? 0 : steps.filter((s) => s.correct).length / steps.length,
    meanTokens: n === 0 ? 0 : answers.reduce((sum, a) => sum + a.sample.tokens.length, 0) / n,
  };
};
