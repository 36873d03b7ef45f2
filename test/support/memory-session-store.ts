import type { HostWeights } from '../../src/model/host-weights';
import type { SessionStore } from '../../src/run/run-context';
import type { Checkpoint } from '../../src/store/checkpoints';
import type { PreferenceTree } from '../../src/tree/tree';
import type { RunSummary } from '../../workers/protocol';

/** A session's store in memory; values are cloned, as IndexedDB would. */
export const memorySessionStore = () => {
  const runs = new Map<string, RunSummary>();
  const checkpoints = new Map<string, Checkpoint>();
  const kept = new Map<string, HostWeights>();
  const references = new Map<string, Float32Array>();
  const datasets = new Map<string, PreferenceTree[]>();
  const store: SessionStore = {
    putRun: async (run) => void runs.set(run.runId, structuredClone(run)),
    putCheckpoint: async (checkpoint) => void checkpoints.set(checkpoint.runId, structuredClone(checkpoint)),
    putKept: async (runId, pass, weights) => void kept.set(`${runId}/${pass}`, structuredClone(weights)),
    getKept: async (runId, pass) => structuredClone(kept.get(`${runId}/${pass}`)),
    putReferences: async (scores) => {
      for (const [key, values] of scores) references.set(key, values.slice());
    },
    getReferences: async (keys) => keys.map((key) => references.get(key)),
    putDataset: async (key, _label, trees) => void datasets.set(key, structuredClone([...trees])),
    getDataset: async (key) => structuredClone(datasets.get(key)),
  };
  return { store, runs, checkpoints, kept, references, datasets };
};
