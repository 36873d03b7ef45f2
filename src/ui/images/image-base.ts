import { html, nothing } from 'lit';
import type { ModelSummary } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { isMoving } from '../state';

/** Where the base comes from: trained beforehand, or here, to be kept and preferred on. */
export class ImageBase extends AppElement {
  static override properties = {
    ...AppElement.properties,
    kept: { state: true },
    keeping: { state: true },
  };
  declare kept: ModelSummary | undefined;
  declare keeping: boolean;
  #run = '';

  constructor() {
    super();
    this.kept = undefined;
    this.keeping = false;
  }

  protected watched() {
    return ['status', 'document', 'runDocument', 'bringProblems', 'connection'] as const;
  }

  protected override changed() {
    const run = this.state.status?.runId ?? '';
    if (run !== this.#run) this.kept = undefined;
    this.#run = run;
  }

  async #keep(seed: number, step: number) {
    this.keeping = true;
    this.kept = await this.app.bring.keepModel(`base-seed-${seed}-step-${step}`);
    this.keeping = false;
  }

  /** A method of pairs on what was kept, all else as it is by default. */
  #prefer({ id }: ModelSummary) {
    this.app.editor.chooseMethod('diffusion-dpo');
    this.app.bring.chooseModel(id);
  }

  #trained() {
    const { status, runDocument, bringProblems } = this.state;
    const { kept, keeping } = this;
    if (!status || !runDocument) return nothing;
    const off = keeping || isMoving(status.phase) || status.step === 0;
    const problem = bringProblems.model;
    return html`<p><button type="button" data-testid="keep-base" aria-disabled=${String(off)} @click=${() => !off && void this.#keep(runDocument.seed, status.step)}>Keep it as a base</button>
        <span class="hint" role="status">${keeping ? 'Measuring the rewards over its images…' : isMoving(status.phase) ? 'When the run rests.' : ''}</span></p>
      ${problem ? html`<p class="field-problem" role="alert">${problem}</p>` : nothing}
      ${
        kept
          ? html`<p>Kept as “${kept.name}”, with the scale of the rewards over its own images. It is among the models now, and under Export to be taken home. <button type="button" class="quiet-button" data-testid="prefer-on-base" @click=${() => this.#prefer(kept)}>Train preferences on it</button></p>`
          : nothing
      }`;
  }

  override render() {
    const { status, document, runDocument } = this.state;
    const trains = (status && runDocument ? runDocument : document)?.method.id === 'ddpm';
    const off = isMoving(status?.phase);
    return html`<aside class="image-base" data-testid="image-base"><h3>The base</h3>
      ${
        trains
          ? html`<p>This run makes a base of its own from random weights. What is shown and measured is the average of its weights.</p>${this.#trained()}`
          : html`<p>It was trained beforehand, on 60,000 drawings. A shorter training runs here too, in a few minutes, with the drawings growing out of the noise. <button type="button" class="quiet-button" data-testid="train-base" aria-disabled=${String(off)} @click=${() => !off && this.app.editor.chooseMethod('ddpm')}>Set “Train the base here”</button></p>`
      }
    </aside>`;
  }
}

define('image-base', ImageBase);
