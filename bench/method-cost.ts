import { createAdamW, disposeAdamW } from '../src/kernels/adamw';
import { methods } from '../src/methods';
import type { Method } from '../src/methods/method';
import { mainPass } from '../src/methods/method';
import type { Objective, Reads } from '../src/methods/objective';
import { logistic } from '../src/methods/pairwise/dpo';
import { defaultParams } from '../src/methods/params';
import { outputHead } from '../src/model/head';
import { freshHead, uploadHeads } from '../src/model/heads';
import { disposeParameters, loadParameters } from '../src/model/parameters';
import type { Tensor, Tensor2D } from '../src/tf';
import { gpuStats, initBackend, onOwnGpu, resetGpuStats } from '../src/tf';
import { scoreTrees } from '../src/train/score';
import type { StepState } from '../src/train/step';
import { trainStep } from '../src/train/step';
import type { TreeNumbers } from '../src/train/tree-numbers';
import type { PreferenceTree } from '../src/tree/tree';
import type { Rng } from '../src/util/rng';
import { createRng } from '../src/util/rng';
import { timesLonger } from './measure';
import { arithNano, seededWeights } from './model-shape';
import { answerPairs } from './pairs';
import type { Ratios, Say } from './report';

export interface MethodCostOptions {
  backends?: readonly ('webgpu' | 'wasm' | 'cpu')[];
  pairs?: number;
  rounds?: number;
  /** Whether a method is measured; all are when left out. */
  wanted?: (id: string) => boolean;
}

const hyper = { learningRate: 1e-6, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const EOS = arithNano.eosTokenIds[0]!;

/** The pairs of the benches, with every score, label and margin that a method may read. */
const labelled = (trees: readonly PreferenceTree[], rng: Rng): PreferenceTree[] =>
  trees.map((tree) => ({
    ...tree,
    nodes: tree.nodes.map((node) =>
      node.scored
        ? { ...node, labels: { reward: rng.next(), score: rng.next(), q: 2 * rng.next() - 1, correct: 1 } }
        : node,
    ),
    responses: tree.responses.map((response, r) => ({
      ...response,
      score: 0.9 - 0.5 * r,
      labels: { desirable: 1 - r, logProposal: -4 - r },
    })),
    comparisons: tree.comparisons.map((comparison) => ({ ...comparison, margin: 0.5 })),
  }));

/** The numbers of the frozen models that an objective reads: of the right count, near the reference's where they are log-probs. */
const constantsOf = (
  { reads }: Objective,
  method: Method,
  trees: readonly PreferenceTree[],
  reference: TreeNumbers,
  rng: Rng,
): StepState['constants'] => {
  const moved = (values: Float32Array) => values.map((x) => x + 0.1 * rng.normal());
  const at = (model: unknown) =>
    method.passes(defaultParams(method)).find(({ id }) => id === model)?.objective.reads.head?.at;
  const numbers = (name: string): TreeNumbers => {
    const { model, read } = reads.frozen![name]!;
    const byTree = trees.map((tree) => {
      const entries = reference.byTree.get(tree.id)!;
      if (read !== 'head' || at(model) === 'state') return [tree.id, moved(entries)] as const;
      const count =
        at(model) === 'answer' ? tree.responses.length : tree.nodes.filter((n) => n.scored).length;
      return [tree.id, moved(new Float32Array(count))] as const;
    });
    return { read, byTree: new Map(byTree) };
  };
  return {
    ...(reads.reference && { reference }),
    ...Object.fromEntries(Object.keys(reads.frozen ?? {}).map((name) => [name, numbers(name)])),
  };
};

/** What takes more than DPO's entries, in words; undefined where a step runs the same network on the same entries. */
const moreThanEntries = ({ head, stop, kl, squares, hidden }: Reads): string | undefined =>
  [head && 'head', stop && 'EOS', kl && 'exact KL', squares && 'squares', hidden && 'hidden states']
    .filter(Boolean)
    .join(', ') || undefined;

/** What a ratio is the worst of. */
type Kind = 'entries' | 'more' | 'kl';

/** Every pass's loss, so that the head of a reward model is among them; each objective of a method once. */
const losses = () =>
  methods.flatMap((method) => {
    const passes = method.passes(defaultParams(method));
    const main = mainPass(method, defaultParams(method));
    return [...new Set([...passes.filter(({ objective }) => objective.reads.head), main])].map((pass) => ({
      name: pass === main ? method.id : `${method.id}, ${pass.id}`,
      method,
      objective: pass.objective,
    }));
  });

const measure = async (
  backend: 'webgpu' | 'wasm' | 'cpu',
  say: Say,
  { pairs = 4, rounds = 3, wanted = () => true }: MethodCostOptions,
): Promise<Ratios> => {
  await initBackend(backend);
  const config = arithNano;
  const trees = labelled(answerPairs(createRng(11), pairs, config.vocabSize), createRng(12));
  const frozen = loadParameters(config, seededWeights(config, 7, 0.05));
  const numbersOf = async (read: 'logProb' | 'hidden'): Promise<TreeNumbers> => ({
    read,
    byTree: await scoreTrees({ config, weights: frozen }, trees, async () => {}, { read }),
  });
  const reference = await numbersOf('logProb');
  const referenceStates = await numbersOf('hidden');
  const referenceHead = outputHead({ config, weights: frozen }) as Tensor2D;

  const weights = seededWeights(config, 7);
  /** A step of an objective on weights of its own, since heads are among them. */
  const stepOf = (objective: Objective, constants: StepState['constants']) => {
    const { head } = objective.reads;
    const parameters = new Map<string, Tensor>([
      ...loadParameters(config, weights),
      ...(head ? uploadHeads(freshHead(head.name, config.hiddenSize)) : []),
    ]);
    const state: StepState = {
      config,
      parameters,
      optimizer: createAdamW(parameters),
      objective,
      constants,
      eos: EOS,
      ...(objective.reads.kl && { referenceStates, referenceHead }),
    };
    let step = 0;
    return {
      run: async () => {
        step++;
        const { metrics } = await trainStep(state, [trees], { ...hyper, step });
        if (!Number.isFinite(metrics['loss'])) throw new Error(`A loss is ${metrics['loss']}.`);
      },
      dispose: () => {
        disposeAdamW(state.optimizer);
        disposeParameters(parameters);
      },
    };
  };
  const dispatchesOf = async (run: () => Promise<void>) => {
    resetGpuStats();
    await run();
    return gpuStats().dispatches;
  };

  const dpo = stepOf(logistic({ beta: 0.1 }), { reference });
  await dpo.run();
  const base = onOwnGpu() ? await dispatchesOf(dpo.run) : 0;
  const worst: Record<Kind, [number, string]> = { entries: [0, ''], more: [0, ''], kl: [0, ''] };
  for (const { name, method, objective } of losses()) {
    const { reads } = objective;
    if (!wanted(method.id)) continue;
    if (reads.mismatched) {
      say(`${backend} ${name}: left out, half of its answers are mismatched ones`);
      continue;
    }
    const more = moreThanEntries(reads);
    const side = stepOf(objective, constantsOf(objective, method, trees, reference, createRng(13)));
    await side.run();
    const dispatches = onOwnGpu() ? `, ${(await dispatchesOf(side.run)) - base} dispatches more` : '';
    const ratio = await timesLonger(dpo.run, side.run, rounds);
    side.dispose();
    say(`${backend} ${name}${more ? ` (${more})` : ''}: ${ratio.toFixed(2)}${dispatches}`);
    const kind: Kind = reads.kl ? 'kl' : more ? 'more' : 'entries';
    if (ratio > worst[kind][0]) worst[kind] = [ratio, name];
  }
  dpo.dispose();
  disposeParameters(frozen);
  say(
    `${backend}, worst: ${worst.entries[1]} of DPO's entries, ${worst.more[1]} of those with more, ${worst.kl[1]} with exact KL`,
  );
  return Object.fromEntries(
    Object.entries(worst).flatMap(([kind, [ratio]]) =>
      ratio > 0 ? [[`methodCost.${backend}.${kind}`, ratio]] : [],
    ),
  );
};

/**
 * What a step of each method costs, in steps of DPO on the same pairs and the same small model. Methods whose entries are
 * DPO's differ by their losses alone; heads, EOS entries, exact KL and pooled hidden states are work on top.
 */
export const benchMethodCost = async (say: Say, options: MethodCostOptions = {}): Promise<Ratios> => {
  const { backends = ['webgpu', 'wasm'] } = options;
  const before = onOwnGpu();
  const all: Ratios = {};
  try {
    for (const backend of backends) Object.assign(all, await measure(backend, say, options));
  } finally {
    if (before) await initBackend('webgpu');
  }
  return all;
};
