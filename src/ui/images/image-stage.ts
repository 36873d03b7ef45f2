import { html, nothing } from 'lit';
import type { Evaluation } from '../../../workers/protocol';
import { conditionAt, inWords } from '../../diffusion/world/condition';
import { measureInterval, measureValue } from '../../train/measure-words';
import { AppElement, define } from '../element';
import { count, plural } from '../format';
import { pageLink } from '../page-link';
import { isMoving } from '../state';
import './image-base';
import './image-mechanism';
import './image-opening';
import './images.css';
import { paintAll, picture, pixelsAt } from './paint';

interface Row {
  id: 'before' | 'between' | 'now';
  label: string;
  evaluation: Evaluation;
}

/** The same draws before, during and after training, each under what it was asked to show. */
export class ImageStage extends AppElement {
  static override properties = { ...AppElement.properties, at: { state: true } };
  /** Which evaluation the slider is at, from the first after the beginning on; the middle one where it has not been moved. */
  declare at: number | undefined;
  #run = '';

  protected watched() {
    return ['evaluations', 'status', 'document', 'runDocument', 'methods', 'stages'] as const;
  }

  protected override changed() {
    const run = this.state.status?.runId ?? '';
    if (run !== this.#run) this.at = undefined;
    this.#run = run;
  }

  /** The next run begins with random weights. */
  get #fresh(): boolean {
    return this.state.document?.method.params['begin'] === 'random';
  }

  get #measured(): Evaluation[] {
    return this.state.evaluations.flatMap(({ evaluation }) => (evaluation.images ? [evaluation] : []));
  }

  /** Place of the slider among all evaluations but the first and the last. */
  get #between(): number {
    const inner = this.#measured.length - 2;
    return Math.min(this.at ?? Math.ceil(inner / 2), inner);
  }

  get #rows(): Row[] {
    const all = this.#measured;
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return [];
    const before: Row = { id: 'before', label: 'Before training', evaluation: first };
    if (first === last) return [before];
    const now: Row = {
      id: 'now',
      label: this.state.status?.phase === 'finished' ? 'After training' : 'Now',
      evaluation: last,
    };
    if (all.length < 3) return [before, now];
    return [before, { id: 'between', label: 'In between', evaluation: all[this.#between]! }, now];
  }

  protected override updated() {
    paintAll(this);
  }

  /** Updates of the whole run, over all its rounds, at which something was measured. */
  #place(evaluation: Evaluation): string {
    const x = this.state.evaluations.find((e) => e.evaluation === evaluation)?.x ?? evaluation.step;
    return plural(x, 'update');
  }

  #pictures({ id, label, evaluation }: Row) {
    const { conditions, pixels } = evaluation.images!;
    return html`<figure class="image-row" data-testid="images-${id}">
      <figcaption>${label}${id === 'before' ? nothing : html` <span class="quiet">${this.#place(evaluation)}</span>`}</figcaption>
      <ol>${conditions.map((condition, i) => {
        const words = inWords(conditionAt(condition));
        return html`<li>${picture(pixelsAt(pixels, i), `asked for: ${words}`)}<span>${words}</span></li>`;
      })}</ol>
      ${id === 'between' ? this.#slider() : nothing}
    </figure>`;
  }

  #slider() {
    const all = this.#measured;
    const at = this.#between;
    return html`<label class="image-slider"><span>Updates</span>
      <input type="range" min="1" max=${all.length - 2} .value=${String(at)} ?disabled=${all.length < 4} data-testid="images-slider"
        aria-valuetext=${this.#place(all[at]!)}
        @input=${(event: Event) => {
          this.at = Number((event.target as HTMLInputElement).value);
        }} />
    </label>`;
  }

  #numbers(rows: Row[]) {
    const last = rows.at(-1)!.evaluation.measures ?? [];
    return html`<div class="scroll-x" tabindex="0" role="group" aria-label="Measures of the images"><table class="image-measures" data-testid="image-measures">
      <thead><tr><th scope="col">Over ${count(rows[0]!.evaluation.problems)} images</th>${rows.map(({ label }) => html`<th scope="col">${label.toLowerCase()}</th>`)}</tr></thead>
      <tbody>${last.map(
        ({ id, name }) =>
          html`<tr><th scope="row">${name}</th>${rows.map(({ evaluation }) => {
            const own = evaluation.measures?.find((measure) => measure.id === id);
            return html`<td title=${own ? `95 % interval ${measureInterval(own)}` : nothing}>${own ? measureValue(own) : '–'}</td>`;
          })}</tr>`,
      )}</tbody>
    </table></div>`;
  }

  /** What the method's card says of this size, apart. */
  #honest() {
    const { document, runDocument, methods } = this.state;
    const notes = methods.find(({ id }) => id === (runDocument ?? document)?.method.id)?.notes ?? [];
    const not = notes.filter((note) => note.startsWith('Does not show'));
    if (not.length === 0) return nothing;
    const bare = (note: string) => {
      const words = note.replace(/^Does not show[^:]*: /, '');
      return `${words[0]!.toUpperCase()}${words.slice(1)}`;
    };
    return html`<aside class="image-honest" data-testid="image-honest"><h3>Does not show at this scale</h3><ul>${not.map((note) => html`<li>${bare(note)}</li>`)}</ul></aside>`;
  }

  /** Settings of the method that are there to see it fail. */
  #broken() {
    const { document, methods, status } = this.state;
    const method = methods.find(({ id }) => id === document?.method.id);
    const failing = (method?.presets ?? []).filter(({ id }) => id.startsWith('break-'));
    if (failing.length === 0) return nothing;
    const off = isMoving(status?.phase);
    return html`<aside class="image-broken" data-testid="image-broken"><h3>Break it</h3>
      ${failing.map(({ id, name, summary }) => html`<p>${summary} <button type="button" class="quiet-button" data-testid=${id} aria-disabled=${String(off)} @click=${() => !off && this.app.editor.choosePreset(id)}>Set “${name}”</button></p>`)}
      <p class="quiet">It only sets the form; press Train to see it, and choose “Ours” under Settings to go back.</p>
    </aside>`;
  }

  override render() {
    const rows = this.#rows;
    const beside = html`<div class="note"><p>The same twelve draws each time: equal noise at every step, so that what differs is what was learned. Twenty steps, eta 1. Rewards are in units of their spread over the images of the base.</p><p>Or say yourself which of two images is better: ${pageLink(this.app, { path: ['lab', 'click'] }, 'Lab, Clicking', false, 'choose-images')}.</p><image-base .app=${this.app}></image-base>${this.#broken()}</div>`;
    if (rows.length === 0) {
      return html`<div class="exhibit spread" data-testid="watch"><div class="text"><p>The model draws a shape in a hue, from noise, in twenty steps. Three in ten come in another hue than asked, and a third are cut in half: it learned from such drawings. ${this.#fresh ? 'A model like it begins with random weights now: press Train, and see the same twelve draws come out of the noise.' : 'Press Train, and the same twelve draws are shown before, during and after.'}</p><image-opening .app=${this.app}></image-opening>${this.#honest()}</div>${beside}</div>`;
    }
    return html`<div class="exhibit spread" data-testid="watch">
      <div class="text">
        ${rows.map((row) => this.#pictures(row))}
        ${this.#numbers(rows)}
        <image-mechanism .app=${this.app}></image-mechanism>
        ${this.#honest()}
      </div>
      ${beside}
    </div>`;
  }
}

define('image-stage', ImageStage);
