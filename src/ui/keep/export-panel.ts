import { html, nothing } from 'lit';
import type { ExportOptions } from '../../../workers/protocol';
import { metricsCsv } from '../../train/metrics-csv';
import { withoutPictures } from '../../train/without-pictures';
import { AppElement, define } from '../element';
import { drawsImages } from '../state';
import { download } from './download';

/** Takes the results away: the model, the run document, the numbers. */
export class ExportPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    said: { state: true },
    busy: { state: true },
    dtype: { state: true },
  };
  declare said: string;
  declare busy: boolean;
  declare dtype: NonNullable<ExportOptions['dtype']>;

  constructor() {
    super();
    this.said = '';
    this.busy = false;
    this.dtype = 'F32';
  }

  protected watched() {
    return ['status', 'points', 'evaluations', 'runDocument', 'document', 'connection'] as const;
  }

  get #name() {
    const { runDocument, document, status } = this.state;
    const run = runDocument ?? document;
    // Ids of models from a hub hold what no file name may.
    const model = (run?.model ?? 'model').replace(/[^\w.-]+/g, '-');
    return `${model}-${run?.method.id ?? 'run'}-step-${status?.step ?? 0}`;
  }

  async #pack(what: 'adapter' | 'model' | 'images') {
    this.busy = true;
    this.said = `Packing the ${what}…`;
    const well = await this.app.attempt(`packing the ${what}`, async () => {
      const options: ExportOptions = what === 'model' ? { what, dtype: this.dtype } : { what };
      const zip = await this.app.connection.api.exportModel(options);
      download(`${this.#name}${what === 'model' ? '' : `-${what}`}.zip`, zip as BlobPart, 'application/zip');
    });
    this.said = well ? `The ${what} ${what === 'images' ? 'are' : 'is'} in your downloads.` : '';
    this.busy = false;
  }

  async #copy() {
    const { runDocument, document } = this.state;
    const text = JSON.stringify(runDocument ?? document, null, 2);
    try {
      await navigator.clipboard.writeText(text);
      this.said = 'The run document is in the clipboard.';
    } catch {
      // No permission, or not a secure page: a file serves as well.
      download('run.json', text, 'application/json');
      this.said = 'The clipboard is not to be had here; the run document is in your downloads.';
    }
  }

  #csv() {
    const { points, evaluations } = this.state;
    const table = { metrics: [...points], evaluations: evaluations.map((e) => e.evaluation) };
    download(`${this.#name}.csv`, metricsCsv(table), 'text/csv');
    this.said = 'The metrics are in your downloads.';
  }

  #json() {
    const { points, evaluations, runDocument, status } = this.state;
    const metrics = points.map(({ stage, metrics: row }) => ({ stage, ...row }));
    const file = {
      run: runDocument,
      step: status?.step,
      backend: status?.backend,
      metrics,
      evaluations: withoutPictures(evaluations.map((e) => e.evaluation)),
    };
    download(`${this.#name}.json`, JSON.stringify(file, null, 2), 'application/json');
    this.said = 'The metrics are in your downloads.';
  }

  override render() {
    const { status, points, evaluations, connection, runDocument } = this.state;
    const noRun = connection !== 'ready' || !status || this.busy;
    const noNumbers = points.length + evaluations.length === 0;
    return html`<div class="group">
      <h3>Take it away</h3>
      <p class="buttons">
        ${
          runDocument?.adapter
            ? html`<button type="button" class="primary" data-testid="export-adapter" ?disabled=${noRun} @click=${() => void this.#pack('adapter')}>Adapter (PEFT, zip)</button>`
            : nothing
        }
        <button type="button" data-testid="export-model" ?disabled=${noRun} @click=${() => void this.#pack('model')}>Model (zip)</button>
        <label class="with-select">as <select data-testid="export-dtype" aria-label="Numbers of the exported model" @change=${(
          e: Event,
        ) => {
          this.dtype = (e.target as HTMLSelectElement).value as typeof this.dtype;
        }}>${(['F32', 'F16', 'BF16'] as const).map((d) => html`<option value=${d} ?selected=${d === this.dtype}>${d}</option>`)}</select></label>
      </p>
      <p class="buttons">
        ${drawsImages(this.state) ? html`<button type="button" data-testid="export-images" ?disabled=${noRun} @click=${() => void this.#pack('images')}>Images and pairs (PNG, JSONL, zip)</button>` : nothing}
        <button type="button" data-testid="metrics-csv" ?disabled=${noNumbers} @click=${() => this.#csv()}>Metrics (CSV)</button>
        <button type="button" data-testid="metrics-json" ?disabled=${noNumbers} @click=${() => this.#json()}>Metrics (JSON)</button>
        <button type="button" data-testid="copy-run" @click=${() => void this.#copy()}>Copy the run document</button>
      </p>
      <p class="quiet" aria-live="polite">${this.said}</p>
    </div>`;
  }
}

define('export-panel', ExportPanel);
