import { html, nothing } from 'lit';
import { chapters } from '../../methods/method';
import type { RunDocument } from '../../train/run-document';
import { define } from '../element';
import { plural } from '../format';
import { pageLink } from '../page-link';
import { type ClickSession, decidedOf, enough, type Trained, toRows } from './session';
import { TrainOffer } from './train-offer';

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
export class ClickTrain extends TrainOffer {
  declare session: ClickSession;
  /** Rows of a run that is being made. */
  #rows = 0;
  /** The run that was there before it. */
  #before = '';

  constructor() {
    super();
    this.method = 'dpo';
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

  get #kind(): 'pairs' | 'thumbs' {
    const eats = this.state.methods.find(({ id }) => id === this.method)?.eats;
    return eats === 'answers' ? 'thumbs' : 'pairs';
  }

  protected async prepare() {
    const { app } = this;
    const rows = toRows(this.session, this.#kind);
    const name = `clicks-${this.#kind}.jsonl`;
    const brought = await app.bring.addDataset([{ name, data: new Blob([`${rows.join('\n')}\n`]) }]);
    if (!brought) throw new Error(this.state.bringProblems.dataset ?? 'The clicks could not be kept.');
    app.editor.chooseMethod(this.method);
    if (!app.editor.edit((document) => learning(document, rows.length))) throw this.refused;
    if (!(await app.check.check()))
      throw new Error(this.state.checkProblem || 'The clicks could not be read.');
    this.#before = this.state.status?.runId ?? '';
    this.#rows = rows.length;
  }

  protected override over() {
    this.#rows = 0;
  }

  override render() {
    const decided = decidedOf(this.session.first);
    if (decided < enough) return this.tooFew(enough - decided);
    const rows = toRows(this.session, this.#kind).length;
    const fitting = this.state.methods.filter(({ eats }) => eats === 'pairs' || eats === 'answers');
    const chapterOf = ([chapter, title]: [string, string]) => {
      const own = fitting.filter((method) => method.chapter === chapter);
      return own.length === 0
        ? nothing
        : html`<optgroup label=${title}>${own.map(({ id, name }) => html`<option value=${id} .selected=${id === this.method}>${name}</option>`)}</optgroup>`;
    };
    return this.offer({
      id: 'click',
      label: html`Let it learn from ${this.#kind === 'pairs' ? plural(rows, 'pair') : `${rows} labelled answers`} with`,
      options: Object.entries(chapters).map(chapterOf),
      train: this.busy ? 'Reading them…' : 'Train on the clicks',
      help: html`With the settings of ${pageLink(this.app, { at: 'teach' }, 'Teach')}; the clicks become its file of examples, none of them held out.`,
    });
  }
}

define('click-train', ClickTrain);
