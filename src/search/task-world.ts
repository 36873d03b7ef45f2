import type { Problem } from '../tasks/task';
import { isEnd } from '../tokenizer/tokenizer';
import type { PipelineContext, Sample } from './pipeline';
import { promptTokens } from './prompt-tokens';
import { isUsable } from './sample-answers';
import type { Proposal } from './search-tree';
import { stepEndTokens } from './step-ends';
import { throwIfAborted } from './throw-if-aborted';
import type { SearchState, SearchWorld } from './tree-search';

/** By what a state that has not ended is judged. */
export const judges = {
  rollouts: 'answers sampled on from it',
  head: 'the value head, and rollouts until it has been trained',
  'head-alone': 'the value head, and nothing until it has been trained',
  verifier: 'the verifier: whether all so far is right',
  none: 'nothing: only ended answers count',
} as const;

export interface TaskWorldOptions {
  /** Steps sampled after a state. */
  children: number;
  /** Steps of an answer at most; one that has not ended by then is wrong. */
  depth: number;
  temperature: number;
  topP: number;
  judge: keyof typeof judges;
  /** Answers sampled on from a state, where those judge it. */
  rollouts: number;
  /** What a wrong answer earns; a right one earns 1. */
  wrong: number;
}

/** What a search has seen, for its notes and for the error when it finds too little. */
export interface SearchTally {
  problems: number;
  /** Steps sampled, and answers that ended within the trees and in rollouts. */
  steps: number;
  ended: number;
  right: number;
  /** Of those that did not end in time or held a special token. */
  unusable: number;
}

export const newSearchTally = (): SearchTally => ({ problems: 0, steps: 0, ended: 0, right: 0, unusable: 0 });

const meanLogProb = ({ logProbs }: Sample) =>
  logProbs.reduce((sum, x) => sum + x, 0) / Math.max(1, logProbs.length);

/** A task's problems as a world to search in: the policy proposes steps, verifier, rollouts or a value head judge them. */
export const taskWorld = (
  ctx: Pick<PipelineContext, 'task' | 'tokenizer' | 'sample' | 'maxTokens' | 'signal' | 'values'>,
  problems: readonly Problem[],
  options: TaskWorldOptions,
  tally: SearchTally,
): SearchWorld => {
  const { task, tokenizer } = ctx;
  const { children, depth, temperature, topP, judge, rollouts, wrong } = options;
  const prompts = problems.map((problem) => promptTokens(tokenizer, problem));
  const stepEnds = stepEndTokens(task, tokenizer);
  const answered = ({ path }: SearchState) => path.slice(1).flatMap(({ tokens }) => tokens);
  const left = (state: SearchState) => ctx.maxTokens - answered(state).length;
  const textOf = ({ path }: SearchState) => path.map(({ text }) => text).join('');

  /** What an answer earns that has ended. */
  const earned = (state: SearchState, sample: Sample): number => {
    tally.ended++;
    if (!isUsable(ctx, sample)) {
      tally.unusable++;
      return wrong;
    }
    const text = textOf(state) + tokenizer.decode(sample.tokens);
    const { correct } = task.verify(problems[state.problem]!, text);
    if (correct) tally.right++;
    return correct ? 1 : wrong;
  };

  const sample = async (states: readonly SearchState[], count: number, stopTokens: readonly number[]) => {
    throwIfAborted(ctx.signal);
    const requests = states.map((state) => ({ tokens: [...prompts[state.problem]!, ...answered(state)] }));
    const maxTokens = Math.max(1, ...states.map(left));
    const samples = await ctx.sample(requests, { count, temperature, topP, maxTokens, stopTokens });
    throwIfAborted(ctx.signal);
    // A state with less room than the others may have been given too much.
    return states.map((state, i) =>
      samples[i]!.map((s): Sample => (s.tokens.length > left(state) ? { ...s, finished: false } : s)),
    );
  };

  const proposalOf = (state: SearchState, s: Sample): Proposal => {
    const broken = !isUsable(ctx, s);
    const ends = isEnd(tokenizer, s.tokens.at(-1));
    const goesOn = !broken && !ends && state.path.length < depth && s.tokens.length < left(state);
    return {
      tokens: s.tokens,
      text: tokenizer.decode(s.tokens),
      prior: Math.exp(meanLogProb(s)),
      reward: goesOn ? undefined : earned(state, ends ? s : { ...s, finished: false }),
      broken,
    };
  };

  const byRollouts = async (states: readonly SearchState[]) => {
    const samples = await sample(states, rollouts, []);
    return states.map(
      (state, i) => samples[i]!.reduce((sum, s) => sum + earned(state, s), 0) / samples[i]!.length,
    );
  };
  const byVerifier = async (states: readonly SearchState[]) =>
    states.map((state) => {
      const { steps } = task.verify(problems[state.problem]!, textOf(state));
      return steps.every(({ correct }) => correct) ? 1 : wrong;
    });
  const { values } = ctx;
  const byHead =
    values &&
    (async (states: readonly SearchState[]) => {
      throwIfAborted(ctx.signal);
      return values(states.map((state) => [...prompts[state.problem]!, ...answered(state)]));
    });
  const evaluators = {
    rollouts: byRollouts,
    head: byHead ?? byRollouts,
    'head-alone': byHead,
    verifier: byVerifier,
    none: undefined,
  };

  return {
    propose: async (states) => {
      if (states.length === 0) return [];
      const samples = await sample(states, children, stepEnds);
      tally.steps += states.length * children;
      return states.map((state, i) => samples[i]!.map((s) => proposalOf(state, s)));
    },
    evaluate: evaluators[judge],
  };
};
