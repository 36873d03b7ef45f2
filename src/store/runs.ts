import type { RunSummary } from '../../workers/protocol';
import { dropCheckpoint } from './checkpoints';
import type { Database } from './db';
import { read, write } from './db';
import { forgetItem, putItem, runItem } from './items';
import { dropKept } from './kept-weights';

/** Stores a run's document, metrics and evaluations, in place of what was stored of it. */
export const putRun = async (db: Database, run: RunSummary): Promise<void> => {
  const item = runItem(run);
  await write(db, ['runs', 'items'], 'save the run', item.bytes, (tx, add) => {
    add(tx.objectStore('runs').put(run, run.runId));
    add(putItem(tx, item));
  });
};

export const getRun = (db: Database, runId: string): Promise<RunSummary | undefined> =>
  read(db, ['runs'], 'read the run', (tx) => tx.objectStore('runs').get(runId));

/** The one changed last first. */
export const listRuns = async (db: Database): Promise<RunSummary[]> => {
  const runs = await read(db, ['runs'], 'list the runs', (tx) => tx.objectStore('runs').getAll());
  return runs.sort((a, b) => b.updated - a.updated);
};

/** Deletes a run, its checkpoint and what its passes left; its data set and reference log-probs may serve other runs and stay. */
export const deleteRun = (db: Database, runId: string): Promise<void> =>
  write(db, ['runs', 'checkpoints', 'checkpointParts', 'items'], 'delete the run', undefined, (tx, add) => {
    add(tx.objectStore('runs').delete(runId));
    add(forgetItem(tx, 'runs', runId));
    for (const request of [...dropCheckpoint(tx, runId), ...dropKept(tx, runId)]) add(request);
  });
