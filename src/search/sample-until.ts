import type { PipelineContext, Sample, SampleOptions, SampleRequest } from './pipeline';
import { REQUESTS_PER_CALL } from './sample-answers';
import { throwIfAborted } from './throw-if-aborted';

/** What became of one request. */
export interface Tried<T> {
  /** What `accept` made of the first sample that it took; undefined where it took none. */
  found: T | undefined;
  /** Samples that it saw. */
  tries: number;
}

/**
 * Samples each request again and again until `accept` takes a sample, or `tries` of its samples were refused. Requests that are
 * still open are sampled side by side, `options.count` samples of each at a time.
 * @param accept undefined for a sample that will not do
 * @returns one result per request, in order
 */
export const sampleUntil = async <T>(
  ctx: Pick<PipelineContext, 'sample' | 'signal'>,
  requests: readonly SampleRequest[],
  options: SampleOptions,
  tries: number,
  accept: (sample: Sample, request: number) => T | undefined,
): Promise<Tried<T>[]> => {
  const results = requests.map((): Tried<T> => ({ found: undefined, tries: 0 }));
  let open = results.map((_, i) => i);
  for (let left = tries; left > 0 && open.length > 0; left -= options.count) {
    const count = Math.min(options.count, left);
    for (let first = 0; first < open.length; first += REQUESTS_PER_CALL) {
      throwIfAborted(ctx.signal);
      const group = open.slice(first, first + REQUESTS_PER_CALL);
      const samples = await ctx.sample(
        group.map((i) => requests[i]!),
        { ...options, count },
      );
      for (const [j, i] of group.entries()) {
        const result = results[i]!;
        for (const sample of samples[j] ?? []) {
          result.tries++;
          result.found = accept(sample, i);
          if (result.found !== undefined) break;
        }
      }
    }
    open = open.filter((i) => results[i]!.found === undefined);
  }
  return results;
};
