import { html, nothing } from 'lit';
import type { Series, SeriesResult } from '../../analysis/series/series';
import type { LabCard, LabResult } from '../../lab/lab';
import { number } from '../../methods/params';
import { define } from '../element';
import { plural } from '../format';
import { ExperimentPanel, type Values } from './experiment-panel';

/** A series as the experiment that it is: its one parameter is how many seeds. */
const cardOf = ({ id, name, paper, summary, notes, arms, seeds }: Series): LabCard => ({
  id: `series-${id}`,
  name: `${name} (trains ${plural(arms.length, 'run')})`,
  paper,
  summary,
  notes,
  params: {
    seeds: number({
      label: 'seeds',
      help: 'Each trains anew.',
      min: 1,
      max: 20,
      integer: true,
      default: seeds,
      from: 'ours',
    }),
  },
});

const seriesId = (id: string) => (id.startsWith('series-') ? id.slice('series-'.length) : undefined);

const meansOf = ({ says, numbers, figures }: SeriesResult): LabResult => ({
  says,
  numbers: Object.fromEntries(Object.entries(numbers).map(([name, { mean }]) => [name, mean])),
  figures,
});

/**
 * Looks into models: of the run that is open, or of runs that an analysis trains for itself, in an engine of their own beside the
 * page's.
 */
export class AnalysisPanel extends ExperimentPanel {
  protected readonly scope = 'analysis';
  #series: readonly Series[] = [];
  #ending: AbortController | undefined;

  protected async list() {
    const [own, { allSeries }] = await Promise.all([
      this.app.connection.api.analyses(),
      import('../../analysis/series/index'),
    ]);
    this.#series = allSeries;
    return [...own, ...allSeries.map(cardOf)];
  }

  protected async cancel() {
    this.#ending?.abort(new Error('The analysis was cancelled.'));
    await this.app.connection.api.cancelAnalysis();
  }

  protected runsByItself() {
    return false;
  }

  protected verb({ id }: LabCard) {
    return seriesId(id) ? 'Train and look' : 'Look';
  }

  protected command({ id }: LabCard) {
    const series = seriesId(id);
    return series ? `npm run analysis -- ${series}` : '';
  }

  async #trained(series: Series, seeds: number, seed: number): Promise<LabResult> {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    const { analyseSeries } = await import('../../analyse-series');
    const { backend } = this.state;
    const result = await analyseSeries(
      { id: series.id, backend: backend?.name ?? 'auto', seed, seeds, params: {}, set: [] },
      ({ what, done, total }) => this.app.store.set({ work: { what, done, total } }),
      signal,
    );
    return meansOf(result);
  }

  protected async compute({ id }: LabCard, values: Values, seed: number): Promise<LabResult> {
    const series = this.#series.find((own) => own.id === seriesId(id));
    if (series) return this.#trained(series, Number(values['seeds']), seed);
    return this.app.connection.api.analyse(id, values, seed);
  }

  protected override lead({ id }: LabCard) {
    if (seriesId(id))
      return html`<p>It trains in an engine of its own; a run that is open goes on undisturbed, and these runs are not kept.</p>`;
    const { status, runDocument } = this.state;
    if (!status || !runDocument)
      return html`<p class="hint" data-testid="analysis-no-run">No run is open. Train one, or open one that is kept; then look into it here.</p>`;
    return status.phase === 'finished' || status.phase === 'stopped' || status.phase === 'paused'
      ? nothing
      : html`<p class="hint">The open run has not ended: what is seen here is its model as it stands.</p>`;
  }
}

define('analysis-panel', AnalysisPanel);
