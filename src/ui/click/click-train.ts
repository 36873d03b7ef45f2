import { html, nothing } from 'lit';
import { chapters } from '../../methods/method';
import type { RunDocument } from '../../train/run-document';
import { AppElement, define } from '../element';
import { plural } from '../format';
import { pageLink } from '../page-link';
import { isLive, isMoving } from '../state';
import { type ClickSession, decidedOf, enough, type Trained, toRows } from './session';

/** The document that learns from the clicks: all of them, watched, and none held out. */
const learning = (document: RunDocument, rows: number): RunDocument => {
  const { dataset } = document.data;
  return {
    ...document,
    batchSize: Math.min(document.batchSize, rows),
    probe: { ...document.probe, pairs: Math.min(64, rows) },
    data: {
      ...document.data,
      dataset: dataset && { ...dataset, settings: { ...dataset.settings, heldOut: 0 } },
    },
  };
};

/** Offers to train on the clicks; fires `trained` with the run once it has begun. */
export class ClickTrain extends AppElement {
  static override properties = {
    ...AppElement.properties,
    session: { attribute: false },
    method: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare session: ClickSession;
  declare method: string;
  declare problem: string;
  declare busy: boolean;
  /** Rows of a run that is being made. */
  #rows = 0;

  constructor() {
    super();
    this.method = 'dpo';
    this.problem = '';
    this.busy = false;
  }

  protected watched() {
    return ['methods', 'status', 'document', 'pending', 'connection'] as const;
  }

  protected override changed() {
    const { status } = this.state;
    if (this.#rows === 0 || !status || status.runId === this.#before) return;
    const detail: Trained = { runId: status.runId, method: this.method, rows: this.#rows };
    this.#rows = 0;
    this.dispatchEvent(new CustomEvent<Trained>('trained', { detail }));
  }

  #before = '';

  get #kind(): 'pairs' | 'thumbs' {
    const eats = this.state.methods.find(({ id }) => id === this.method)?.eats;
    return eats === 'answers' ? 'thumbs' : 'pairs';
  }

  async #train() {
    const { app } = this;
    if (this.busy || isMoving(this.state.status?.phase)) return;
    if (isLive(this.state.status?.phase)) {
      this.problem = 'A run is paused; go on with it, or stop it, first.';
      return;
    }
    const rows = toRows(this.session, this.#kind);
    this.busy = true;
    this.problem = '';
    try {
      const name = `clicks-${this.#kind}.jsonl`;
      const brought = await app.bring.addDataset([{ name, data: new Blob([`${rows.join('\n')}\n`]) }]);
      if (!brought) throw new Error(this.state.bringProblems.dataset ?? 'The clicks could not be kept.');
      app.editor.chooseMethod(this.method);
      if (!app.editor.edit((document) => learning(document, rows.length)))
        throw new Error(
          this.state.documentProblems.map(({ field, message }) => `${field}: ${message}`).join('; '),
        );
      if (!(await app.check.check()))
        throw new Error(this.state.checkProblem || 'The clicks could not be read.');
      this.#before = this.state.status?.runId ?? '';
      this.#rows = rows.length;
      const ended = app.control.train();
      this.busy = false;
      await ended;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.#rows = 0;
    this.busy = false;
  }

  override render() {
    const { methods, status } = this.state;
    const decided = decidedOf(this.session.first);
    if (decided < enough)
      return html`<p class="quiet" data-testid="click-offer" data-left=${enough - decided}>After ${plural(enough - decided, 'more choice')} of one or the other it can learn from them.</p>`;
    const rows = toRows(this.session, this.#kind).length;
    const fitting = methods.filter(({ eats }) => eats === 'pairs' || eats === 'answers');
    const off = this.busy || isMoving(status?.phase);
    return html`<div class="field" data-testid="click-offer" data-left="0">
      <label for="click-method">Let it learn from ${rows} ${this.#kind === 'pairs' ? (rows === 1 ? 'pair' : 'pairs') : 'labelled answers'} with</label>
      <div class="field-inputs">
        <select id="click-method" data-testid="click-method" @change=${(event: Event) => {
          this.method = (event.target as HTMLSelectElement).value;
          this.problem = '';
        }}>${Object.entries(chapters).map(([chapter, title]) => {
          const own = fitting.filter((method) => method.chapter === chapter);
          return own.length === 0
            ? nothing
            : html`<optgroup label=${title}>${own.map(({ id, name }) => html`<option value=${id} .selected=${id === this.method}>${name}</option>`)}</optgroup>`;
        })}</select>
        <button type="button" class="primary" data-testid="click-train" aria-disabled=${String(off)} @click=${() => void this.#train()}>${this.busy ? 'Reading them…' : 'Train on the clicks'}</button>
      </div>
      <p class="field-help">With the settings of ${pageLink(this.app, { at: 'teach' }, 'Teach')}; the clicks become its file of examples, none of them held out.</p>
      ${this.problem ? html`<p class="field-problem" role="alert" data-testid="click-train-problem">${this.problem}</p>` : nothing}
    </div>`;
  }
}

define('click-train', ClickTrain);
