/** Least seconds per token of a batch of answers, by model: what generation waits for however few answers it writes. */
const least = new Map<string, number>();

/** Notes a batch of answers. @param tokens of the longest of them */
export const noteWriting = (model: string, seconds: number, tokens: number) => {
  if (tokens > 0) least.set(model, Math.min(least.get(model) ?? Number.POSITIVE_INFINITY, seconds / tokens));
};

/** 0 until a batch has been written. */
export const writingLatency = (model: string): number => least.get(model) ?? 0;
