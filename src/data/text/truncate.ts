import type { DatasetSettings } from '../settings';

type Lengths = Pick<
  DatasetSettings,
  'maxLength' | 'maxPromptLength' | 'maxCompletionLength' | 'truncationMode'
>;

export interface Cut {
  prompt: number[];
  response: number[];
  cut: { prompt: number; response: number };
}

const keepEnd = (tokens: readonly number[], length: number) =>
  tokens.slice(Math.max(0, tokens.length - length));

/**
 * Shortens one sequence as TRL does: first the prompt to its end and the response to its start, where they have limits
 * of their own (TRL up to 0.28); then both together to `maxLength`, either the start or the end of the whole.
 * @returns the response empty when nothing of it is left; TRL drops such rows
 */
export const truncate = (prompt: readonly number[], response: readonly number[], settings: Lengths): Cut => {
  const { maxLength, maxPromptLength, maxCompletionLength, truncationMode } = settings;
  let p = maxPromptLength === null ? [...prompt] : keepEnd(prompt, maxPromptLength);
  let r = maxCompletionLength === null ? [...response] : response.slice(0, maxCompletionLength);
  if (maxLength !== null && p.length + r.length > maxLength) {
    if (truncationMode === 'keep_start') {
      p = p.slice(0, maxLength);
      r = r.slice(0, maxLength - p.length);
    } else {
      r = keepEnd(r, maxLength);
      p = keepEnd(p, maxLength - r.length);
    }
  }
  return {
    prompt: p,
    response: r,
    cut: { prompt: prompt.length - p.length, response: response.length - r.length },
  };
};

/**
 * Shortens a prompt with several responses. Sequences of a tree share their prompt: with `keep_end`, where TRL cuts each
 * sequence by its own length, all are cut to the shortest prompt that is left, and a response that alone fills
 * `maxLength` leaves none.
 */
export const truncateAll = (
  prompt: readonly number[],
  responses: readonly (readonly number[])[],
  settings: Lengths,
): { prompt: number[]; responses: Cut[] } => {
  const cuts = responses.map((response) => truncate(prompt, response, settings));
  const shortest = Math.min(...cuts.map((cut) => cut.prompt.length));
  const shared = cuts.find((cut) => cut.prompt.length === shortest)?.prompt ?? [];
  return { prompt: shared, responses: cuts };
};
