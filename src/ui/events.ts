import type { RunEvent, RunSummary } from '../../workers/protocol';
import type { PreferenceTree } from '../tree/tree';
import { checkKey } from './bring/check-key';
import { count } from './format';
import {
  type Arm,
  type EvaluationPoint,
  isMoving,
  type Point,
  type ProbePoint,
  type State,
  type TreeShape,
} from './state';

/** Length, in tokens, of the path from the root to a node, that node included. */
const depth = (tree: PreferenceTree, node: number): number => {
  let tokens = 0;
  for (let i = node; i >= 0; i = tree.nodes[i]!.parent) tokens += tree.nodes[i]!.tokens.length;
  return tokens;
};

const ancestors = (tree: PreferenceTree, node: number): number[] => {
  const path: number[] = [];
  for (let i = node; i >= 0; i = tree.nodes[i]!.parent) path.unshift(i);
  return path;
};

/** Where the responses of a tree part, and how long they are from there. */
export const shapeOf = (tree: PreferenceTree, index: number): TreeShape => {
  const paths = tree.responses.map((r) => ancestors(tree, r.leaf));
  let common = 0;
  const [first] = paths;
  if (first && paths.length > 1) {
    while (first[common] !== undefined && paths.every((p) => p[common] === first[common])) common++;
  } else if (first) {
    // A single response parts from its prompt.
    common = Math.max(
      1,
      first.findIndex((i) => tree.nodes[i]!.scored),
    );
  }
  const shared = first && common > 0 ? depth(tree, first[common - 1]!) : 0;
  return {
    index,
    id: tree.id,
    shared,
    branches: tree.responses.map((r) => depth(tree, r.leaf) - shared),
    comparisons: tree.comparisons.length,
  };
};

export type Curves = Pick<State, 'stages' | 'points' | 'evaluations' | 'probes'>;

type KeptSteps = Pick<State, 'snapshots' | 'best'>;

export const noCurves: Curves = { stages: [], points: [], evaluations: [], probes: [] };

const lastX = ({ points, evaluations }: Curves) =>
  Math.max(0, points.at(-1)?.x ?? 0, evaluations.at(-1)?.x ?? 0);

/** Adds one row; a step that comes again (after going back to a checkpoint) replaces what stood there. */
const place = <T extends { x: number }>(rows: readonly T[], row: T): T[] => {
  let keep = rows.length;
  while (keep > 0 && rows[keep - 1]!.x >= row.x) keep--;
  return [...rows.slice(0, keep), row];
};

const stageStart = (curves: Curves, id: string): { stages: Curves['stages']; x: number } => {
  const known = curves.stages.find((s) => s.id === id);
  if (known) return { stages: curves.stages, x: known.x };
  const x = curves.stages.length === 0 ? 0 : lastX(curves);
  return { stages: [...curves.stages, { id, x }], x };
};

/** Folds metrics and evaluations into the curves; `x` runs on over the passes of a run. */
export const addToCurves = (curves: Curves, event: RunEvent): Curves => {
  if (event.kind === 'metrics') {
    const { stages, x } = stageStart(curves, event.stage);
    const point: Point = { x: x + (event.metrics['step'] ?? 0), stage: event.stage, metrics: event.metrics };
    return { ...curves, stages, points: place(curves.points, point) };
  }
  if (event.kind === 'evaluation') {
    const { evaluation } = event;
    const { stages, x } = stageStart(curves, evaluation.stage);
    const row: EvaluationPoint = { x: x + evaluation.step, evaluation };
    const last = curves.evaluations.at(-1);
    // The end of one pass and the start of the next share an x; both stay.
    const evaluations =
      last && last.evaluation.stage !== evaluation.stage
        ? [...curves.evaluations, row]
        : place(curves.evaluations, row);
    return { ...curves, stages, evaluations };
  }
  if (event.kind === 'probe') {
    const { probe } = event;
    const { stages, x } = stageStart(curves, probe.stage);
    const row: ProbePoint = { x: x + probe.step, probe };
    const last = curves.probes.at(-1);
    const probes =
      last && last.probe.stage !== probe.stage ? [...curves.probes, row] : place(curves.probes, row);
    return { ...curves, stages, probes };
  }
  return curves;
};

/** The curves of a stored run. It keeps metrics, evaluations and probes apart; taken in the order of their steps, pass by pass. */
export const curvesOf = ({ metrics, evaluations, probes = [] }: RunSummary): Curves => {
  const order = new Set([metrics, evaluations, probes].flatMap((rows) => rows.map(({ stage }) => stage)));
  let curves = noCurves;
  for (const stage of order) {
    const own = <T extends { stage: string }>(rows: readonly T[]) =>
      rows.filter((row) => row.stage === stage);
    for (const row of own(metrics)) curves = addToCurves(curves, { kind: 'metrics', ...row });
    for (const evaluation of own(evaluations))
      curves = addToCurves(curves, { kind: 'evaluation', evaluation });
    for (const probe of own(probes)) curves = addToCurves(curves, { kind: 'probe', probe });
  }
  return curves;
};

const keptAt = ({ stages }: Pick<Curves, 'stages'>, { stage, step }: { stage: string; step: number }) => ({
  x: (stages.find(({ id }) => id === stage)?.x ?? 0) + step,
  stage,
  step,
});

/** What is kept of a stored run, beside its curves. */
export const keptOf = (curves: Curves, { snapshots = [], best }: RunSummary): KeptSteps => ({
  snapshots: snapshots.map((place) => keptAt(curves, place)),
  best: best && keptAt(curves, best),
});

/** What happened in the arms of a comparison. */
const reduceArms = (arms: readonly Arm[], events: readonly RunEvent[]): readonly Arm[] =>
  arms.map((arm, index) => {
    const own = events.filter((event) => event.arm === index);
    if (own.length === 0) return arm;
    const curves = own.reduce<Curves>(addToCurves, arm);
    const status = own.reduce((last, event) => (event.kind === 'status' ? event.status : last), arm.status);
    return { ...arm, ...curves, status };
  });

/** The status of a comparison: that of its first run, but it moves while any of them does. */
const sharedStatus = (arms: readonly Arm[]): State['status'] =>
  (arms.find(({ status }) => isMoving(status.phase)) ?? arms[0])?.status;

const reduceRun = (state: Readonly<State>, events: readonly RunEvent[]): Partial<State> => {
  let curves: Curves = state;
  let trees: TreeShape[] | undefined;
  const patch: Partial<State> = {};
  for (const event of events) {
    if (event.kind === 'status') {
      patch.status = event.status;
      // Progress belongs to a phase; in another one it would mislead.
      const progress = patch.progress ?? state.progress;
      if (progress && progress.phase !== event.status.phase) patch.progress = undefined;
    } else if (event.kind === 'progress') {
      patch.progress = { phase: event.phase, done: event.done, total: event.total, note: event.note };
    } else if (event.kind === 'tree') {
      trees ??= [...state.trees];
      trees[event.index] = shapeOf(event.tree, event.index);
    } else if (event.kind === 'snapshot') {
      const kept = keptAt(curves, event);
      if (event.best) patch.best = kept;
      else patch.snapshots = place(patch.snapshots ?? state.snapshots, kept);
    } else if (event.kind === 'made') {
      patch.made = { ...(patch.made ?? state.made), [event.stage]: event.measures };
    } else if (event.kind === 'download') {
      patch.download = event.progress;
    } else if (event.kind === 'work') {
      patch.work = { what: event.what, done: event.done, total: event.total };
    } else if (event.kind === 'dataset' && isMoving((patch.status ?? state.status)?.phase)) {
      patch.checked = { key: checkKey(state.runDocument ?? state.document), report: event.report };
    } else if (event.kind === 'checkpoint') {
      const step = count(event.step);
      patch.checkpoint = event.stored ? `Saved at step ${step}.` : `Not saved at step ${step}: ${event.note}`;
      patch.saveProblem = event.stored ? '' : event.note || 'the browser gave no reason';
    } else {
      curves = addToCurves(curves, event);
    }
  }
  if (trees) patch.trees = trees;
  const { stages, points, evaluations, probes } = curves;
  return { ...patch, stages, points, evaluations, probes };
};

/** What a batch of the worker's events changes. Errors are left to the caller, who has more to do about them. */
export const reduceEvents = (state: Readonly<State>, events: readonly RunEvent[]): Partial<State> => {
  if (state.arms.length === 0) return reduceRun(state, events);
  const arms = reduceArms(state.arms, events);
  const first = reduceRun(
    state,
    events.filter(({ arm = 0, kind }) => arm === 0 || kind === 'progress'),
  );
  return { ...first, arms, status: sharedStatus(arms) };
};
