import type { HostWeights } from '../../src/model/host-weights';
import type { SessionStore } from '../../src/run/run-context';
import type { Checkpoint } from '../../src/store/checkpoints';
import type { PreferenceTree } from '../../src/tree/tree';
import type { Measure } from '../../src/util/measure';
import type { RunSummary } from '../../workers/protocol';

interface Contents {
  runs: Map<string, RunSummary>;
  checkpoints: Map<string, Checkpoint>;
  kept: Map<string, HostWeights>;
  references: Map<string, Float32Array>;
  datasets: Map<string, PreferenceTree[]>;
  /** Of the datasets, by their keys. */
  measures: Map<string, Measure[]>;
}

export interface MemorySessionStore extends Contents {
  store: SessionStore;
  /** A store with what a tab that dies now leaves behind. */
  left(): MemorySessionStore;
}

/** A session's store in memory; values are cloned, as IndexedDB would. @param from what is in it at first */
export const memorySessionStore = (from?: Contents): MemorySessionStore => {
  const contents: Contents = {
    runs: new Map(from?.runs),
    checkpoints: new Map(from?.checkpoints),
    kept: new Map(from?.kept),
    references: new Map(from?.references),
    datasets: new Map(from?.datasets),
    measures: new Map(from?.measures),
  };
  const { runs, checkpoints, kept, references, datasets, measures } = contents;
  const store: SessionStore = {
    putRun: async (run) => void runs.set(run.runId, structuredClone(run)),
    putCheckpoint: async (checkpoint, run) => {
      checkpoints.set(checkpoint.runId, structuredClone(checkpoint));
      if (run) runs.set(run.runId, structuredClone(run));
    },
    putKept: async (runId, pass, weights) => void kept.set(`${runId}/${pass}`, structuredClone(weights)),
    getKept: async (runId, pass) => structuredClone(kept.get(`${runId}/${pass}`)),
    putReferences: async (scores) => {
      for (const [key, values] of scores) references.set(key, values.slice());
    },
    getReferences: async (keys) => keys.map((key) => references.get(key)),
    putDataset: async (key, _label, trees, own = []) => {
      datasets.set(key, structuredClone([...trees]));
      measures.set(key, structuredClone([...own]));
    },
    getDataset: async (key) => structuredClone(datasets.get(key)),
    getMeasures: async (key) => structuredClone(measures.get(key) ?? []),
  };
  const left = () => memorySessionStore({ ...contents });
  return { store, ...contents, left };
};
