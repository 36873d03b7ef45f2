import { html, LitElement } from 'lit';
import { moveAmongTokens, tint } from '../credit/tokens';
import { define } from '../element';
import { number } from '../format';
import type { ShownNumber, ShownResponse } from './shown-case';

/** A number of the case, and by how much it is to be moved. */
export interface Move {
  place: string;
  by: number;
}

/**
 * One response of a loss case, a line to a step: every number coloured by where training would push it. Fires `look` with the
 * number under focus or pointer, and `move` with how far a key would move the one under focus.
 */
export class LossResponse extends LitElement {
  static override properties = {
    response: { attribute: false },
    scale: { attribute: false },
    current: { state: true },
  };
  declare response: ShownResponse;
  /** Largest absolute derivative of everything shown. */
  declare scale: number;
  declare current: number;

  constructor() {
    super();
    this.current = 0;
  }

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate() {
    const count = this.response.steps.reduce((sum, { numbers }) => sum + numbers.length, 0);
    if (this.current >= count) this.current = 0;
  }

  #look(shown: ShownNumber) {
    this.dispatchEvent(new CustomEvent('look', { detail: shown, bubbles: true }));
  }

  #move(event: KeyboardEvent, { place }: ShownNumber) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const detail: Move = { place, by: way * (event.shiftKey ? 1 : 0.1) };
    this.dispatchEvent(new CustomEvent<Move>('move', { detail, bubbles: true }));
  }

  #number(shown: ShownNumber, index: number) {
    // Training steps against the derivative.
    const { strength, direction } = tint(-shown.derivative, this.scale);
    return html`<button
      type="button"
      class="token ${direction}"
      style="--strength:${strength}%"
      tabindex=${index === this.current ? 0 : -1}
      aria-label="${shown.place}: ${number(shown.value)}, derivative ${number(shown.derivative)}"
      @focus=${() => {
        this.current = index;
        this.#look(shown);
      }}
      @pointerenter=${() => this.#look(shown)}
      @keydown=${(event: KeyboardEvent) => this.#move(event, shown)}
    >${number(shown.value)}</button>`;
  }

  override render() {
    const { name, role, steps } = this.response;
    let index = 0;
    return html`
      <h3>${name[0]!.toUpperCase()}${name.slice(1)}${role ? html`, <em>${role}</em>` : ''}</h3>
      <div role="toolbar" aria-label="Numbers of ${name}${role ? `, ${role}` : ''}" @keydown=${(e: KeyboardEvent) => moveAmongTokens(e, this)}>
        ${steps.map(
          ({ numbers, sum }, s) => html`<div class="credit-line">
            <div class="tokens">${numbers.length === 0 ? html`<span class="quiet">no tokens</span>` : numbers.map((shown) => this.#number(shown, index++))}</div>
            <span class="line-credit">step ${s}: the derivatives’ sum is <span class="value">${number(sum)}</span></span>
          </div>`,
        )}
      </div>
    `;
  }
}

define('loss-response', LossResponse);
