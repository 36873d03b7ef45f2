/** A comparison for a terminal: the arms' documents as the page makes them, their runs in lock-step, and what came out. */
import type { DocumentInput } from './headless-document';
import { documentFrom } from './headless-document';
import type { Evaluation, MethodInfo, Metrics, RunDocument, RunSummary, Trainer } from './index';
import { armDocuments, letters } from './ui/compare/arms';
import { mendedOf } from './ui/live/mended';
import { sinceStart } from './ui/live/since-start';
import { type PairedDifference, pairedDifference } from './util/paired';

/** An arm as the command line names it: a method, and what it has of its own. */
export interface ArmInput {
  method: string;
  /** A field of the run document by its path, or a parameter of the method by its name. */
  own: { name: string; value: string }[];
}

export interface ComparedArm {
  letter: string;
  document: RunDocument;
  phase: RunSummary['phase'];
  metrics: (Metrics | { stage: string })[];
  evaluations: Evaluation[];
  made: RunSummary['made'];
  before: Evaluation | null;
  after: Evaluation | null;
  /** Beside the first arm, where both answered the same problems. */
  paired: PairedDifference | null;
  mended: { mended: number; broken: number } | null;
  /** Medians over the pairs of the probe, in nats since the start. */
  chosen: number | null;
  rejected: number | null;
  /** Why it failed. */
  error?: string;
}

const fields = new Set(['seed', 'steps', 'batchSize', 'accumulate']);

/** The documents of the arms: the first method's, with the options put in, and for each what it has of its own; unchecked. */
export const compareDocuments = (
  methods: readonly MethodInfo[],
  arms: readonly ArmInput[],
  base: RunDocument,
): unknown[] => {
  const own: Record<string, string> = {};
  arms.forEach(({ method, own: values }, i) => {
    own[`${letters[i]}.method.id`] = method;
    for (const { name, value } of values) {
      const path = name.includes('.') || fields.has(name) ? name : `method.params.${name}`;
      own[`${letters[i]}.${path}`] = value;
    }
  });
  return armDocuments(base, own, methods);
};

/** @throws RunDocumentError naming fields of what is the same for all */
export const sharedDocument = (
  methods: readonly MethodInfo[],
  [first]: readonly ArmInput[],
  input: DocumentInput,
): RunDocument => documentFrom(methods, { ...input, ...(first && { method: first.method }) });

/** What is stored of the arms of a comparison, side by side. */
export const compared = (
  runs: readonly RunSummary[],
  errors: ReadonlyMap<number, string> = new Map(),
): ComparedArm[] => {
  const solved = (run: RunSummary | undefined) =>
    run?.evaluations.filter(({ kind }) => (kind ?? 'answers') === 'answers').at(-1)?.solved;
  return runs.map((run, i): ComparedArm => {
    const { evaluations } = run;
    const [before, after] = [evaluations[0], evaluations.length > 1 ? evaluations.at(-1) : undefined];
    const mended = mendedOf(before, after);
    const since = sinceStart((run.probes ?? []).map((probe) => ({ x: probe.step, probe }))).at(-1);
    const error = errors.get(i);
    return {
      letter: letters[i]!.toUpperCase(),
      document: run.document,
      phase: run.phase,
      metrics: run.metrics.map(({ stage, metrics }) => ({ stage, ...metrics })),
      evaluations,
      made: run.made,
      before: before ?? null,
      after: after ?? null,
      paired: i === 0 ? null : (pairedDifference(solved(runs[0]) ?? '', solved(run) ?? '') ?? null),
      mended: mended ? { mended: mended.mended, broken: mended.broken } : null,
      chosen: since?.chosen.median ?? null,
      rejected: since?.rejected.median ?? null,
      ...(error !== undefined && { error }),
    };
  });
};

/** Trains the arms that are open to their ends, or to a pause. */
export const trainArms = async (trainer: Trainer, runIds: readonly string[]): Promise<ComparedArm[]> => {
  const errors = new Map<number, string>();
  const end = trainer.on('error', ({ arm = 0, message }) => void errors.set(arm, message));
  try {
    await trainer.start();
  } finally {
    end();
  }
  const stored = await trainer.runs();
  return compared(
    runIds.flatMap((id) => stored.find(({ runId }) => runId === id) ?? []),
    errors,
  );
};
