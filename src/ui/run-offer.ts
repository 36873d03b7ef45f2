import { html, nothing } from 'lit';
import { AppElement, define } from './element';
import { count, date } from './format';

/** After a reload: the run that was not finished. */
export class RunOffer extends AppElement {
  protected watched() {
    return ['offer', 'methods', 'models', 'status'] as const;
  }

  override render() {
    const { offer } = this.state;
    if (!offer) return nothing;
    const { document, step, updated } = offer;
    const method = this.app.method(document.method.id)?.name ?? document.method.id;
    return html`<div class="dock-note is-offer" role="region" aria-label="Unfinished run" data-testid="offer">
      <p class="dock-note-text">
        <strong>Go on where you were</strong> (step ${count(step)} of ${count(document.steps)}): ${method} on ${this.state.models.find((m) => m.id === document.model)?.name ?? document.model},
        ${date(updated)}.
      </p>
      <p class="dock-note-buttons">
        <button type="button" class="primary" data-testid="offer-resume" @click=${async () => {
          if (await this.app.control.open(offer)) void this.app.control.train();
        }}>Go on</button>
        <button type="button" data-testid="offer-open" @click=${() => void this.app.control.open(offer)}>Open it, paused</button>
        <button type="button" data-testid="offer-dismiss" @click=${() => this.app.store.set({ offer: undefined })}>Not now</button>
      </p>
    </div>`;
  }
}

define('run-offer', RunOffer);
