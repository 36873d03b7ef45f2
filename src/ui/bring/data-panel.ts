import { html, nothing } from 'lit';
import type { DatasetSummary, GivenFile, HubSource } from '../../../workers/protocol';
import type { DatasetSettings, FormatId } from '../../data/settings';
import { worlds } from '../../tasks/cards';
import type { RunDocument } from '../../train/run-document';
import { AppElement, define } from '../element';
import { bytes, count, plural } from '../format';
import { pageLink } from '../page-link';
import { withValue } from '../setup/fields';
import { choice } from '../setup/number-input';
import { isMoving } from '../state';
import './bring-status';
import { checkKey } from './check-key';
import { datasetForm } from './dataset-form';
import { datasetReport } from './dataset-report';
import { dropTarget } from './drop-target';
import { choosable, isFailed } from './failed-dataset';
import { formatLabels } from './format-names';
import { filesOfInput } from './given-files';
import './hub-form';
import { sampleList } from './samples';
import { shown } from './shown';

const builtIn = 'built-in';

/** What the model learns from: the built-in problems, or a file of examples with how it is read and what came of it. */
export class DataPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    over: { state: true },
    files: { state: true },
  };
  declare over: boolean;
  /** Files of the hub's dataset that was looked up last. */
  declare files: { name: string; bytes: number }[] | undefined;

  constructor() {
    super();
    this.over = false;
  }

  protected watched() {
    return [
      'datasets',
      'document',
      'documentProblems',
      'models',
      'bringing',
      'missing',
      'connection',
      'checking',
      'checked',
      'checkProblem',
      'preview',
      'previewProblem',
      'progress',
      'runs',
      'status',
    ] as const;
  }

  #take = (files: GivenFile[]) => {
    void this.app.bring.addDataset(files);
  };

  #target = dropTarget(
    (over) => {
      this.over = over;
    },
    (files) => this.#take(files),
    (message) => this.app.bring.say('dataset', message),
  );

  #input = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const files = filesOfInput(input);
    input.value = '';
    if (files.length > 0) this.#take(files);
  };

  async #look(source: HubSource) {
    this.files = await this.app.bring.hubDataFiles(source);
  }

  async #load(source: HubSource) {
    if (await this.app.bring.addHubDataset(source)) this.files = undefined;
  }

  #choose(id: string) {
    this.app.bring.chooseDataset(this.state.datasets.find((d) => d.id === id));
  }

  #settings = (settings: DatasetSettings) =>
    this.app.editor.edit((document) => withValue(document, 'data.dataset.settings', settings));

  /** Another world comes with its own model. */
  #world(id: string) {
    const model = worlds.find((w) => w.id === id)?.models[0]?.id;
    if (model) this.app.bring.chooseModel(model);
  }

  #builtIn(document: RunDocument) {
    const world = worlds.find((w) => w.id === document.data.task);
    const model = this.state.models.find((m) => m.id === document.model);
    return html`
      <p>${model?.builtIn === false && !model.draws ? html`The built-in problems are made for the built-in models; <strong>this model wants data of its own.</strong> None at hand? ${pageLink(this.app, { path: ['lab', 'recipes'] }, 'Recipes')} have fifty pairs of ours.` : model?.draws ? 'The model draws its own images, and rewards say which of them are better.' : 'The model makes its own pairs: it answers problems, and a verifier tells right lines from wrong ones.'}</p>
      <div class="fields">${choice({ id: 'task', label: 'Built-in problems', help: world?.summary ?? '', value: document.data.task, options: worlds.map(({ id, name }) => ({ id, label: name })), change: (id) => this.#world(id) })}
      ${choice({ id: 'difficulty', label: 'Difficulty', help: '', value: document.data.difficulty, options: world?.difficulties ?? [], change: (v) => this.app.editor.edit((d) => withValue(d, 'data.difficulty', v)) })}</div>`;
  }

  #about(dataset: DatasetSummary, { encoding }: DatasetSettings) {
    const notices = [
      ...(dataset.utf8 === false && encoding === 'utf-8'
        ? ['Its text is not UTF-8: name its encoding under “More on reading”.']
        : []),
      ...(dataset.notices ?? []),
    ];
    return html`<p data-testid="data-format"><strong>${shown(dataset.name)}</strong>, ${bytes(dataset.bytes)}${dataset.rows === undefined ? '' : `, ${plural(dataset.rows, 'row')}`}. <bdi>${dataset.format ? `Read as “${formatLabels[dataset.format as FormatId] ?? dataset.format}”, since ${shown(dataset.why)}.` : shown(dataset.why)}</bdi>
      ${isFailed(dataset, this.state) ? html`It leaves this list when other data is chosen, unless a run was made of it.` : nothing}
      ${dataset.kept ? nothing : html`<strong>The browser has no room to keep it: it goes with this page.</strong>`}</p>
      ${notices.length > 0 ? html`<ul class="warnings" data-testid="data-notices">${notices.map((notice) => html`<li>${shown(notice)}</li>`)}</ul>` : nothing}`;
  }

  #check() {
    const { checking, checked, checkProblem, progress, status, connection, document } = this.state;
    const off = connection !== 'ready' || isMoving(status?.phase) || checking;
    const of = progress && progress.total > 0 ? ` ${count(progress.done)} of ${count(progress.total)}` : '';
    return html`<p class="buttons">
        <button type="button" data-testid="data-check" aria-disabled=${String(off)} @click=${() => !off && void this.app.check.check()}>Check the data</button>
        ${checking ? html`<button type="button" class="quiet-button" data-testid="check-cancel" @click=${() => void this.app.check.cancel()}>Cancel the check</button>` : nothing}
        <button type="button" class="quiet-button" data-testid="data-remove" @click=${() => this.#choose('')}>Back to the built-in problems</button>
      </p>
      <p role="status" class="quiet" data-testid="check-status">${checking ? `Reading the rows…${of}` : ''}</p>
      ${checking && progress && progress.total > 0 ? html`<progress aria-label="Reading the rows" max="1" .value=${progress.done / progress.total}></progress>` : nothing}
      <div role="alert" data-testid="check-problem">${checkProblem ? html`<p class="trouble">${shown(checkProblem)}</p>` : nothing}</div>
      ${checked ? datasetReport(checked.report, checked.key !== checkKey(document)) : nothing}`;
  }

  #preview(document: RunDocument) {
    const { preview, previewProblem } = this.state;
    if (previewProblem)
      return html`<p class="trouble" role="alert" data-testid="preview-problem">${shown(previewProblem)}</p>`;
    if (!preview) return nothing;
    const stale = preview.key !== checkKey(document);
    return html`<details class="preview ${stale ? 'is-stale' : ''}" open>
      <summary>The first examples, with their steps</summary>
      ${sampleList(preview.report.samples.slice(0, 2), 'data-preview')}
    </details>`;
  }

  override render() {
    const { document, datasets, bringing, connection, missing, documentProblems } = this.state;
    if (!document) return nothing;
    const chosen = document.data.dataset;
    const dataset = datasets.find((d) => d.id === chosen?.id);
    const busy = bringing !== undefined || connection !== 'ready';
    return html`<div class="spread"><div class="text drop ${this.over ? 'is-over' : ''}" data-testid="data-drop"
        @dragover=${this.#target.over} @dragleave=${this.#target.leave} @drop=${this.#target.drop}>
      <h3>The data</h3>
      ${
        choosable(this.state).length > 0 || chosen
          ? choice({
              id: 'dataset',
              label: 'Learn from',
              help: '',
              value: chosen?.id ?? builtIn,
              options: [
                { id: builtIn, label: 'Built-in problems' },
                ...choosable(this.state).map((d) => ({ id: d.id, label: shown(d.name) })),
              ],
              change: (id) => this.#choose(id),
            })
          : nothing
      }
      ${chosen ? nothing : this.#builtIn(document)}
      ${missing.dataset ? html`<p class="trouble" data-testid="data-missing">The address names the dataset <code>${missing.dataset.id}</code>, which is not here. Choose its file again; its settings are then taken up.</p>` : nothing}
      <bring-status .app=${this.app} kind="dataset"></bring-status>
      <details class="more" data-testid="data-more" ?open=${missing.dataset !== undefined}>
        <summary>${chosen ? 'Bring other data' : 'Bring your own data'}</summary>
        <div class="ways">
          <div class="files">
            <p class="way-title">From this machine</p>
            <label for="data-file">A file of examples, or all files of one dataset</label>
            <input id="data-file" data-testid="data-file" type="file" multiple accept=".json,.jsonl,.ndjson,.csv,.tsv,.parquet,.gz" ?disabled=${busy} @change=${this.#input} />
            <p class="field-help">JSON, JSONL, CSV or Parquet, also gzipped; or drop files or a folder anywhere here. Pairs of chosen and rejected, lists with scores, Step-DPO’s layout, solutions marked right or wrong.</p>
          </div>
          <hub-form prefix="data-hub" what="dataset" example="trl-lib/ultrafeedback_binarized" looks .choices=${this.files} ?busy=${busy}
            @look=${(e: CustomEvent<HubSource>) => void this.#look(e.detail)} @load=${(e: CustomEvent<HubSource>) => void this.#load(e.detail)}></hub-form>
        </div>
      </details>
      ${
        chosen
          ? html`${dataset ? this.#about(dataset, chosen.settings) : nothing}
              ${datasetForm({ dataset, settings: chosen.settings, problems: documentProblems, change: this.#settings })}
              ${this.#preview(document)} ${this.#check()}`
          : nothing
      }
    </div>
    <div class="note">
      ${chosen ? html`<p>Checking reads the whole file as the run would, with this model’s tokenizer and this method, and says what becomes of every row.</p>` : nothing}
    </div></div>`;
  }
}

define('data-panel', DataPanel);
