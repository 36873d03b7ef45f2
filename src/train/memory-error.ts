/** Allocations that fail, in words: what did not fit, and what would. */
import type { Estimate, RunPhase } from '../../workers/protocol';
import type { RunDocument } from './run-document';

/** There was not enough memory. The message says for what, and what to change. */
export class MemoryError extends Error {
  override name = 'MemoryError';
}

/** What browsers say when memory of their own cannot be had; other RangeErrors are faults of a program. */
const inJavaScript =
  /allocation failed|allocation size overflow|out of memory|invalid (typed )?array (buffer )?length|array size is not a small enough|length out of range of buffer|could not allocate|cannot create .*buffer/i;
/** tfjs's WebAssembly: it aborts, or goes on with an address that it was not given. */
const inWasm =
  /^abort(ed)?\(|\bOOM\b|memory access out of bounds|out of bounds memory access|unreachable|cannot enlarge memory|could not allocate|Out of memory/i;
const onGpu =
  /out of memory|out-of-memory|allocat|(buffer|binding|storage)[^.]*(max|limit|exceed|larger|too large)|(max|limit|exceed|larger|too large)[^.]*(buffer|binding|storage)/i;

/** True for errors that say that memory could not be had, from JavaScript, WebAssembly or the GPU. */
export const isOutOfMemory = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'MemoryError') return true;
  if (name === 'GpuError') return onGpu.test(message);
  if (name === 'RuntimeError') return inWasm.test(message);
  return (
    (name === 'RangeError' || name === 'InternalError' || name === 'Error') && inJavaScript.test(message)
  );
};

const number = (n: number) => n.toLocaleString('en');

/** The largest batch, halved again and again, that takes no more than the budget. */
const fittingBatch = (
  document: RunDocument,
  estimate: (document: RunDocument) => Estimate,
): number | undefined => {
  const now = estimate(document);
  // Where the estimate thought that it fits, it was wrong by an unknown amount: half of it then.
  const budget = now.fits ? now.totalBytes / 2 : Number.POSITIVE_INFINITY;
  let batchSize = 2 ** Math.floor(Math.log2(Math.max(1, document.batchSize - 1)));
  for (; batchSize >= 1 && batchSize < document.batchSize; batchSize = Math.floor(batchSize / 2)) {
    const next = estimate({ ...document, batchSize });
    if (next.fits && next.totalBytes <= budget) return batchSize;
  }
  return undefined;
};

const settingOf = ({ field, value }: Estimate['remedies'][number]): string =>
  typeof value === 'object' && value !== null
    ? `an adapter instead of all weights`
    : `${field} ${typeof value === 'number' ? number(value) : String(value)}`;

const SMALLER =
  'Take shorter examples (a smaller maxLength), an adapter instead of all weights, or a smaller model.';

const remedyOf = (estimate: Estimate): string =>
  estimate.remedies.length > 0
    ? `With ${estimate.remedies.map(settingOf).join(' and ')} it would fit.`
    : SMALLER;

const doing: Partial<Record<RunPhase, string>> = {
  loading: 'the model was loaded',
  collecting: 'the examples were prepared',
  scoring: 'the examples were scored',
  evaluating: 'held-out examples were evaluated',
};

/**
 * The sentence for a run.
 * @param phase that it was in
 * @param estimate of a document like this one
 */
export const memoryMessage = (
  document: RunDocument,
  phase: RunPhase,
  estimate: (document: RunDocument) => Estimate,
): string => {
  const { batchSize, accumulate } = document;
  if (phase !== 'training') {
    return `The memory here ended while ${doing[phase] ?? 'the run was made'}. ${remedyOf(estimate(document))}`;
  }
  const fitting = fittingBatch(document, estimate);
  if (fitting === undefined) {
    return `Batch size ${number(batchSize)} does not fit into the memory here. ${remedyOf(estimate(document))}`;
  }
  const more = Math.min(4096, Math.ceil((batchSize * accumulate) / fitting));
  return `Batch size ${number(batchSize)} does not fit into the memory here; ${number(fitting)} would (with accumulate ${number(more)} a step sees as many examples as before).`;
};

/** The sentence for what is no run: a model that is loaded, an answer. */
export const MEMORY_ENDED =
  'There was not enough memory for this. Close other pages and programs, take a smaller model, or an adapter with packed weights, and try again.';
