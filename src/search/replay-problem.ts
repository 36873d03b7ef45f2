import { defaultParams, type Params, paramProblem } from '../methods/params';
import { generate } from '../model/generate';
import type { Network } from '../model/network';
import { treeSearch } from '../sources/tree-search';
import type { Problem, Task } from '../tasks/task';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { yieldToMessages } from '../util/mutex';
import { createRng } from '../util/rng';
import { promptTokens } from './prompt-tokens';
import { type Replay, replaySearch } from './replay';
import { newSearchTally, type TaskWorldOptions, taskWorld } from './task-world';
import type { SearchSettings } from './tree-search';

export interface ReplayOptions {
  /** Of the source `tree-search`; those left out have its defaults. */
  params: Params;
  seed: number;
  maxTokens: number;
}

/** A searched problem whose every simulation can be looked at again; which answers were right beside it. */
export interface ProblemReplay extends Replay {
  /** By node, of those that end an answer. */
  right: Record<number, boolean>;
}

/**
 * Searches the tree of one problem as the source `tree-search` does, and keeps every simulation.
 * @throws Error naming a parameter that is wrong, or a world that cannot be searched so
 */
export const replayProblem = async (
  { network, tokenizer }: { network: Network; tokenizer: Tokenizer },
  task: Task,
  problem: Problem,
  { params: given, seed, maxTokens }: ReplayOptions,
  report: (done: number, total: number) => void,
): Promise<ProblemReplay> => {
  if (task.environment)
    throw new Error(`${task.name} is played in turns, which this search does not do; choose another world.`);
  const params = { ...defaultParams(treeSearch), ...given };
  for (const [name, value] of Object.entries(params)) {
    const spec = treeSearch.params[name];
    const wrong = spec ? paramProblem(spec, value) : 'is not a parameter of the search';
    if (wrong) throw new Error(`${name}: ${wrong}`);
  }
  const options = params as unknown as TaskWorldOptions & SearchSettings & { signed: boolean };
  const rng = createRng(seed).fork(`replay ${problem.id}`);
  let sampled = 0;
  const world = taskWorld(
    {
      task,
      tokenizer,
      maxTokens,
      signal: new AbortController().signal,
      sample: (requests, sampling) =>
        generate(network, requests, sampling, rng.fork(`sample/${sampled++}`), { onToken: yieldToMessages }),
    },
    [problem],
    { ...options, wrong: options.signed ? -1 : 0 },
    newSearchTally(),
  );
  const replay = await replaySearch(
    promptTokens(tokenizer, problem),
    problem.prompt,
    world,
    options,
    (done) => report(done, options.simulations),
  );
  const textOf = (node: number): string =>
    node <= 0 ? '' : textOf(replay.nodes[node]!.parent) + replay.nodes[node]!.text;
  const right = Object.fromEntries(
    replay.nodes.flatMap(({ terminal }, i) =>
      terminal ? [[i, task.verify(problem, textOf(i)).correct] as const] : [],
    ),
  );
  return { ...replay, right };
};
