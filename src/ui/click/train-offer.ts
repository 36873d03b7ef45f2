import { html, nothing, type TemplateResult } from 'lit';
import { AppElement } from '../element';
import { plural } from '../format';
import { isLive, isMoving } from '../state';

interface Offered {
  /** Before `-method`, the id of the choice. */
  id: string;
  label: TemplateResult;
  options: unknown;
  /** On the button. */
  train: string;
  help: TemplateResult;
}

/** An offer to train with a method of one's choice on what was clicked. */
export abstract class TrainOffer extends AppElement {
  static override properties = {
    ...AppElement.properties,
    session: { attribute: false },
    method: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare method: string;
  declare problem: string;
  declare busy: boolean;

  constructor() {
    super();
    this.problem = '';
    this.busy = false;
  }

  /** Makes the document that learns from the clicks. @throws Error saying why it cannot be made */
  protected abstract prepare(): Promise<void>;
  /** The run has ended, or there was none. */
  protected over(): void {}

  /** What is wrong with the document's fields, as an error. */
  protected get refused(): Error {
    return new Error(
      this.state.documentProblems.map(({ field, message }) => `${field}: ${message}`).join('; '),
    );
  }

  async #train() {
    const phase = this.state.status?.phase;
    if (this.busy || isMoving(phase)) return;
    if (isLive(phase)) {
      this.problem = 'A run is paused; go on with it, or stop it, first.';
      return;
    }
    this.busy = true;
    this.problem = '';
    try {
      await this.prepare();
      const ended = this.app.control.train();
      this.busy = false;
      await ended;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.over();
    this.busy = false;
  }

  /** Where there are too few choices. @param left how many more it takes */
  protected tooFew(left: number) {
    return html`<p class="quiet" data-testid="click-offer" data-left=${left}>After ${plural(left, 'more choice')} of one or the other it can learn from them.</p>`;
  }

  protected offer({ id, label, options, train, help }: Offered) {
    const off = this.busy || isMoving(this.state.status?.phase);
    return html`<div class="field" data-testid="click-offer" data-left="0">
      <label for="${id}-method">${label}</label>
      <div class="field-inputs">
        <select id="${id}-method" data-testid="${id}-method" @change=${(event: Event) => {
          this.method = (event.target as HTMLSelectElement).value;
          this.problem = '';
        }}>${options}</select>
        <button type="button" class="primary" data-testid="${id}-train" aria-disabled=${String(off)} @click=${() => void this.#train()}>${train}</button>
      </div>
      <p class="field-help">${help}</p>
      ${this.problem ? html`<p class="field-problem" role="alert" data-testid="${id}-train-problem">${this.problem}</p>` : nothing}
    </div>`;
  }
}
