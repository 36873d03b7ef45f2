import type { TensorInfo } from '../tf';
import { gpu, onSoftwareGpu, toTensor } from '../tf';
import { product } from './matmul';
import type { PackedInfo, PackedMatrix } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { mostRows } from './window';

/** An output head [V, d] as kernels see it. */
export type HeadInfo = TensorInfo | PackedInfo;

/**
 * Columns per chunk when logits are streamed. On a software adapter `share` of the vocabulary, so that the scratch of forward and
 * backward (tfjs counts both until it submits) stays a small part of what the whole logits would take, but at least 256 KiB and
 * at most 4 MiB of scratch. A real GPU wants few large products, and each dispatch costs the host: 7 MiB,
 * with which the vocabulary of 1,024 rows and 49,152 tokens stays below 20 MB.
 */
export const chunkColumns = (rows: number, vocabulary: number, share = 1 / 32): number => {
  const elements = onSoftwareGpu()
    ? Math.min(Math.max(rows * vocabulary * share, 1 << 16), 1 << 20)
    : 7 << 18;
  return Math.min(vocabulary, Math.max(64, Math.ceil(elements / rows / 64) * 64));
};

/**
 * The vocabulary in chunks of so many columns, or fewer where the device does not bind as much of a head at once: f(first
 * column, number of columns).
 * @param heads of one vocabulary
 */
export const eachChunk = (
  heads: readonly HeadInfo[],
  wanted: number,
  f: (first: number, width: number) => void,
): void => {
  const vocabulary = heads[0]!.shape[0]!;
  const columns = Math.max(1, Math.min(wanted, ...heads.map(mostRows)));
  for (let first = 0; first < vocabulary; first += columns) f(first, Math.min(columns, vocabulary - first));
};

/**
 * Logits [R, n] of the columns from `first` on.
 * @param out of an earlier chunk, written over; a new tensor when left out
 * @param softmaxGrad see `Product`
 */
export const chunkLogits = (
  hidden: TensorInfo,
  head: HeadInfo,
  [first, n]: readonly [first: number, width: number],
  out?: TensorInfo,
  softmaxGrad?: TensorInfo,
): TensorInfo => {
  const k = head.shape[1]!;
  return product({
    label: softmaxGrad ? 'dLogits chunk' : 'logits chunk',
    a: hidden,
    b: head,
    bOffset: first * k,
    m: hidden.shape[0]!,
    n,
    k,
    transposeB: true,
    ...(softmaxGrad ? { softmaxGrad } : {}),
    ...(out ? { out } : {}),
  });
};

/** What the chunks of dLogits add up to, for those of the two gradients that are wanted. */
export class ChunkGradients {
  hidden: TensorInfo | undefined; // [R, d]
  head: TensorInfo | undefined; // [V, d]

  constructor(
    private readonly of: { hidden: TensorInfo; head: HeadInfo },
    private readonly wanted: ReadonlySet<'hidden' | 'head'>,
  ) {
    if (wanted.has('head')) this.head = gpu().makeTensorInfo([...of.head.shape], 'float32');
  }

  /** @param dLogits [R, n], of the columns from `first` on */
  add(dLogits: TensorInfo, [first, n]: readonly [first: number, width: number]) {
    const { hidden, head } = this.of;
    const [R, d] = hidden.shape as [number, number];
    if (this.wanted.has('hidden')) {
      this.hidden = product({
        label: 'dHidden chunk',
        a: dLogits,
        b: head,
        bOffset: first * d,
        m: R,
        n: d,
        k: n,
        ...(this.hidden ? { out: this.hidden, accumulate: true } : {}),
      });
    }
    if (this.head) {
      product({
        label: 'dHead chunk',
        a: dLogits,
        b: hidden,
        cOffset: first * d,
        m: n,
        n: d,
        k: R,
        transposeA: true,
        out: this.head,
      });
    }
  }
}

/** A packed head without its tensors, which are inputs of an operation; undefined for a plain one. */
export type PackedFacts = Pick<PackedInfo, 'format' | 'shape' | 'block'> | undefined;

export const packedFacts = (head: TensorInfo | PackedMatrix): PackedFacts =>
  isPacked(head) ? { format: head.format, shape: head.shape, block: head.block } : undefined;

export const freeInfos = (...infos: (TensorInfo | undefined)[]) => {
  for (const info of infos) if (info) toTensor(info).dispose();
};
