/** What happens in a run, as a listener is told. */

import type { DatasetReport } from '../../src/data/prepare/report';
import type { PreferenceTree } from '../../src/tree/tree';
import type { Measure } from '../../src/util/measure';
import type { DownloadProgress } from './brought';
import type { Evaluation, Probe } from './measured';
import type { Metrics, RunPhase, RunStatus } from './run';

/** What happens in a run; of several that are compared, `arm` says in which. */
export type RunEvent = RunEventKind & { arm?: number };

type RunEventKind =
  | { kind: 'status'; status: RunStatus }
  | { kind: 'progress'; phase: RunPhase; done: number; total: number; note: string }
  | { kind: 'metrics'; stage: string; metrics: Metrics }
  | { kind: 'evaluation'; evaluation: Evaluation }
  | { kind: 'probe'; probe: Probe }
  /** Of a dataset only the first few hundred are sent; `trees` gives all. */
  | { kind: 'tree'; tree: PreferenceTree; index: number }
  /** What the maker of data has measured of them: of the run's own, 'run', or of those of a pass. */
  | { kind: 'made'; stage: string; measures: Measure[] }
  /** A dataset has been read: what became of its rows. */
  | { kind: 'dataset'; report: DatasetReport }
  | { kind: 'download'; progress: DownloadProgress }
  /** Something that belongs to no run: an experiment of the lab, an analysis. */
  | { kind: 'work'; what: string; done: number; total: number }
  | { kind: 'checkpoint'; step: number; stored: boolean; note: string }
  /** The weights of a step are kept beside the checkpoint; everything where it is the best of its pass so far. */
  | { kind: 'snapshot'; stage: string; step: number; best: boolean }
  | { kind: 'error'; name: string; message: string };
