import entriesCode from '../../shaders/log-prob-entries.wgsl?raw';
import entryGradCode from '../../shaders/log-prob-entry-grad.wgsl?raw';
import logitsGradCode from '../../shaders/log-prob-logits-grad.wgsl?raw';
import rowGradCode from '../../shaders/log-prob-row-grad.wgsl?raw';
import rowsCode from '../../shaders/log-prob-rows.wgsl?raw';
import stepsCode from '../../shaders/log-prob-steps.wgsl?raw';
import type { TensorInfo } from '../tf';
import { elementWork, onSoftwareGpu } from '../tf';
import { dispatch, grid } from './dispatch';
import type { EntryTensors } from './entry-tensors';
import type { PackedInfo } from './packed-matrix';
import { layoutOf, weightShader } from './packed-shader';
import { rowParts, rowWindow } from './window';

/** The dispatches that `logSoftmaxGather` and `linearLogProb` are made of. The maths is in the shaders' headers. */

export type EntryName = keyof EntryTensors;
export const entryNames: readonly EntryName[] = [
  'row',
  'target',
  'weight',
  'rows',
  'rowStart',
  'rowEntries',
  'step',
  'stepStart',
];
export type EntryInfos = Record<EntryName, TensorInfo>;

const sizeOf = (info: TensorInfo) => info.shape.reduce((a, b) => a * b, 1);
const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** Workgroups of 64 threads for n threads, and the uniform that undoes the folding. */
export const threads = (n: number) => {
  const workgroups = grid(Math.ceil(n / 64));
  return { workgroups, groups: workgroups[0] };
};

/** Threads per row: a software adapter pays for each thread that waits at a barrier. */
export const threadsPerRow = () => (onSoftwareGpu() ? 8 : 64);

/** (max, log sum) per row of logits [rows, width]; `into` continues over chunks of columns. */
export const rowStats = (
  logits: TensorInfo,
  rows: number,
  width: number,
  into?: TensorInfo,
  goOn = false,
): TensorInfo =>
  dispatch({
    label: 'log-prob rows',
    code: rowsCode,
    constants: { W: threadsPerRow(), CONTINUE: Number(goOn) },
    inputs: [logits],
    outputs: [into ?? float(rows, 2)],
    uniforms: [rows, width],
    workgroups: grid(rows),
  })[0]!;

/** logProb [M], stepSum [S], logSumExp [R] from (max, log sum) and either the logits or hidden states and head. */
export const entryResults = (
  entries: EntryInfos,
  stats: TensorInfo,
  values: TensorInfo,
  head?: TensorInfo | PackedInfo,
): TensorInfo[] => {
  const [M, R, S] = [sizeOf(entries.row), stats.shape[0]!, sizeOf(entries.stepStart) - 1];
  const each = threads(Math.max(M, R));
  const code = weightShader(entriesCode, head && layoutOf(head), { FROM_HIDDEN: head !== undefined });
  let results: TensorInfo[] | undefined;
  // Without a head the logits are read, and nothing of these.
  for (const { first, count } of head ? rowParts(head) : [{ first: 0, count: 0 }]) {
    const { buffers, begin } = head ? rowWindow(head, first, count) : { buffers: [values, values], begin: 0 };
    results = dispatch({
      label: 'log-prob entries',
      code,
      inputs: [values, ...buffers, entries.row, entries.target, stats],
      outputs: results ?? [float(M), float(R)],
      uniforms: [M, R, values.shape[1]!, each.groups, first, count, begin],
      workgroups: each.workgroups,
      work: elementWork([{ shape: [2 * M, values.shape[1]!] }]),
    });
  }
  const [logProb, logSumExp] = results!;
  const perStep = threads(S);
  const [stepSum] = dispatch({
    label: 'log-prob steps',
    code: stepsCode,
    inputs: [logProb!, entries.weight, entries.stepStart],
    outputs: [float(S)],
    uniforms: [S, perStep.groups],
    workgroups: perStep.workgroups,
  });
  return [logProb!, stepSum!, logSumExp!];
};

/** g [M] per entry and (max, log sum, coefficient) [R, 3] per row, from the gradients of the three results. */
export const softmaxCoefficients = (
  [dLogProb, dStepSum, dLogSumExp]: readonly TensorInfo[],
  entries: EntryInfos,
  stats: TensorInfo,
): { g: TensorInfo; coef: TensorInfo } => {
  const [M, R] = [sizeOf(entries.row), stats.shape[0]!];
  const perEntry = threads(M);
  const [g] = dispatch({
    label: 'log-prob entry gradient',
    code: entryGradCode,
    inputs: [dLogProb!, dStepSum!, entries.weight, entries.step],
    outputs: [float(M)],
    uniforms: [M, perEntry.groups],
    workgroups: perEntry.workgroups,
  });
  const perRow = threads(R);
  const [coef] = dispatch({
    label: 'log-prob row gradient',
    code: rowGradCode,
    inputs: [g!, dLogSumExp!, stats, entries.rowStart, entries.rowEntries],
    outputs: [float(R, 3)],
    uniforms: [R, perRow.groups],
    workgroups: perRow.workgroups,
  });
  return { g: g!, coef: coef! };
};

/** dLogits [R, V] from the logits. */
export const logitsGradient = (
  logits: TensorInfo,
  g: TensorInfo,
  coef: TensorInfo,
  entries: EntryInfos,
): TensorInfo => {
  const [R, V] = logits.shape as [number, number];
  const workgroups = grid(R);
  return dispatch({
    label: 'log-prob logits gradient',
    code: logitsGradCode,
    constants: { W: threadsPerRow(), SOFTMAX: 1 },
    inputs: [logits, coef, g, entries.target, entries.rowStart, entries.rowEntries],
    outputs: [float(R, V)],
    uniforms: [R, V, 0, workgroups[0]],
    workgroups,
  })[0]!;
};

/** Adds the entries' own g to a chunk of dLogits, columns [first, first + width), in place. */
export const addTargets = (
  dLogits: TensorInfo,
  g: TensorInfo,
  coef: TensorInfo,
  entries: EntryInfos,
  { first, width }: { first: number; width: number },
) => {
  const R = coef.shape[0]!;
  const workgroups = grid(Math.ceil(R / 64));
  dispatch({
    label: 'log-prob targets',
    code: logitsGradCode,
    constants: { W: 64, SOFTMAX: 0 },
    inputs: [coef, coef, g, entries.target, entries.rowStart, entries.rowEntries],
    outputs: [dLogits],
    uniforms: [R, width, first, workgroups[0]],
    workgroups,
  });
};
