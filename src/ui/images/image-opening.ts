import { html, nothing } from 'lit';
import type { DrawnImages } from '../../../workers/protocol';
import { conditionAt, inWords } from '../../diffusion/world/condition';
import { AppElement, define } from '../element';
import { isMoving, shownDocument } from '../state';
import { prefersStill } from '../theme';
import { paintAll, picture, pixelsAt } from './paint';

const frameMs = 80;

/** What the model draws before anything is trained, on its way from noise to image. */
export class ImageOpening extends AppElement {
  static override properties = {
    ...AppElement.properties,
    drawn: { state: true },
    frame: { state: true },
    problem: { state: true },
  };
  declare drawn: DrawnImages | undefined;
  declare frame: number;
  declare problem: string;
  #asked = '';
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.frame = 0;
    this.problem = '';
  }

  protected watched() {
    return ['connection', 'document', 'models', 'status'] as const;
  }

  protected override changed() {
    void this.#ask();
  }

  override firstUpdated() {
    void this.#ask();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #ask() {
    const { connection, status } = this.state;
    const document = shownDocument(this.state);
    if (connection !== 'ready' || !document || isMoving(status?.phase)) return;
    const { model, evaluation } = document;
    const key = `${model} ${evaluation.problems}`;
    if (key === this.#asked) return;
    this.#asked = key;
    try {
      this.drawn = await this.app.connection.api.draw(model, Math.max(12, evaluation.problems));
      this.problem = '';
      this.#play();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #play() {
    clearInterval(this.#timer);
    const last = (this.drawn?.frames.length ?? 1) - 1;
    this.frame = prefersStill() ? last : 0;
    this.#timer = setInterval(() => {
      if (this.frame < last) this.frame++;
      else clearInterval(this.#timer);
    }, frameMs);
  }

  protected override updated() {
    paintAll(this);
  }

  override render() {
    const { drawn, problem } = this;
    if (problem) return html`<p class="field-problem" role="alert">${problem}</p>`;
    if (!drawn) return html`<p class="quiet" aria-busy="true">The model is drawing…</p>`;
    const { conditions, frames } = drawn;
    const last = frames.length - 1;
    return html`<figure class="image-row" data-testid="images-opening">
      <figcaption>Untrained <span class="quiet">step ${this.frame} of ${last}</span></figcaption>
      <ol>${conditions.map((condition, i) => {
        const words = inWords(conditionAt(condition));
        return html`<li>${picture(pixelsAt(frames[this.frame]!, i), `asked for: ${words}`)}<span>${words}</span></li>`;
      })}</ol>
      ${
        last > 0
          ? html`<label class="image-slider"><span>Noise to image</span>
        <input type="range" min="0" max=${last} .value=${String(this.frame)} data-testid="images-frame" aria-valuetext="step ${this.frame} of ${last}"
          @input=${(event: Event) => {
            clearInterval(this.#timer);
            this.frame = Number((event.target as HTMLInputElement).value);
          }} />
        <button type="button" class="quiet-button" @click=${() => this.#play()}>Again</button></label>`
          : nothing
      }
    </figure>`;
  }
}

define('image-opening', ImageOpening);
