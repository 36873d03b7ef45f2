import { html, LitElement, nothing } from 'lit';
import type { KnownSymbol } from '../../methods/symbols';
import { markedTex } from '../../methods/symbols';
import { define } from '../element';
import { number } from '../format';
import { breakableTex } from '../setup/breakable-tex';

export interface ShownSymbol extends KnownSymbol {
  shown: number | undefined;
}

/**
 * A formula whose symbols are looked up in a table below it: pointing at one, or moving to it, lights its row, and the other
 * way round. Fires `look` with the symbol's id.
 */
export class LiveFormula extends LitElement {
  static override properties = { tex: {}, symbols: { attribute: false }, lit: { state: true } };
  declare tex: string;
  declare symbols: readonly ShownSymbol[];
  declare lit: string;
  #set = '';

  constructor() {
    super();
    this.tex = '';
    this.symbols = [];
    this.lit = '';
  }

  protected override createRenderRoot() {
    return this;
  }

  protected override updated() {
    void this.#typeset();
    for (const part of this.querySelectorAll<HTMLElement>('.formula-place [data-s]'))
      part.classList.toggle('is-lit', part.dataset['s'] === this.lit && this.lit !== '');
  }

  async #typeset() {
    const wanted = this.tex + this.symbols.map(({ id }) => id).join();
    if (wanted === this.#set) return;
    this.#set = wanted;
    const place = this.querySelector<HTMLElement>('.formula-place')!;
    try {
      const [{ default: katex }] = await Promise.all([import('katex'), import('katex/dist/katex.min.css')]);
      if (wanted !== this.#set) return;
      katex.render(`\\displaystyle ${breakableTex(markedTex(this.tex, this.symbols))}`, place, {
        throwOnError: false,
        output: 'htmlAndMathml',
        strict: (code: string) => (code === 'htmlExtension' ? 'ignore' : 'warn'),
        trust: ({ command }) => command === '\\htmlData',
      });
      place.toggleAttribute('tabindex', false);
      if (place.scrollWidth > place.clientWidth + 1) place.tabIndex = 0;
    } catch {
      place.textContent = this.tex; // without the typesetter the source stands there
    }
  }

  #look(id: string) {
    if (id === this.lit) return;
    this.lit = id;
    this.dispatchEvent(new CustomEvent('look', { detail: id, bubbles: true }));
  }

  #of = (event: Event) => (event.target as Element).closest<HTMLElement>('[data-s]')?.dataset['s'] ?? '';

  /** One stop of the tab key; arrows go from row to row. */
  #keys(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const rows = [...this.querySelectorAll<HTMLElement>('tr[data-s]')];
    const at = rows.indexOf((event.target as Element).closest<HTMLElement>('tr[data-s]')!);
    const next = rows[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  override render() {
    return html`<div class="formula-place scroll-x" role="group" aria-label="The loss" @pointerover=${(e: Event) => this.#look(this.#of(e))} @pointerleave=${() => this.#look('')}></div>
      ${
        this.symbols.length > 0
          ? html`<table class="symbols" data-testid="method-symbols" @pointerover=${(e: Event) => this.#look(this.#of(e))} @pointerleave=${() => this.#look('')}
              @focusin=${(e: Event) => this.#look(this.#of(e))} @keydown=${(e: KeyboardEvent) => this.#keys(e)}>
              <thead class="visually-hidden"><tr><th scope="col">symbol</th><th scope="col">value</th><th scope="col">what it is</th></tr></thead>
              <tbody>${this.symbols.map(
                (
                  { id, say, shown },
                  i,
                ) => html`<tr data-s=${id} data-testid="symbol-${id}" data-value=${shown ?? nothing} tabindex=${i === 0 ? 0 : -1} class=${id === this.lit ? 'is-lit' : ''}>
                  <th scope="row">${id.replace(/^param-/, '').replace('-', ' ')}</th><td class="symbol-value">${shown === undefined ? '–' : number(shown)}</td><td>${say}</td></tr>`,
              )}</tbody></table>`
          : nothing
      }`;
  }
}

define('live-formula', LiveFormula);
