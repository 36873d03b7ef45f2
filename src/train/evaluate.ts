import { generate } from '../model/generate';
import type { Network } from '../model/network';
import { inConversation } from '../search/conversation';
import type { Sample } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Judgement, Problem, Task, Verdict } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { Measure } from '../util/measure';
import { meanOf, shareOf } from '../util/measure';
import { createRng } from '../util/rng';

export interface AnsweringModel {
  network: Network;
  tokenizer: Tokenizer;
}

export interface AnsweredProblem {
  problem: Problem;
  text: string;
  sample: Sample;
  verdict: Verdict;
  /** Of a world that has a judge. */
  judgement?: Judgement;
}

/**
 * Answers problems, greedily at temperature 0; `samples` answers to each, side by side. `between` is awaited after every
 * token of the batch. An answer that ran into maxTokens counts as it stands.
 */
export const answerProblems = async (
  model: AnsweringModel,
  task: Task,
  problems: readonly Problem[],
  options: { temperature: number; seed: number; maxTokens: number; samples?: number; signal?: AbortSignal },
  between?: () => Promise<void>,
): Promise<AnsweredProblem[]> => {
  const requests = problems.map((p) => ({ tokens: promptTokens(model.tokenizer, p) }));
  const samples = await generate(
    model.network,
    requests,
    {
      temperature: options.temperature,
      count: options.samples ?? 1,
      maxTokens: options.maxTokens,
      ...inConversation(
        { task, tokenizer: model.tokenizer },
        problems.map((problem) => ({ problem })),
      ),
    },
    createRng(options.seed).fork('answers'),
    { ...(options.signal ? { signal: options.signal } : {}), ...(between ? { onToken: between } : {}) },
  );
  return problems.flatMap((problem, i) =>
    samples[i]!.map((sample) => {
      const text = model.tokenizer.decode(sample.tokens);
      const verdict = task.verify(problem, text);
      const judgement = task.judge?.({ problem, text, verdict });
      return { problem, text, sample, verdict, ...(judgement && { judgement }) };
    }),
  );
};

export interface Accuracy {
  problems: number;
  accuracy: number;
  interval: [number, number];
  stepAccuracy: number;
  meanTokens: number;
  /** 1 for each problem that is solved, 0 for each that is not, in their order. */
  solved: string;
}

const named = { id: 'accuracy', name: 'accuracy', better: 'higher' } as const;

/** Share of right answers: of single ones with Wilson's interval, of several to a problem as a mean over the problems. */
const shareRight = (answers: readonly AnsweredProblem[]): Measure => {
  const shares = new Map<string, { right: number; all: number }>();
  for (const { problem, verdict } of answers) {
    const { right, all } = shares.get(problem.id) ?? { right: 0, all: 0 };
    shares.set(problem.id, { right: right + (verdict.correct ? 1 : 0), all: all + 1 });
  }
  const perProblem = [...shares.values()];
  return perProblem.every(({ all }) => all === 1)
    ? shareOf(named, perProblem.filter(({ right }) => right).length, perProblem.length)
    : meanOf(
        named,
        'share',
        perProblem.map(({ right, all }) => right / all),
      );
};

/** Share of answers that are right in every line, with its 95 % interval, and the share of right lines. */
export const accuracyOf = (answers: readonly AnsweredProblem[]): Accuracy => {
  const right = shareRight(answers);
  const steps = answers.flatMap((a) => a.verdict.steps.filter((s) => !s.given));
  const n = answers.length;
  return {
    problems: right.count,
    accuracy: right.value,
    interval: right.interval,
    stepAccuracy: steps.length === 0 ? 0 : steps.filter((s) => s.correct).length / steps.length,
    solved: answers.map(({ verdict }) => (verdict.correct ? '1' : '0')).join(''),
    meanTokens: n === 0 ? 0 : answers.reduce((sum, a) => sum + a.sample.tokens.length, 0) / n,
  };
};

/** What the world itself measures beside it; undefined for a world that measures nothing more. */
export const measuresOf = (task: Task, answers: readonly AnsweredProblem[]): Measure[] | undefined =>
  task.measures?.(
    answers.map(({ problem, text, verdict, sample }) => ({
      problem,
      text,
      verdict,
      tokens: sample.tokens.length,
      finished: sample.finished,
    })),
  );
