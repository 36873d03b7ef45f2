/** What is found out about the neurons of a run before anything is done to them, and the means of doing it. */
import { choice, number, type Values } from '../methods/params';
import type { Overwrite } from '../model/tap';
import type { Task } from '../tasks/task';
import type { AnsweredProblem } from '../train/evaluate';
import { createRng } from '../util/rng';
import { wilson } from '../util/wilson';
import type { AnalysedRun, AnalysisHooks } from './analysis';
import { AnalysisError } from './analysis';
import { answersOf, type Property, propertyOf, treesOf, worldOf } from './answers';
import { crossValidate, fitProbe, type Separability } from './logistic-probe';
import { byCosine, type GroupName, groupOf, type Neuron } from './neuron-groups';
import { type Read, readResponses, throughFinalNorm, valueVectors } from './read-responses';

const folds = 5;
/** Fewer of either class and a probe says nothing. */
const fewest = 12;

/** Overwrites of neurons by layer. @param of value and kept share of each */
const overwrites = (
  neurons: readonly Neuron[],
  of: (neuron: Neuron) => { value: number; keep: number },
): Map<number, Overwrite> => {
  const layers = new Map<number, { neurons: number[]; values: number[]; keep: number[] }>();
  for (const neuron of neurons) {
    const own = layers.get(neuron.layer) ?? { neurons: [], values: [], keep: [] };
    const { value, keep } = of(neuron);
    own.neurons.push(neuron.index);
    own.values.push(value);
    own.keep.push(keep);
    layers.set(neuron.layer, own);
  }
  return layers;
};

/** What is done to the model before training. */
export interface Intervention {
  /** Share of all neurons, nearest to the probe first, that are held at 0. */
  ablate: number;
  /** Groups that are patched with what training made of them. */
  patch: readonly GroupName[];
  how: 'hold' | 'shift';
}

/** @returns undefined where nothing is done */
export const tapOf = (neurons: readonly Neuron[], { ablate, patch, how }: Intervention) => {
  const off = new Set(byCosine(neurons).slice(0, Math.round(ablate * neurons.length)));
  const chosen = neurons.filter((neuron) => {
    const group = groupOf(neuron);
    return off.has(neuron) || (group !== undefined && patch.includes(group));
  });
  if (chosen.length === 0) return undefined;
  return {
    overwrite: overwrites(chosen, (neuron) => {
      if (off.has(neuron)) return { value: 0, keep: 0 };
      return how === 'hold'
        ? { value: neuron.after, keep: 0 }
        : { value: neuron.after - neuron.before, keep: 1 };
    }),
  };
};

/** How often answers have the property, and are right all the same. */
export interface Measured {
  label: string;
  share: number;
  interval: [number, number];
  /** Share of answers that the world's verifier, or its measure "solved", takes for right. */
  solved: number;
  count: number;
}

export const measured = (
  run: AnalysedRun,
  label: string,
  property: Property,
  answers: readonly AnsweredProblem[],
): Measured => {
  const hits = answers.filter((answer) => property.has(answer)).length;
  const world = run.task?.measures?.(
    answers.map(({ problem, text, verdict, sample }) => ({
      problem,
      text,
      verdict,
      tokens: sample.tokens.length,
      finished: sample.finished,
    })),
  );
  const solved =
    world?.find(({ id }) => id === 'solved')?.value ??
    answers.filter(({ verdict }) => verdict.correct).length / Math.max(1, answers.length);
  return {
    label,
    share: hits / Math.max(1, answers.length),
    interval: wilson(hits, answers.length),
    solved,
    count: answers.length,
  };
};

/** Neurons with their value vectors' place to a direction, and their means before and after. */
export const neuronsOf = (
  direction: ArrayLike<number>,
  vectors: readonly Float32Array[],
  before: readonly Float64Array[],
  after: readonly Float64Array[],
): Neuron[] => {
  const d = direction.length;
  const size = Math.sqrt(Array.from(direction).reduce((sum, x) => sum + x * x, 0));
  return vectors.flatMap((all, layer) =>
    Array.from(before[layer]!, (m, index): Neuron => {
      let [dot, own] = [0, 0];
      for (let j = 0; j < d; j++) {
        const v = all[index * d + j]!;
        dot += v * direction[j]!;
        own += v * v;
      }
      const along = size === 0 ? 0 : dot / size;
      return {
        layer,
        index,
        cosine: own === 0 ? 0 : along / Math.sqrt(own),
        along,
        before: m,
        after: after[layer]![index]!,
      };
    }),
  );
};

/** Parameters of an observation. */
export const observationParams = {
  property: choice({
    label: 'habit',
    help: 'What the probe looks for.',
    options: { judge: 'what the world’s judge objects to', wrong: 'a wrong answer' },
    default: 'judge',
    from: 'ours',
  }),
  texts: number({
    label: 'texts',
    help: 'Answers that the probe is fitted on, and activations read on.',
    min: 60,
    max: 4000,
    scale: 'log',
    integer: true,
    default: 300,
    from: 'ours',
  }),
  problems: number({
    label: 'problems',
    help: 'Held-out problems answered under each intervention.',
    min: 20,
    max: 2000,
    scale: 'log',
    integer: true,
    default: 150,
    from: 'ours',
  }),
  readings: choice({
    label: 'read on',
    help: 'Answers that activations are read on.',
    options: { own: 'each model’s own answers', before: 'the answers of before, for both' },
    default: 'own',
    from: 'ours',
  }),
  how: choice({
    label: 'patch',
    help: 'How a neuron is given what training made of it.',
    options: { hold: 'held at its mean after training, as in the paper', shift: 'moved by its mean change' },
    default: 'shift',
    from: 'ours',
  }),
};

type Settings = Pick<Values<typeof observationParams>, 'property' | 'texts' | 'readings'>;

export interface Observation {
  task: Task;
  difficulty: string;
  property: Property;
  neurons: Neuron[];
  /** Of the texts, how many have the property. */
  withProperty: number;
  /** The probe on answers that it has not seen, and the same on their length alone. */
  states: Separability;
  length: Separability;
}

const observe = async (
  run: AnalysedRun,
  { texts, property: wanted, readings }: Settings,
  hooks: AnalysisHooks,
  beat: () => Promise<void>,
): Promise<Observation> => {
  const task = worldOf(run);
  const property = propertyOf(run, wanted);
  const { difficulty } = run.document.data;
  const rng = createRng(hooks.seed).fork('problems');
  const problems = Array.from({ length: texts }, () => task.draw(rng, difficulty));
  const answersUnder = (which: 'policy' | 'reference') =>
    run.withModel(which, (network) => answersOf(run, network, problems, hooks));
  const readUnder = (which: 'policy' | 'reference', answers: readonly AnsweredProblem[]): Promise<Read> =>
    run.withModel(which, (network) =>
      readResponses(network, treesOf(run, answers), async () => beat(), { neurons: true }),
    );
  const before = await answersUnder('reference');
  await beat();
  const classes = before.map((answer) => (property.has(answer) ? 1 : 0));
  const withProperty = classes.reduce<number>((a, b) => a + b, 0);
  if (withProperty < fewest || texts - withProperty < fewest) {
    throw new AnalysisError(
      `Of ${texts} answers before training ${withProperty} are ${property.name}: a probe needs at least ${fewest} of both kinds. Choose another habit or world, or raise texts.`,
    );
  }
  const first = await readUnder('reference', before);
  const rows = first.responses.map(({ state }) => state);
  const prompts = problems.map(({ prompt }) => prompt);
  const states = crossValidate(rows, classes, prompts, folds);
  const lengths = first.responses.map(({ length }) => [length]);
  const length = crossValidate(lengths, classes, prompts, folds);
  const probe = fitProbe(rows, classes);
  await beat();
  const after = readings === 'own' ? await answersUnder('policy') : before;
  await beat();
  const second = await readUnder('policy', after);
  const { direction, vectors } = await run.withModel('reference', async (network) => {
    const vectors: Float32Array[] = [];
    for (let layer = 0; layer < network.config.layers; layer++)
      vectors.push(await valueVectors(network, layer));
    return { direction: await throughFinalNorm(network, probe.weights), vectors };
  });
  const neurons = neuronsOf(direction, vectors, first.activations, second.activations);
  return { task, difficulty, property, neurons, withProperty, states, length };
};

/** The last observation of a run, for who asks again. */
const known = new WeakMap<object, { key: string; observation: Observation }>();

/**
 * Everything that is found out before anything is done to the model; at once where the same was asked of this run before.
 * @param beat awaited now and then
 * @throws AnalysisError where there is no after, no world, or nothing to tell apart
 */
export const observeNeurons = async (
  run: AnalysedRun,
  settings: Settings,
  hooks: AnalysisHooks,
  beat: () => Promise<void>,
): Promise<Observation> => {
  if (run.step === 0)
    throw new AnalysisError('The run has not been trained yet: there is no after. Train it first.');
  const { property, texts, readings } = settings;
  const key = JSON.stringify([property, texts, readings, hooks.seed, run.step]);
  const last = known.get(run);
  if (last?.key === key) return last.observation;
  const observation = await observe(run, settings, hooks, beat);
  known.set(run, { key, observation });
  return observation;
};

/** Answers to held-out problems under the model of before with this done to it, or under that of after. */
export const answersUnder = (
  run: AnalysedRun,
  { neurons, task, difficulty }: Observation,
  what: Intervention | 'after training',
  count: number,
  hooks: AnalysisHooks,
): Promise<AnsweredProblem[]> => {
  const problems = task.heldOut(difficulty, 0, count);
  if (what === 'after training')
    return run.withModel('policy', (network) => answersOf(run, network, problems, hooks));
  const tap = tapOf(neurons, what);
  return run.withModel('reference', (network) =>
    answersOf(run, tap ? { ...network, tap } : network, problems, hooks),
  );
};
