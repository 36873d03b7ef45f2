import code from '../../shaders/adamw.wgsl?raw';
import normCode from '../../shaders/gradient-norm.wgsl?raw';
import type { Tensor } from '../tf';
import { gpu, maxBinding, tf, toTensor } from '../tf';
import type { AdamWHyper, Slot } from './adamw-slots';
import { block, corrections, lookUp, slotsOf } from './adamw-slots';
import { type Copy, copyBuffers, f32, grid, run } from './dispatch';

/** AdamW on our GPU device: all parameters laid end to end, cut where a device binds no more at once. */

/** A stretch of the flat buffers that one binding can hold. */
interface Segment {
  /** Multiple of 64. */
  size: number;
  parameter: Tensor;
  gradient: Tensor;
  m: Tensor;
  v: Tensor;
  /** Which blocks of 64 decay. */
  decays: Tensor;
}

export interface FlatState {
  kind: 'flat';
  slots: Slot[];
  segments: Segment[];
  /** Numbers of every segment but the last. */
  segmentSize: number;
  /** The answers of `decay` that the segments' `decays` were made from. */
  decayKey: string;
}

const keptZeros = (size: number, dtype: 'float32' | 'int32' = 'float32') => tf.keep(tf.zeros([size], dtype));

/** Of the flat buffers of `size` numbers, a segment's own. */
const emptySegment = (size: number): Segment => ({
  size,
  parameter: keptZeros(size),
  gradient: keptZeros(size),
  m: keptZeros(size),
  v: keptZeros(size),
  decays: keptZeros(size / block, 'int32'),
});

/** Moments of zero, in as many segments as the device's bindings ask for. */
export const createFlat = (parameters: ReadonlyMap<string, Tensor>): FlatState => {
  const { slots, size } = slotsOf(parameters);
  const segmentSize = Math.min(size, Math.floor(maxBinding() / 4 / block) * block);
  const segments = Array.from({ length: Math.ceil(size / segmentSize) }, (_, i) =>
    emptySegment(Math.min(segmentSize, size - i * segmentSize)),
  );
  return { kind: 'flat', slots, segments, segmentSize, decayKey: '' };
};

export const disposeFlat = ({ segments }: FlatState) => {
  for (const segment of segments) tf.dispose({ ...segment });
};

/** A slot's numbers segment by segment: where they lie in the segment and in the slot. */
const piecesOf = ({ segmentSize, segments }: FlatState, { offset, length }: Slot) => {
  const pieces: { segment: Segment; at: number; from: number; length: number }[] = [];
  for (let from = 0; from < length; ) {
    const index = Math.floor((offset + from) / segmentSize);
    const at = offset + from - index * segmentSize;
    const count = Math.min(length - from, segmentSize - at);
    pieces.push({ segment: segments[index]!, at, from, length: count });
    from += count;
  }
  return pieces;
};

const setDecays = (state: FlatState, decays: readonly boolean[]) => {
  const key = decays.join();
  if (key === state.decayKey) return;
  const flags = new Map(state.segments.map((segment) => [segment, new Int32Array(segment.size / block)]));
  state.slots.forEach((slot, i) => {
    for (const { segment, at, length } of piecesOf(state, slot)) {
      flags.get(segment)!.fill(decays[i] ? 1 : 0, at / block, Math.ceil((at + length) / block));
    }
  });
  for (const [segment, values] of flags) {
    segment.decays.dispose();
    segment.decays = tf.keep(tf.tensor1d(values, 'int32'));
  }
  state.decayKey = key;
};

const INFINITY = 0x7f800000;
/** Partial sums of squares per segment; as in the shader. */
const PARTIALS = 1024;

/** Norm of the gradient over all segments, in a fixed order. */
const gradientNorm = (segments: readonly Segment[]): Tensor => {
  const sums = toTensor(gpu().makeTensorInfo([PARTIALS * segments.length], 'float32'));
  segments.forEach(({ gradient, size }, i) => {
    run({
      label: 'gradient norm, partial sums',
      code: normCode,
      entryPoint: 'partials',
      inputs: [gradient],
      outputs: [sums],
      uniforms: [size, INFINITY, i * PARTIALS],
      workgroups: [PARTIALS / 64],
    });
  });
  const [norm] = run({
    label: 'gradient norm',
    code: normCode,
    entryPoint: 'finish',
    inputs: [sums],
    outputs: [{ shape: [], dtype: 'float32' }],
    uniforms: [sums.size, INFINITY, 0],
    workgroups: [1],
  });
  sums.dispose();
  return norm!;
};

/** One step, see `adamWStep`. */
export const stepFlat = (
  state: FlatState,
  parameters: Map<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
  hyper: AdamWHyper,
): Tensor => {
  const { slots, segments } = state;
  const { stepSize, rootCorrection2 } = corrections(hyper);
  setDecays(
    state,
    slots.map((slot) => hyper.decay?.(slot.name) ?? true),
  );
  const copies: Copy[] = [];
  const back: Copy[] = [];
  for (const slot of slots) {
    const parameter = lookUp('parameter', parameters, slot);
    const gradient = lookUp('gradient', gradients, slot);
    for (const { segment, at, from, length } of piecesOf(state, slot)) {
      const there = { fromOffset: from, toOffset: at, length };
      copies.push({ from: parameter, to: segment.parameter, ...there });
      copies.push({ from: gradient, to: segment.gradient, ...there });
      back.push({ from: segment.parameter, fromOffset: at, to: parameter, toOffset: from, length });
    }
  }
  copyBuffers(copies);
  const norm = gradientNorm(segments);
  for (const { size, gradient, decays, parameter, m, v } of segments) {
    run({
      label: 'adamW',
      code,
      inputs: [gradient, norm, decays],
      outputs: [parameter, m, v],
      uniforms: [
        size,
        f32(hyper.learningRate),
        f32(1 - hyper.beta1),
        f32(hyper.beta2),
        f32(1 - hyper.beta2),
        f32(hyper.epsilon),
        f32(hyper.weightDecay),
        f32(hyper.maxGradNorm),
        f32(stepSize),
        f32(rootCorrection2),
      ],
      workgroups: grid(size / block),
    });
  }
  copyBuffers(back);
  return norm;
};

/** The moments of a flat state by parameter. */
export const readFlat = async (state: FlatState, which: 'm' | 'v'): Promise<Map<string, Float32Array>> => {
  const result = new Map(state.slots.map(({ name, length }) => [name, new Float32Array(length)]));
  for (const segment of state.segments) {
    const values = (await segment[which].data()) as Float32Array;
    for (const slot of state.slots) {
      for (const piece of piecesOf(state, slot)) {
        if (piece.segment !== segment) continue;
        result.get(slot.name)!.set(values.subarray(piece.at, piece.at + piece.length), piece.from);
      }
    }
  }
  return result;
};

/** Puts moments in place of those that are there. @param get a slot's own */
export const writeFlat = (state: FlatState, which: 'm' | 'v', get: (slot: Slot) => Float32Array) => {
  for (const segment of state.segments) {
    const values = new Float32Array(segment.size);
    for (const slot of state.slots) {
      for (const { segment: own, at, from, length } of piecesOf(state, slot)) {
        if (own === segment) values.set(get(slot).subarray(from, from + length), at);
      }
    }
    segment[which].dispose();
    segment[which] = tf.keep(tf.tensor1d(values));
  }
};
