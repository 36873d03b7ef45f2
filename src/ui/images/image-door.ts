import { html } from 'lit';
import { AppElement, define } from '../element';

/** Where a model that draws is seen at work: the code of the stage comes with the first such model. */
export class ImageDoor extends AppElement {
  static override properties = { ...AppElement.properties, stage: { state: true } };
  declare stage: 'opening' | 'open' | 'failed';

  constructor() {
    super();
    this.stage = 'opening';
  }

  protected watched() {
    return [] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#open();
  }

  async #open() {
    this.stage = 'opening';
    try {
      await import('./image-stage');
      this.stage = 'open';
    } catch {
      this.stage = 'failed';
    }
  }

  override render() {
    if (this.stage === 'open') return html`<image-stage .app=${this.app}></image-stage>`;
    if (this.stage === 'opening')
      return html`<p class="quiet" role="status">Opening the stage for images…</p>`;
    return html`<p class="field-problem" role="alert">The stage for images could not be loaded; look at the connection and try again.</p>
      <button type="button" class="quiet-button" @click=${() => void this.#open()}>Try again</button>`;
  }
}

define('image-door', ImageDoor);
