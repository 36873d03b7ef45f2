import type { Answer, TrainerApi } from '../../workers/protocol';
import { chatTemplateOf } from '../load/brought-datasets';
import type { LoadedModel } from '../load/loaded-model';
import type { Network } from '../model/network';
import { type Likely, nextTokens } from '../model/next-tokens';
import { worldOfModel, worlds } from '../tasks/cards';
import { loadTask } from '../tasks/index';
import { guardGpu } from '../tf';
import { promptOf, reply, sequenceLogProbs } from '../train/chat';
import { answerProblems } from '../train/evaluate';
import { noteWriting } from '../train/pace';
import type { Mutex } from '../util/mutex';
import { yieldToMessages } from '../util/mutex';
import { checkWorld } from './checks';
import type { Engine } from './engine';
import type { OpenRuns } from './open-runs';
import { replaceable } from './open-runs';
import type { Standby } from './standby';

type AskCalls = Pick<
  TrainerApi,
  'load' | 'problems' | 'answer' | 'replaySearch' | 'chat' | 'logProbs' | 'next' | 'tokenize' | 'draw'
>;

/**
 * The calls that ask a model: that of the open run, or the one loaded last.
 * @param exclusive the queue of what opens and closes
 */
export const createAskCalls = (
  engine: Engine,
  runs: OpenRuns,
  standby: Standby,
  exclusive: Mutex,
): AskCalls => {
  /**
   * Runs f with the open run's network, or with that of the model loaded last. In the queue of openings: a question put
   * while a run is being made is answered by that run.
   */
  const withNetwork = async <T>(
    which: 'policy' | 'reference',
    f: (network: Network, model: LoadedModel) => Promise<T>,
    arm = 0,
    at?: number,
  ): Promise<T> => {
    const { result } = await exclusive(async () => {
      const run = arm === 0 ? runs.first : runs.armAt(arm);
      if (run) {
        // Not awaited here: the run has a queue of its own, and may be busy for a while.
        return { result: run.withModel(which, (network) => f(network, run.model), at) };
      }
      const { model, network } = standby.open();
      return { result: Promise.resolve(await guardGpu(() => f(network, model))) };
    });
    return result;
  };

  return {
    load: (id) =>
      exclusive(async () => {
        engine.started();
        const model = await engine.shelf.load(id);
        const run = runs.first;
        if (run?.model === model) return model.summary;
        if (run && !replaceable.includes(run.status().phase)) {
          throw new Error(
            `A run of "${run.model.summary.id}" is under way; stop it before another model is loaded.`,
          );
        }
        // A run that has ended is stored, and would go on answering in the place of the model asked for.
        await runs.close();
        standby.wanted = model;
        if (model.denoiser) standby.close();
        else standby.open();
        return model.summary;
      }),
    problems: async (task, difficulty, start, count) => {
      checkWorld({ model: '', data: { task, difficulty, dataset: null } });
      return (await loadTask(task)).heldOut(difficulty, start, count);
    },
    answer: async (problems, { which, temperature, seed, maxTokens, task: taskId, arm, at }) => {
      const own = runs.first?.document.data.task ?? worldOfModel(standby.wanted?.summary.id ?? '')?.id;
      const task = await loadTask(taskId ?? own ?? worlds[0]!.id);
      const answersOf = async (model: LoadedModel, network: Network): Promise<Answer[]> => {
        const began = performance.now();
        const answered = await answerProblems(
          { network, tokenizer: model.tokenizer },
          task,
          problems,
          { temperature, seed, maxTokens },
          yieldToMessages,
        );
        const longest = Math.max(0, ...answered.map(({ sample }) => sample.tokens.length));
        noteWriting(model.summary.id, (performance.now() - began) / 1000, longest);
        return answered.map(({ problem, text, sample, verdict }) => ({
          problem,
          text,
          tokens: sample.tokens.map((id) => model.tokenizer.token(id)),
          logProbs: sample.logProbs,
          verdict,
        }));
      };
      return withNetwork(which, (network, model) => answersOf(model, network), arm, at);
    },
    replaySearch: async (problem, taskId, options) => {
      const task = await loadTask(taskId);
      const { replayProblem } = await import('../search/replay-problem');
      return withNetwork('policy', (network, { tokenizer }) =>
        replayProblem({ network, tokenizer }, task, problem, options, (done, total) =>
          engine.emit({ kind: 'work', what: 'tree-search', done, total }),
        ),
      );
    },
    chat: async (prompt, { which, ...options }) =>
      withNetwork(which, async (network, model) => {
        const tokens = await promptOf(model.tokenizer, chatTemplateOf(model), prompt);
        return reply(network, model.tokenizer, tokens, options, yieldToMessages);
      }),
    logProbs: (sequences, which) =>
      withNetwork(which, (network) => sequenceLogProbs(network, sequences, yieldToMessages)),
    next: async (prefixes, { which, top, named, arm }) =>
      withNetwork(
        which,
        async (network, { tokenizer }) => {
          const worded = ({ id, p }: Likely) => ({ id, text: tokenizer.token(id), p });
          const found = await nextTokens(
            network,
            prefixes,
            { top, ...(named && { named }) },
            yieldToMessages,
          );
          return found.map((each) => ({
            likeliest: each.likeliest.map(worded),
            named: each.named.map(worded),
          }));
        },
        arm,
      ),
    tokenize: async (text) => {
      const model = runs.first?.model ?? standby.wanted;
      if (!model) throw new Error('No model is loaded; call load first.');
      return model.tokenizer.encode(text);
    },

    draw: (id, count) =>
      exclusive(async () => {
        engine.started();
        const model = await engine.shelf.load(id);
        if (!model.denoiser) throw new Error(`${model.summary.name} writes text and draws nothing.`);
        const { drawShown } = await import('../diffusion/draw-shown');
        return guardGpu(() => drawShown(model, count, yieldToMessages));
      }),
  };
};
