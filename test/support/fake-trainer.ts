/**
 * A stand-in for the training worker, for tests of the page: it answers every call of TrainerApi and tells of a run
 * with plausible numbers, but nothing is trained. The shipped page has no way to it.
 */

import { arithmetic } from '../../src/tasks/arithmetic';
import type { Problem } from '../../src/tasks/task';
import type { BackendInfo } from '../../src/tf';
import type { MethodInfo } from '../../src/train/method-info';
import { parseRun, type RunDocument } from '../../src/train/run-document';
import type { PreferenceTree } from '../../src/tree/tree';
import type { Connection } from '../../src/ui/connect';
import { createRng, type Rng } from '../../src/util/rng';
import { wilson } from '../../src/util/wilson';
import type {
  Answer,
  CreditResponse,
  CreditToken,
  Evaluation,
  RunEvent,
  RunPhase,
  RunStatus,
  RunSummary,
  StorageItem,
  TrainerApi,
} from '../../workers/protocol';
import { createBrought, pieceOf } from './fake-brought';
import { fakeAnalyses, fakeAnalysis, fakeLabs, runFakeLab } from './fake-lab';
import { fakeCase, fakeLoss } from './fake-loss';
import { fakeMethods } from './fake-methods';

export interface FakeOptions {
  /** Another catalogue. */
  methods?: MethodInfo[];
  /** Milliseconds per unit of work (a tree, a step). */
  pace?: number;
  backend?: Partial<BackendInfo>;
  /** Runs found in the store at the start. */
  stored?: RunSummary[];
  storageProblem?: string;
  /** Error of a call, by its name: `{ init: new Error('...') }`. */
  fail?: { [K in keyof TrainerApi]?: Error };
  /** Step at which training fails with this error. */
  failAt?: { step: number; error: Error };
  /** Makes the next checkpoint fail with this note. */
  checkpointNote?: string;
  /** Replaces every problem's prompt and reason with this text, to see that it is shown as text. */
  hostile?: string;
  /** Bytes that a run may take at most, by the estimate. */
  limitBytes?: number;
  /** The browser has no room for what is brought. */
  notKept?: boolean;
}

export interface FakeTrainer extends Connection {
  calls: { name: string; args: unknown[] }[];
  emit(...events: RunEvent[]): void;
  crash(error: Error): void;
  options: FakeOptions;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes a solution that goes wrong, line by line, with the given probability. */
const writeAnswer = (problem: Problem, slip: number, rng: Rng): string => {
  const lines: string[] = [];
  let value = Number(problem.data['start']);
  for (const operation of problem.data['operations'] as string[]) {
    const by = Number(operation.slice(1));
    const right = operation[0] === '+' ? value + by : operation[0] === '-' ? value - by : value * by;
    const next = rng.next() < slip ? Math.max(0, right + rng.pick([-10, -1, 1, 2, 10])) : right;
    lines.push(`${value}${operation}=${next}`);
    value = next;
  }
  return `${lines.join('\n')}\nA:${value}`;
};

const hash = (text: string) => [...text].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619) >>> 0, 7);
const codes = (text: string) => [...text].map((c) => c.charCodeAt(0));

export const createFakeTrainer = (options: FakeOptions = {}): FakeTrainer => {
  const pace = options.pace ?? 60;
  const task = arithmetic;
  const calls: FakeTrainer['calls'] = [];
  let listener: (events: RunEvent[]) => void = () => {};
  let crashed: (error: Error) => void = () => {};
  let document: RunDocument | undefined;
  let phase: RunPhase = 'idle';
  let step = 0;
  let message = '';
  let runId = '';
  let asked: 'pause' | 'stop' | undefined;
  let trees: { tree: PreferenceTree; made?: { problem: Problem; right: string; wrong: string } }[] = [];
  let metrics: RunSummary['metrics'] = [];
  let evaluations: Evaluation[] = [];
  let stored: RunSummary[] = [...(options.stored ?? [])];
  let ended: Promise<RunStatus> | undefined;
  let backend: BackendInfo = {
    name: 'wasm',
    adapter: 'WebAssembly SIMD',
    software: true,
    features: [],
    note: '',
  };

  const emit = (...events: RunEvent[]) => listener(events);
  const catalogue = options.methods ?? fakeMethods;
  const brought = createBrought(pace / 4, options, catalogue, emit);
  const skill = () => 0.13 - 0.09 * (1 - Math.exp(-step / 12));
  const status = (): RunStatus => ({
    runId,
    phase,
    step,
    steps: document?.steps ?? 0,
    stage: { index: 0, count: 1, id: 'main', label: 'Training' },
    passes: [],
    message,
    backend,
  });
  const enter = (next: RunPhase, text: string) => {
    phase = next;
    message = text;
    emit({ kind: 'status', status: status() });
  };
  const save = () => {
    if (!document) return;
    const now = Date.now();
    const old = stored.find((r) => r.runId === runId);
    const run: RunSummary = {
      runId,
      document,
      created: old?.created ?? now,
      updated: now,
      step,
      stage: 0,
      phase,
      metrics: [...metrics],
      evaluations: [...evaluations],
    };
    stored = [run, ...stored.filter((r) => r.runId !== runId)];
    const note = options.checkpointNote;
    emit({ kind: 'checkpoint', step, stored: note === undefined, note: note ?? '' });
  };

  const makeTree = (index: number) => {
    const rng = createRng(index + 1);
    const problem = task.draw(rng, document!.data.difficulty);
    let wrong = '';
    for (let k = 0; !wrong || wrong === problem.solution; k++)
      wrong = writeAnswer(problem, 0.3 + 0.02 * k, rng);
    const right = problem.solution;
    let same = 0;
    while (right[same] === wrong[same]) same++;
    const prefix = right.slice(0, right.lastIndexOf('\n', same - 1) + 1);
    const tree: PreferenceTree = {
      id: problem.id,
      nodes: [
        { parent: -1, tokens: codes(problem.prompt + prefix), role: 'prompt', scored: false },
        { parent: 0, tokens: codes(right.slice(prefix.length)), role: 'step', scored: true },
        { parent: 0, tokens: codes(wrong.slice(prefix.length)), role: 'step', scored: true },
      ],
      responses: [{ leaf: 1 }, { leaf: 2 }],
      comparisons: [{ chosen: 0, rejected: 1 }],
    };
    return { tree, made: { problem, right, wrong } };
  };

  const evaluateNow = async (count: number) => {
    const before = phase;
    enter('evaluating', `Answering ${count} held-out problems.`);
    await sleep(pace);
    const rng = createRng(step + 31);
    if (document?.data.dataset) {
      const ranked = step === 0 ? 0 : Math.min(8, 4 + Math.floor(step / 2)); // tied at first
      const loss = 0.69 - 0.03 * step;
      const pairs: Evaluation = {
        kind: 'pairs',
        step,
        stage: 'main',
        problems: 8,
        accuracy: ranked / 8,
        interval: wilson(ranked, 8),
        stepAccuracy: 0,
        meanTokens: 40,
        metrics: {
          eval_loss: loss,
          'eval_rewards/margins': 0.1 * step,
          'eval_rewards/accuracies': ranked / 8,
        },
      };
      evaluations = [...evaluations, pairs];
      emit({ kind: 'evaluation', evaluation: pairs });
      phase = before;
      return pairs;
    }
    const right = Math.round(count * Math.min(1, (1 - skill()) ** 4.5 + 0.02 * rng.next()));
    const evaluation: Evaluation = {
      step,
      stage: 'main',
      problems: count,
      accuracy: right / count,
      interval: wilson(right, count),
      stepAccuracy: 1 - skill(),
      meanTokens: 31.4,
    };
    evaluations = [...evaluations, evaluation];
    emit({ kind: 'evaluation', evaluation });
    phase = before;
    return evaluation;
  };

  const collect = async () => {
    if (trees.length > 0) return;
    if (document!.data.dataset) {
      enter('collecting', 'Reading the dataset.');
      const { trees: read, report } = await brought.prepare(document!);
      trees = read.map((tree) => ({ tree }));
      emit(
        { kind: 'dataset', report },
        ...read.map((tree, index): RunEvent => ({ kind: 'tree', tree, index })),
      );
      return;
    }
    const total = document!.data.trees;
    enter('collecting', 'Making pairs.');
    for (let i = 0; i < total && !asked; i++) {
      trees.push(makeTree(i));
      emit(
        { kind: 'tree', tree: trees[i]!.tree, index: i },
        {
          kind: 'progress',
          phase: 'collecting',
          done: i + 1,
          total,
          note: `${(i + 1) * 3} sampled, ${i + 1} wrong`,
        },
      );
      if (i % 8 === 0) await sleep(pace / 2);
    }
  };

  const oneStep = async () => {
    enter('training', `Step ${step + 1} of ${document!.steps}.`);
    await sleep(pace);
    step++;
    if (options.failAt?.step === step) throw options.failAt.error;
    const rng = createRng(1000 + step);
    const noise = () => rng.next() - 0.5;
    const margin = 2.6 * (1 - Math.exp(-step / 9)) + 0.3 * noise();
    const row = {
      step,
      loss: Math.log(1 + Math.exp(-margin)) + 0.02 * noise(),
      'rewards/chosen': 0.3 * margin + 0.1 * noise(),
      'rewards/rejected': -0.7 * margin + 0.1 * noise(),
      'rewards/margins': margin,
      'rewards/accuracies': Math.min(1, 0.55 + 0.4 * (1 - Math.exp(-step / 5)) + 0.08 * noise()),
      'logps/chosen': -3.1 + 0.3 * margin + 0.2 * noise(),
      'logps/rejected': -4.6 - 1.6 * margin + 0.4 * noise(),
      grad_norm: 2.4 * Math.exp(-step / 15) + 0.3 * rng.next(),
      learning_rate:
        document!.optimizer.learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / document!.steps)),
      num_tokens: step * 2048,
    };
    metrics.push({ stage: 'main', metrics: row });
    emit(
      { kind: 'metrics', stage: 'main', metrics: row },
      { kind: 'progress', phase: 'training', done: step, total: document!.steps, note: '' },
      { kind: 'status', status: status() },
    );
  };

  const train = async (): Promise<RunStatus> => {
    asked = undefined;
    const { every, problems } = document!.evaluation;
    try {
      if (evaluations.length === 0 && problems > 0) await evaluateNow(problems);
      await collect();
      while (step < document!.steps && !asked) {
        await oneStep();
        if (every > 0 && step % every === 0 && problems > 0 && step < document!.steps)
          await evaluateNow(problems);
      }
      if (asked === 'stop') enter('stopped', `Stopped at step ${step}.`);
      else if (asked === 'pause') enter('paused', `Paused at step ${step}.`);
      else {
        if (problems > 0) await evaluateNow(problems);
        enter('finished', `Finished after ${step} steps.`);
      }
    } catch (error) {
      const { name, message: text } = error as Error;
      enter('failed', text);
      emit({ kind: 'error', name, message: text });
    }
    save();
    return status();
  };

  const answerOf = (problem: Problem, which: 'policy' | 'reference'): Answer => {
    const rng = createRng(hash(problem.id));
    const text = writeAnswer(problem, which === 'reference' ? 0.13 : skill(), rng);
    const verdict = task.verify(problem, text);
    if (options.hostile) for (const s of verdict.steps) s.reason &&= options.hostile;
    const tokens = [...text];
    return { problem, text, tokens, logProbs: tokens.map(() => -0.1), verdict };
  };

  const creditTokens = (text: string, sharedLength: number, sign: number, rng: Rng, firstBad: number) => {
    let line = -1;
    let open = false;
    return [...text].map((char, i): CreditToken => {
      const scored = i >= sharedLength;
      if (scored && !open) {
        line++;
        open = true;
      }
      if (char === '\n') open = false;
      const at = scored ? line : -1;
      const big = i === firstBad ? 6 : /\d/.test(char) ? 1 : 0.2;
      const reward = scored ? 0.05 * sign * big * (0.3 + rng.next()) + 0.02 * (rng.next() - 0.5) : 0;
      return {
        text: char,
        step: at,
        policyLogProb: -0.4,
        referenceLogProb: -0.5,
        weight: scored ? 1 : 0,
        reward,
        push: scored ? 0.04 * sign * big * (0.6 + 0.2 * rng.next()) : 0,
      };
    });
  };

  const api: TrainerApi = {
    init: async (choice) => {
      await sleep(pace / 4);
      if (choice !== 'auto') backend = { ...backend, name: choice };
      backend = { ...backend, ...options.backend };
      return backend;
    },
    methods: async () => catalogue,
    models: async () => [
      {
        id: 'arith-nano',
        name: 'arith-nano',
        description: 'Small enough for a slow machine.',
        parameters: 216_000,
        builtIn: true,
      },
      {
        id: 'arith-small',
        name: 'arith-small',
        description: 'The larger built-in model.',
        parameters: 1_640_000,
        builtIn: true,
      },
      ...brought.models,
    ],
    ...brought.calls,
    chat: async (prompt, { which, maxTokens }) =>
      brought.chat(typeof prompt === 'string' ? prompt : prompt.at(-1)!.content, which, maxTokens),
    logProbs: async (sequences) => sequences.map((tokens) => tokens.slice(1).map(() => -1)),
    next: async (prefixes) => prefixes.map(() => ({ likeliest: [], named: [] })),
    tokenize: async (text) => codes(text),
    subscribe: async (l) => {
      listener = l;
    },
    createGroup: () => Promise.reject(new Error('The stand-in compares nothing.')),
    openGroup: () => Promise.reject(new Error('The stand-in compares nothing.')),
    create: async (value) => {
      document = parseRun(value, catalogue);
      [trees, metrics, evaluations, step, asked] = [[], [], [], 0, undefined];
      runId = `run-${stored.length + 1}-${Date.now()}`;
      enter('idle', 'Ready.');
      return status();
    },
    open: async (id) => {
      const run = stored.find((r) => r.runId === id);
      if (!run) throw new Error(`There is no stored run "${id}".`);
      ({ document, step, metrics, evaluations } = run);
      runId = id;
      trees = Array.from({ length: 12 }, (_, i) => makeTree(i));
      enter('paused', `Opened at step ${step}.`);
      return status();
    },
    start: () => {
      ended = train();
      return ended;
    },
    stepOnce: async () => {
      await collect();
      await oneStep();
      enter(step >= document!.steps ? 'finished' : 'paused', `Paused at step ${step}.`);
      save();
      return status();
    },
    pause: async () => {
      asked = 'pause';
      return ended ?? status();
    },
    stop: async () => {
      asked = 'stop';
      if (phase === 'paused' || phase === 'idle') {
        enter('stopped', `Stopped at step ${step}.`);
        save();
        return status();
      }
      return ended ?? status();
    },
    status: async () => (runId ? status() : undefined),
    load: async (id) => (await api.models()).find((m) => m.id === id)!,
    problems: async (_task, difficulty, start, count) => {
      const drawn = task.heldOut(difficulty, start, count);
      return options.hostile ? drawn.map((p) => ({ ...p, prompt: `${options.hostile}\n` })) : drawn;
    },
    answer: async (problems, { which }) => {
      await sleep(pace / 2);
      return problems.map((p) => answerOf(p, which));
    },
    replaySearch: async () => ({ nodes: [], steps: [], right: {} }),
    evaluate: (count) => evaluateNow(count),
    trees: async (start, count) => ({
      total: trees.length,
      trees: trees.slice(start, start + count).map((t) => t.tree),
    }),
    draw: async () => ({ conditions: [0], frames: [new Uint8Array(432)] }),
    credit: async (index) => {
      await sleep(pace / 3);
      const { tree, made } = trees[index]!;
      if (!made) {
        const textAt = (node: number) => tree.nodes[node]!.tokens.map(pieceOf).join('');
        const pathTo = (leaf: number): number[] =>
          leaf < 0 ? [] : [...pathTo(tree.nodes[leaf]!.parent), leaf];
        return {
          treeId: tree.id,
          prompt: tree.nodes.flatMap((n, i) => (n.role === 'prompt' ? textAt(i) : [])).join(''),
          method: document!.method.id,
          responses: tree.responses.map((r, i): CreditResponse => {
            const nodes = pathTo(r.leaf).filter((n) => tree.nodes[n]!.role !== 'prompt');
            const sign = i === 0 ? 1 : -1;
            const texts = nodes.map(textAt);
            return {
              role: i === 0 ? 'chosen' : 'rejected',
              tokens: creditTokens(texts.join(''), 0, sign, createRng(index), 0),
              steps: texts.map((t) => ({
                text: t,
                scored: true,
                reward: sign,
                push: sign,
                correct: undefined,
              })),
              reward: sign,
            };
          }),
          loss: 0.5,
        };
      }
      const { problem, right, wrong } = made;
      const prefix = tree.nodes[0]!.tokens.length - problem.prompt.length;
      let same = prefix;
      while (right[same] === wrong[same]) same++;
      const rng = createRng(index + 5);
      const response = (role: CreditResponse['role'], text: string, sign: number): CreditResponse => {
        const tokens = creditTokens(text, prefix, sign, rng, same);
        const count = Math.max(...tokens.map((t) => t.step)) + 1;
        const sum = (k: number, key: 'reward' | 'push') =>
          tokens.filter((t) => t.step === k).reduce((s, t) => s + t[key], 0);
        const lines = tokens
          .slice(prefix)
          .map((t) => t.text)
          .join('')
          .split(/(?<=\n)/);
        const verdict = task.verify(problem, text);
        const skipped = text.slice(0, prefix).split('\n').length - 1;
        const steps = Array.from({ length: count }, (_, k) => ({
          text: lines[k] ?? '',
          scored: true,
          reward: sum(k, 'reward'),
          push: sum(k, 'push'),
          correct: verdict.steps[skipped + k]?.correct,
        }));
        return { role, tokens, steps, reward: steps.reduce((s, x) => s + x.reward, 0) };
      };
      return {
        treeId: tree.id,
        prompt: problem.prompt,
        method: document!.method.id,
        responses: [response('chosen', right, 1), response('rejected', wrong, -1)],
        loss: 0.412,
      };
    },
    computeLoss: async (given) => fakeLoss(given),
    computeLatentLoss: async () => ({ loss: 0, gradient: {}, metrics: {} }),
    goBack: async () => {
      throw new Error('No step is kept whole.');
    },
    exampleCase: async (method) => fakeCase(method),
    lossPlane: async (_given, { first, second }) =>
      second.map((down) => first.map((up) => Math.log1p(Math.exp(0.1 * (down - up))))),
    labs: async () => [...fakeLabs],
    runLab: async (id, params, seed) => runFakeLab(id, params, seed),
    cancelLab: async () => {},
    // DPO's, whatever is asked about.
    pairLoss: async ({ pairs }) =>
      pairs.map(({ at }) => {
        const weight = at.map(([up, down]) => 1 / (1 + Math.exp(0.1 * (up - down))));
        return {
          loss: weight.map((w) => -Math.log(1 - w)),
          byChosen: weight.map((w) => -0.1 * w),
          byRejected: weight.map((w) => 0.1 * w),
        };
      }),
    analyses: async () => [...fakeAnalyses],
    analyse: async (_id, params) => {
      if (!document) throw new Error('No run is open; create one, or open a stored one.');
      return fakeAnalysis(params);
    },
    cancelAnalysis: async () => {},
    runs: async () => stored,
    deleteRun: async (id) => {
      stored = stored.filter((r) => r.runId !== id);
    },
    storage: async () => {
      const items = stored.flatMap((r): StorageItem[] => [
        {
          store: 'runs',
          key: r.runId,
          label: `${r.document.method.id} on ${r.document.model}`,
          bytes: 18_200,
          updated: r.updated,
        },
        { store: 'checkpoints', key: r.runId, label: `step ${r.step}`, bytes: 2_592_000, updated: r.updated },
      ]);
      const model: StorageItem = {
        store: 'models',
        key: 'arith-nano',
        label: 'arith-nano',
        bytes: 871_000,
        updated: Date.now(),
      };
      items.push(...brought.items());
      const usage = 871_000 + items.reduce((s, i) => s + i.bytes, 0);
      return {
        items: [model, ...items],
        usage,
        quota: 2_147_483_648,
        persisted: false,
        problem: options.storageProblem ?? '',
      };
    },
    deleteStored: async (_store, key) => {
      stored = stored.filter((r) => r.runId !== key);
      brought.forget(key);
    },
    persistStorage: async () => true,
    drawPairs: async () => [],
    addChoices: async () => ({ id: 'choices-0', pairs: 0 }),
    keepModel: async () => {
      throw new Error('The run has trained nothing yet.');
    },
    exportModel: async () => new Uint8Array([80, 75, 5, 6, ...new Array<number>(18).fill(0)]),
    memory: async () => ({ tensors: 0, bytes: 0, gpuBytes: 0, gpuPeakBytes: 0, dispatches: 0 }),
    dispose: async () => {},
  };

  // Notes every call, and fails those that it was told to fail.
  const recorded = new Proxy(api, {
    get:
      (target, name: keyof TrainerApi) =>
      (...args: unknown[]) => {
        calls.push({ name, args });
        const error = options.fail?.[name];
        return error ? Promise.reject(error) : (target[name] as (...a: unknown[]) => unknown)(...args);
      },
  });

  return {
    api: recorded,
    calls,
    options,
    emit,
    subscribe: async (l) => {
      listener = l;
    },
    onCrash: (l) => {
      crashed = l;
    },
    crash: (error) => crashed(error),
    close: () => {
      listener = () => {};
    },
  };
};
