/** Kept weights of a run lie under its id, a slash and the pass; deleting the run deletes them. */
export const keptKey = (runId: string, pass: string): string => `${runId}/${pass}`;

/** What stands in the place of a pass for weights that were kept on the way. */
export const snapshotPass = (stage: string, step: number): string => `at/${stage}/${step}`;

/** "after dpo", or "at step 20 of dpo". */
export const keptWords = (pass: string): string => {
  const [, stage, step] = /^at\/(.*)\/(\d+)$/.exec(pass) ?? [];
  return stage === undefined ? `after ${pass}` : `at step ${step} of ${stage}`;
};

/** In the place of a run's id, for the checkpoint of its best evaluation. */
export const bestKey = (runId: string): string => keptKey(runId, 'best');

/** The run that a key of the checkpoints belongs to, and whether it is that of its best evaluation. */
export const runOfKey = (key: string): { runId: string; best: boolean } =>
  key.endsWith('/best') ? { runId: key.slice(0, -'/best'.length), best: true } : { runId: key, best: false };
