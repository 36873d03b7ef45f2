import type { RunDocument } from '../train/run-document';

/** The reward that a run trains on, by the name of its measure; undefined where several are weighed. */
export const trainedReward = (document: RunDocument | undefined): string | undefined => {
  const source = document?.data.source;
  if (source?.id === 'pool-lists') return 'mix';
  const reward = source?.params['reward'];
  return typeof reward === 'string' && reward !== 'weighed' ? reward : undefined;
};
