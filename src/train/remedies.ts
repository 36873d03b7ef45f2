/** Which changes of a document would make a run fit. */
import type { Estimate } from '../../workers/protocol';
import type { RunDocument } from './run-document';
import type { DataFacts, EstimateInput } from './run-facts';
import { problemOf, sizesOf } from './run-sizes';

/** Fields of the document with the values that a remedy gives them. */
type Change = { field: string; value: unknown; why: string }[];

/** The document with these fields changed. */
const changed = (document: RunDocument, changes: readonly Change[]): RunDocument => {
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  for (const { field, value } of changes.flat()) {
    const path = field.split('.');
    const last = path.pop()!;
    const holder = path.reduce((at, key) => at[key] as Record<string, unknown>, copy);
    holder[last] = value;
  }
  return copy as unknown as RunDocument;
};

const SHORTEST = 128;

/** Changes that could help, the least costly first; one of a kind takes the place of an earlier one. */
const changesOf = (document: RunDocument, data: DataFacts, adapter: RunDocument['adapter']): Change[] => {
  const { batchSize, accumulate } = document;
  const changes: Change[] = [];
  if (!document.checkpointing) {
    const why = 'computes each layer twice instead of keeping it';
    changes.push([{ field: 'checkpointing', value: true, why }]);
  }
  if (batchSize > 1) {
    const half = Math.ceil(batchSize / 2);
    const more = Math.min(4096, Math.ceil((batchSize * accumulate) / half));
    changes.push([
      { field: 'batchSize', value: half, why: 'keeps fewer examples at a time' },
      { field: 'accumulate', value: more, why: 'lets a step see as many examples as before' },
    ]);
  }
  if (document.adapter && document.weights !== 'int4') {
    const why = 'packs the weights that are not trained into 4 bits, a little less exact';
    changes.push([{ field: 'weights', value: 'int4', why }]);
  }
  if (!document.adapter) {
    const why = 'trains a small adapter instead of all weights';
    changes.push([{ field: 'adapter', value: adapter, why }]);
  }
  const { dataset } = document.data;
  const longest = Math.min(
    dataset?.settings.maxLength ?? Number.POSITIVE_INFINITY,
    Math.ceil(data.longest / 2),
  );
  if (dataset && longest > SHORTEST) {
    const value = Math.max(SHORTEST, Math.floor(longest / 2));
    changes.push([{ field: 'data.dataset.settings.maxLength', value, why: 'cuts long examples shorter' }]);
  }
  return changes;
};

/** Data that are cut to the document's length. */
const cutTo = (data: DataFacts, document: RunDocument): DataFacts => {
  const most = document.data.dataset?.settings.maxLength;
  if (!most) return data;
  const ratio = Math.min(1, (2 * most) / Math.max(1, data.longest));
  return {
    meanTokens: data.meanTokens * ratio,
    meanScored: data.meanScored * ratio,
    longest: data.longest * ratio,
  };
};

const ENOUGH = 0.95;

/**
 * The fewest changes that together make a run fit, in the order in which they were found; none when nothing would.
 * Each has the memory that is taken once it and those before it are made.
 */
export const remediesOf = (input: EstimateInput, adapter: RunDocument['adapter']): Estimate['remedies'] => {
  const { device, document, data } = input;
  const after = (changes: readonly Change[]) => {
    const next = changed(document, changes);
    return sizesOf({ ...input, document: next, data: cutTo(data, next) });
  };
  const fits = (changes: readonly Change[]) => problemOf(after(changes), device) === '';
  let chosen: Change[] = [];
  while (!fits(chosen)) {
    const now = after(chosen);
    const next = changesOf(changed(document, chosen), data, adapter)
      .map((change) => [...chosen.filter(([first]) => first!.field !== change[0]!.field), change])
      .find((changes) => {
        const sizes = after(changes);
        const less = (name: 'totalBytes' | 'largestBufferBytes' | 'largestTableBytes') =>
          sizes[name] < ENOUGH * now[name];
        return less('totalBytes') || less('largestBufferBytes') || less('largestTableBytes');
      });
    if (!next) return [];
    chosen = next;
  }
  // 'weights' needs the adapter that may have been changed to, so what can be spared is looked for from the front.
  for (const change of [...chosen]) {
    const rest = chosen.filter((other) => other !== change);
    const stands = !rest.flat().some(({ field }) => field === 'weights') || changed(document, rest).adapter;
    if (stands && fits(rest)) chosen = rest;
  }
  return chosen.flatMap((change, i) =>
    change.map((part) => ({ ...part, totalBytes: after(chosen.slice(0, i + 1)).totalBytes })),
  );
};
