import { html, nothing } from 'lit';
import { AppElement, define } from './element';
import { pageLink } from './page-link';
import { routes } from './routes';
import { applyTheme, currentTheme, type Theme } from './theme';

const themes: readonly { id: Theme; label: string }[] = [
  { id: 'auto', label: 'system' },
  { id: 'light', label: 'light' },
  { id: 'dark', label: 'dark' },
];

/** The word mark, the names of the pages, and in the margin what belongs to all of them. */
export class SiteHeader extends AppElement {
  protected watched() {
    return ['backend', 'connection', 'place', 'view', 'document'] as const;
  }

  #backend() {
    const { backend, connection } = this.state;
    if (!backend) return connection === 'failed' ? 'No engine.' : 'Looking for a GPU…';
    const names = { webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'plain JavaScript' };
    const on = backend.name === 'webgpu' ? `WebGPU on ${backend.adapter}` : names[backend.name];
    const software =
      backend.name === 'webgpu' && backend.software
        ? ' A CPU plays the GPU here; WebAssembly would be faster.'
        : '';
    return html`Computing on ${on}.${software} ${backend.note}`;
  }

  override render() {
    const theme = currentTheme();
    const [page = ''] = this.state.place.path;
    const front = page === '';
    const link = (id: string, name: string) =>
      pageLink(this.app, { path: id ? [id] : [] }, name, page === id);
    return html`<div class="spread masthead">
      <div class="text">
        ${front ? html`<h1>Marginalia</h1>` : html`<p class="word-mark">${pageLink(this.app, {}, 'Marginalia')}</p>`}
        ${
          front
            ? html`<p class="lede">Train a small language model in this page, on your own machine, and see where the credit goes.</p>`
            : nothing
        }
        <nav class="pages" aria-label="Pages"><ul>${routes
          .filter(({ where }) => where === 'row')
          .map(({ id, name }) => html`<li>${link(id, name)}</li>`)}</ul></nav>
      </div>
      <div class="note">
        <p class="buttons">
          ${routes.filter(({ where }) => where === 'aside').map(({ id, name }) => html`<span class="button-link">${link(id, name)}</span>`)}
          <label class="with-select">Colours
            <select class="quiet-button" data-testid="theme" @change=${(event: Event) => applyTheme((event.target as HTMLSelectElement).value as Theme)}>
              ${themes.map(({ id, label }) => html`<option value=${id} ?selected=${id === theme}>${label}</option>`)}
            </select></label>
        </p>
        <p data-testid="backend" ?hidden=${!front}>${this.#backend()}</p>
      </div>
    </div>`;
  }
}

define('site-header', SiteHeader);
