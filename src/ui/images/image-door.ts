import { html } from 'lit';
import type { CreditView } from '../../../workers/protocol';
import { AppElement, define } from '../element';

type Part = 'stage' | 'curves' | 'pair';

/** Where a model that draws is seen at work: the code comes with the first such model. */
export class ImageDoor extends AppElement {
  static override properties = {
    ...AppElement.properties,
    shows: { type: String },
    view: { attribute: false },
    opened: { state: true },
  };
  /** Which part of the page stands here. */
  declare shows: Part;
  /** Of `pair`: what is shown. */
  declare view: CreditView | undefined;
  declare opened: 'opening' | 'open' | 'failed';

  constructor() {
    super();
    this.shows = 'stage';
    this.opened = 'opening';
  }

  protected watched() {
    return [] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#open();
  }

  async #open() {
    this.opened = 'opening';
    try {
      await import('./parts');
      this.opened = 'open';
    } catch {
      this.opened = 'failed';
    }
  }

  #part() {
    const { app, view } = this;
    if (this.shows === 'curves') return html`<image-curves .app=${app}></image-curves>`;
    if (this.shows === 'pair') return html`<image-pair .app=${app} .view=${view}></image-pair>`;
    return html`<image-stage .app=${app}></image-stage>`;
  }

  override render() {
    if (this.opened === 'open') return this.#part();
    if (this.opened === 'opening')
      return html`<p class="quiet" role="status">Opening the stage for images…</p>`;
    return html`<p class="field-problem" role="alert">The stage for images could not be loaded; look at the connection and try again.</p>
      <button type="button" class="quiet-button" @click=${() => void this.#open()}>Try again</button>`;
  }
}

define('image-door', ImageDoor);
