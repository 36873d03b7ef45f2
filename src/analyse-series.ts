import type { Change, SeriesResult } from './analysis/series/series';
import { documentFrom } from './headless-document';
import type { BackendChoice, MethodInfo } from './index';
import { createTrainer } from './index';

export interface SeriesInput {
  id: string;
  backend: BackendChoice;
  seed: number;
  /** The series' own number when left out. */
  seeds?: number;
  params: Record<string, unknown>;
  set: Change[];
}

/** What there is, as data. */
export const seriesList = async () => {
  const { allSeries } = await import('./analysis/series/index');
  return allSeries.map(({ summarise: _, arms, ...card }) => ({
    ...card,
    arms: arms.map(({ label }) => label),
  }));
};

/**
 * Trains what an analysis looks at, and looks.
 * An engine of its own is started for it.
 * @param tell how far it is
 */
export const analyseSeries = async (
  { id, backend, seed, seeds, params, set }: SeriesInput,
  tell: (event: { kind: 'work'; what: string; done: number; total: number }) => void,
  signal: AbortSignal,
): Promise<SeriesResult & { documents: unknown[]; backend: string }> => {
  const { allSeries } = await import('./analysis/series/index');
  const { changesOf, runSeries } = await import('./analysis/series/series');
  const series = allSeries.find((each) => each.id === id);
  if (!series)
    throw new Error(
      `There is no analysis "${id}"; use one of ${allSeries.map((each) => each.id).join(', ')}.`,
    );
  const trainer = await createTrainer({ backend });
  try {
    trainer.on('work', tell);
    signal.addEventListener('abort', () => void trainer.cancelAnalysis().catch(() => undefined));
    const methods: MethodInfo[] = await trainer.methods();
    const documentOf = (method: string, changes: readonly Change[]) =>
      documentFrom(methods, { method, set: [...changes], bring: {} });
    const result = await runSeries(
      trainer,
      series,
      { seed, seeds: seeds ?? series.seeds, params, set },
      {
        documentOf,
        tell: (what, done, total) => tell({ kind: 'work', what, done, total }),
        signal,
      },
    );
    const documents = series.arms.map((arm) => documentOf(arm.method, changesOf(arm.set, set)));
    return { ...result, documents, backend: trainer.backend.name };
  } finally {
    await trainer.dispose();
  }
};
