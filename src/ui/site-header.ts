import { html } from 'lit';
import { AppElement, define } from './element';
import { applyTheme, currentTheme, type Theme } from './theme';

const themes: readonly { id: Theme; label: string }[] = [
  { id: 'auto', label: 'system' },
  { id: 'light', label: 'light' },
  { id: 'dark', label: 'dark' },
];

const go = (element: HTMLElement, to: string) =>
  element.dispatchEvent(new CustomEvent('go', { detail: to, bubbles: true }));

/** Name, purpose, what the numbers are computed on, and the way to the storage panel. */
export class SiteHeader extends AppElement {
  protected watched() {
    return ['backend', 'connection'] as const;
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
    return html`<div class="spread">
      <div class="text">
        <h1>Marginalia</h1>
        <p class="lede">Train a small language model in this page, with your own machine, and see in the margin where the credit goes.</p>
      </div>
      <div class="note">
        <p data-testid="backend">${this.#backend()}</p>
        <p class="buttons">
          <button type="button" class="quiet-button" @click=${() => go(this, 'keep')}>Storage</button>
          <label class="with-select">Colours
            <select class="quiet-button" data-testid="theme" @change=${(event: Event) => applyTheme((event.target as HTMLSelectElement).value as Theme)}>
              ${themes.map(({ id, label }) => html`<option value=${id} ?selected=${id === theme}>${label}</option>`)}
            </select></label>
        </p>
      </div>
    </div>`;
  }
}

define('site-header', SiteHeader);
