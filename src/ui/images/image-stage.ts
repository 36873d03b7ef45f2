import { html, nothing } from 'lit';
import type { Evaluation } from '../../../workers/protocol';
import { conditionAt, inWords } from '../../diffusion/world/condition';
import { measureValue } from '../../train/measure-words';
import { AppElement, define } from '../element';
import { count } from '../format';
import './images.css';

const SIDE = 12;
const NUMBERS = SIDE * SIDE * 3;

/** One image on a canvas of its own size, which the style enlarges without smoothing. */
const paint = (canvas: HTMLCanvasElement, pixels: Uint8Array, at: number) => {
  const context = canvas.getContext('2d');
  if (!context) return;
  const data = context.createImageData(SIDE, SIDE);
  for (let p = 0; p < SIDE * SIDE; p++) {
    for (let c = 0; c < 3; c++) data.data[4 * p + c] = pixels[at * NUMBERS + 3 * p + c]!;
    data.data[4 * p + 3] = 255;
  }
  context.putImageData(data, 0, 0);
};

interface Row {
  label: string;
  evaluation: Evaluation;
}

/** The same draws before, during and after training, each under what it was asked to show. */
export class ImageStage extends AppElement {
  static override properties = { ...AppElement.properties, at: { state: true } };
  /** Which evaluation the slider is at; the last one where it has not been moved. */
  declare at: number | undefined;

  protected watched() {
    return ['evaluations', 'status', 'document', 'methods'] as const;
  }

  get #measured(): Evaluation[] {
    return this.state.evaluations.flatMap(({ evaluation }) => (evaluation.images ? [evaluation] : []));
  }

  get #rows(): Row[] {
    const all = this.#measured;
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return [];
    const before: Row = { label: 'Before training', evaluation: first };
    if (first === last) return [before];
    const chosen = all[Math.min(this.at ?? all.length - 1, all.length - 1)]!;
    return [before, { label: chosen === last ? 'Now' : 'In between', evaluation: chosen }];
  }

  protected override updated() {
    for (const canvas of this.querySelectorAll<HTMLCanvasElement>('canvas[data-image]')) {
      const row = this.#rows[Number(canvas.dataset['row'])];
      if (row) paint(canvas, row.evaluation.images!.pixels, Number(canvas.dataset['image']));
    }
  }

  #pictures({ label, evaluation }: Row, row: number) {
    const { conditions } = evaluation.images!;
    return html`<figure class="image-row" data-testid="images-${row === 0 ? 'before' : 'now'}">
      <figcaption>${label}${row > 0 ? html` <span class="quiet">${this.#place(evaluation)}</span>` : nothing}</figcaption>
      <ol>${conditions.map((condition, i) => {
        const words = inWords(conditionAt(condition));
        return html`<li><canvas width=${SIDE} height=${SIDE} data-image=${i} data-row=${row} role="img" aria-label=${`asked for: ${words}`}></canvas><span>${words}</span></li>`;
      })}</ol>
    </figure>`;
  }

  #place({ stage, step }: Evaluation) {
    const round = /^round-(\d+)$/.exec(stage);
    return round ? `round ${round[1]}, step ${count(step)}` : `after ${count(step)} updates`;
  }

  #slider() {
    const all = this.#measured;
    if (all.length < 3) return nothing;
    const at = Math.min(this.at ?? all.length - 1, all.length - 1);
    return html`<label class="image-slider">Updates
      <input type="range" min="1" max=${all.length - 1} .value=${String(Math.max(1, at))} data-testid="images-slider"
        aria-valuetext=${this.#place(all[at]!)}
        @input=${(event: Event) => {
          this.at = Number((event.target as HTMLInputElement).value);
        }} />
    </label>`;
  }

  #numbers(rows: Row[]) {
    const last = rows.at(-1)?.evaluation.measures ?? [];
    const first = rows[0]?.evaluation.measures ?? [];
    return html`<table class="image-measures" data-testid="image-measures">
      <thead><tr><th scope="col">Measured on ${count(rows[0]!.evaluation.problems)} images</th><th scope="col">before</th>${rows.length > 1 ? html`<th scope="col">then</th>` : nothing}</tr></thead>
      <tbody>${last.map((measure) => {
        const before = first.find(({ id }) => id === measure.id);
        return html`<tr><th scope="row">${measure.name}</th><td>${before ? measureValue(before) : '–'}</td>${rows.length > 1 ? html`<td>${measureValue(measure)}</td>` : nothing}</tr>`;
      })}</tbody>
    </table>`;
  }

  /** What the method's card says of this size, apart. */
  #honest() {
    const { document, methods } = this.state;
    const notes = methods.find(({ id }) => id === document?.method.id)?.notes ?? [];
    const not = notes.filter((note) => note.startsWith('Does not show'));
    if (not.length === 0) return nothing;
    return html`<aside class="image-honest"><h3>Does not show at this scale</h3><ul>${not.map((note) => html`<li>${note.replace(/^Does not show[^:]*: /, '')}</li>`)}</ul></aside>`;
  }

  override render() {
    const rows = this.#rows;
    if (rows.length === 0) {
      return html`<div class="exhibit" data-testid="watch"><p class="text">The model draws a shape in a hue, from noise, in twenty steps. Three in ten come in another hue than asked, and a third are cut in half: it learned from such drawings. Press Train, and the same twelve draws are shown before, during and after.</p>${this.#honest()}</div>`;
    }
    return html`<div class="exhibit" data-testid="watch">
      <div class="spread"><div class="text">${rows.map((row, i) => this.#pictures(row, i))}${this.#slider()}</div>
      <div class="note"><p>The same twelve draws each time: equal noise at every step, so that what differs is what was learned. Rewards are in units of their spread over the images of the base.</p></div></div>
      ${this.#numbers(rows)}
      ${this.#honest()}
    </div>`;
  }
}

define('image-stage', ImageStage);
