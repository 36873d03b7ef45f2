import type { DatasetSummary } from '../../../workers/protocol';
import type { State } from '../state';

/**
 * A file whose layout is not known and that no run was ever made of: there is nothing it could be chosen for but to be
 * mapped by hand, which is done while it is chosen.
 */
export const isFailed = (dataset: DatasetSummary, { runs, runDocument }: Readonly<State>): boolean =>
  dataset.format === undefined &&
  ![...runs.map((run) => run.document), runDocument].some((used) => used?.data.dataset?.id === dataset.id);

/** What may be chosen to learn from: what is chosen already, and everything that can be used. */
export const choosable = (state: Readonly<State>): DatasetSummary[] =>
  state.datasets.filter((d) => d.id === state.document?.data.dataset?.id || !isFailed(d, state));
