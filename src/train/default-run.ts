import { defaultParams } from '../methods/params';
import { worldCard, worldOfModel, worlds } from '../tasks/cards';
import type { MethodInfo } from './method-info';
import { RUN_VERSION, type RunDocument } from './run-schema';

/** The source that a method takes unless it is told otherwise: its paper's. */
export const firstSource = ({ sources }: Pick<MethodInfo, 'sources'>) => {
  const [first] = sources;
  return first ? { id: first.id, params: defaultParams(first) } : null;
};

/** The model that a run has when nothing is said. */
const usualModel = 'arith-nano';

/** The world of a run whose model is given, or the method's own. */
const worldOf = (method: Pick<MethodInfo, 'defaults'>, model: string | undefined) => {
  const { world } = method.defaults;
  const card = model === undefined ? worldCard(world?.task ?? worlds[0]!.id) : worldOfModel(model);
  return { card: card ?? worlds[0]!, own: card && card.id === world?.task ? world : undefined };
};

/**
 * The defaults of a method: a complete run document.
 * @param model a built-in one, whose world is then taken; the method's own, or the usual one, when left out
 */
export const defaultRun = (
  method: Pick<MethodInfo, 'id' | 'params' | 'defaults' | 'sources'>,
  model?: string,
): RunDocument => {
  const { card, own } = worldOf(method, model);
  const name = model ?? own?.model ?? (own ? card.models[0]!.id : usualModel);
  const suited = card.models.find(({ id }) => id === name) ?? card.models[0]!;
  return {
    version: RUN_VERSION,
    model: name,
    weights: 'f32',
    adapter: null,
    checkpointing: false,
    method: { id: method.id, params: { ...defaultParams(method), ...own?.params } },
    data: {
      task: card.id,
      difficulty: own?.difficulty ?? suited.difficulty,
      trees: own?.trees ?? 256,
      maxTokens: own?.maxTokens ?? card.maxTokens,
      source: firstSource(method),
      wrappers: structuredClone({ ...method.defaults.wrappers }),
      dataset: null,
    },
    optimizer: {
      learningRate: method.defaults.learningRate,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      maxGradNorm: 1,
      ...own?.optimizer,
    },
    schedule: own?.schedule ?? { kind: 'cosine', warmup: 0.1 },
    steps: own?.steps ?? 30,
    batchSize: method.defaults.batchSize,
    accumulate: 1,
    evaluation: { every: 10, problems: 200, ...own?.evaluation },
    probe: { every: 0, pairs: 16 },
    checkpointEvery: own?.checkpointEvery ?? 10,
    seed: 1,
    backend: 'auto',
  };
};
