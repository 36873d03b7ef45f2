import { html, nothing } from 'lit';
import { nearest } from '../util/nearest';
import { AppElement, define } from './element';
import { pageLink } from './page-link';
import { pageLoaders } from './page-loaders';
import { routeOf, routes } from './routes';

/** The page that the address names, loaded when it is turned to. */
export class PageOutlet extends AppElement {
  static override properties = { ...AppElement.properties, shown: { state: true }, problem: { state: true } };
  /** The page whose code is here. */
  declare shown: string;
  declare problem: string;
  #element: AppElement | undefined;

  constructor() {
    super();
    this.shown = '';
    this.problem = '';
  }

  protected watched() {
    return ['place'] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#load();
  }

  protected override changed() {
    void this.#load();
  }

  get #page() {
    return this.state.place.path[0] ?? '';
  }

  async #load() {
    const page = this.#page;
    const loader = pageLoaders[page];
    if (!loader || page === this.shown) return;
    this.problem = '';
    try {
      await loader.load();
    } catch {
      this.problem = 'This page could not be loaded; look at the connection and try again.';
      return;
    }
    if (page !== this.#page) return;
    this.#element = document.createElement(loader.tag) as AppElement;
    this.#element.app = this.app;
    this.shown = page;
    await this.updateComplete;
    await this.#element.updateComplete;
    this.dispatchEvent(new CustomEvent('page-shown', { bubbles: true }));
  }

  #unknown(page: string) {
    const near = nearest(page, routes.map(({ id }) => id).filter(Boolean));
    return html`<h1 class="page-title" tabindex="-1" data-testid="no-page">There is no page “${page.slice(0, 60)}”</h1>
      <p>${near ? html`The nearest name is ${pageLink(this.app, { path: [near] }, routeOf(near)!.name)}. ` : nothing}${pageLink(this.app, {}, 'To the first page')}.</p>`;
  }

  override render() {
    const page = this.#page;
    const route = routeOf(page);
    if (!route) return this.#unknown(page);
    if (!pageLoaders[page]) return nothing;
    if (this.problem)
      return html`<p class="field-problem" role="alert">${this.problem}</p>
        <p class="buttons"><button type="button" @click=${() => void this.#load()}>Try again</button></p>`;
    if (this.shown !== page) return html`<p class="quiet" aria-busy="true">Opening ${route.name}…</p>`;
    return this.#element;
  }
}

define('page-outlet', PageOutlet);
