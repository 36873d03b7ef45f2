import type { LabCard, LabResult } from '../lab/lab';
import { labHooks } from '../lab/lab-calls';
import type { AnalysedRun } from './analysis';

/** Ends an analysis that nobody waits for any more. */
class AnalysisEndedError extends Error {
  override name = 'AnalysisEndedError';
}

export interface AnalysisCalls {
  analyses(): Promise<LabCard[]>;
  analyse(id: string, params: Record<string, unknown>, seed: number): Promise<LabResult>;
  cancelAnalysis(): Promise<void>;
}

/**
 * The calls of the worker; their code is loaded with the first of them.
 * @param tell how far an analysis is
 * @param open the run that is open; throws where none is
 */
export const createAnalysisCalls = (
  tell: (id: string, done: number, total: number) => void,
  open: () => AnalysedRun,
): AnalysisCalls => {
  let running: AbortController | undefined;
  return {
    analyses: async () => (await import('./index')).analysisCards(),
    analyse: async (id, params, seed) => {
      const run = open();
      running?.abort(new AnalysisEndedError('Another analysis was begun.'));
      const own = new AbortController();
      running = own;
      const { runAnalysis } = await import('./index');
      try {
        own.signal.throwIfAborted();
        const hooks = labHooks(seed, own.signal, (done, total) => tell(id, done, total));
        return await runAnalysis(id, run, params, { ...hooks, signal: own.signal });
      } finally {
        if (running === own) running = undefined;
      }
    },
    cancelAnalysis: async () => running?.abort(new AnalysisEndedError('The analysis was cancelled.')),
  };
};
