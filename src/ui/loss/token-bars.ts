import { html, LitElement, nothing, svg } from 'lit';
import { shown } from '../bring/shown';
import { define } from '../element';
import { number, signed } from '../format';
import { type ExtraField, type LabAnswer, numberAt } from './answers';

/** A number of the row, and what it is to be. */
export interface Setting {
  token: number;
  value: number;
}

const arrow = (by: number, scale: number) => {
  const share = scale > 0 ? Math.min(1, Math.abs(by) / scale) : 0;
  if (share < 0.004) return svg`<circle class="push-none" cx="8" cy="40" r="2" />`;
  // A root, so that small ones can still be seen.
  const length = 6 + 30 * Math.sqrt(share);
  // Training steps against the derivative.
  const way = by < 0 ? -1 : 1;
  const tip = 40 + way * length;
  return svg`<path class=${by < 0 ? 'push-up' : 'push-down'} d="M8 40V${tip}M3 ${tip - way * 6}L8 ${tip}L13 ${tip - way * 6}" />`;
};

/**
 * The numbers of one answer as bars over and under zero, each with an arrow of where training would push it. A bar is dragged, or
 * moved by keys: up and down 0.1, with Shift 1. Fires `set` with a number's new value, `look` with the token under focus.
 */
export class TokenBars extends LitElement {
  static override properties = {
    answer: { attribute: false },
    name: {},
    field: {},
    by: { attribute: false },
    scale: { attribute: false },
    reach: { attribute: false },
    shared: { attribute: false },
    most: { attribute: false },
    picked: { attribute: false },
    steps: { attribute: false },
  };
  declare answer: LabAnswer;
  declare name: string;
  declare field: 'policy' | ExtraField;
  /** Derivative of the loss by each number; empty where there is none. */
  declare by: readonly number[];
  /** Largest absolute derivative of all rows, and largest number. */
  declare scale: number;
  declare reach: number;
  /** So many tokens are those of the other answer too. */
  declare shared: number;
  /** Highest value of each. */
  declare most: readonly number[];
  /** The token whose controls are shown; -1 when it is none of this row. */
  declare picked: number;
  /** The loss tells steps apart: show where they begin. */
  declare steps: boolean;
  /** Reach while a bar is dragged: the row must not change its scale under the pointer. */
  #held: number | undefined;

  protected override createRenderRoot() {
    return this;
  }

  get #reach() {
    return this.#held ?? this.reach;
  }

  #tell(type: 'set' | 'look', detail: unknown) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  #set(token: number, value: number) {
    const clipped = Math.min(this.most[token]!, value);
    this.#tell('set', { token, value: clipped } satisfies Setting);
  }

  #value(token: number) {
    return numberAt(this.answer.tokens[token]!, this.field) ?? 0;
  }

  #key(event: KeyboardEvent, token: number) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.answer.tokens.length - 1;
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const to = { ArrowRight: token + 1, ArrowLeft: token - 1, Home: 0, End: last }[event.key];
    if (way === undefined && to === undefined) return;
    event.preventDefault();
    if (way !== undefined) this.#set(token, this.#value(token) + way * (event.shiftKey ? 1 : 0.1));
    else this.querySelectorAll<HTMLElement>('.loss-bar')[Math.min(last, Math.max(0, to!))]?.focus();
  }

  #drag(event: PointerEvent, token: number) {
    const bar = event.currentTarget as HTMLElement;
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = bar.querySelector('.loss-bar-room')!.getBoundingClientRect();
    const share = (box.top + box.height / 2 - event.clientY) / (box.height / 2);
    this.#set(token, Math.round(share * this.#reach * 20) / 20);
  }

  #bar(token: number) {
    const { answer, by, scale, picked, field } = this;
    const { text } = answer.tokens[token]!;
    const value = this.#value(token);
    const share = Math.max(-1, Math.min(1, value / this.#reach));
    const top = Number.isFinite(this.most[token]!) ? this.most[token]! : this.#reach;
    const shared = token < this.shared;
    const own = by[token];
    return html`<div class="loss-bar ${shared ? 'is-shared' : ''} ${this.steps && answer.cuts.includes(token) ? 'begins' : ''} ${picked === token ? 'is-picked' : ''}"
      role="slider" tabindex=${Math.max(0, picked) === token ? 0 : -1} aria-orientation="vertical"
      aria-label="${this.name}, token ${token + 1}${text === undefined ? '' : ` “${text}”`}${shared ? ', shared' : ''}"
      aria-valuemin=${-this.#reach} aria-valuemax=${top} aria-valuenow=${value}
      aria-valuetext="${number(value)}${own === undefined ? '' : own === 0 ? ', not pushed' : `, pushed ${own < 0 ? 'up' : 'down'} by ${number(Math.abs(own))}`}"
      @focus=${() => this.#tell('look', token)}
      @keydown=${(event: KeyboardEvent) => this.#key(event, token)}
      @pointerdown=${(event: PointerEvent) => {
        if (event.button !== 0) return;
        const bar = event.currentTarget as HTMLElement;
        this.#held = this.reach;
        bar.focus();
        bar.setPointerCapture(event.pointerId);
        event.preventDefault();
        this.#drag(event, token);
      }}
      @pointermove=${(event: PointerEvent) => this.#drag(event, token)}
      @lostpointercapture=${() => {
        this.#held = undefined;
        this.requestUpdate();
      }}>
      <span class="loss-bar-room"><span class="loss-bar-fill ${value < 0 ? 'is-down' : ''}" style="height: ${(50 * Math.abs(share)).toFixed(1)}%; ${value < 0 ? 'top' : 'bottom'}: 50%"></span>
        ${own === undefined ? nothing : html`<svg class="loss-bar-push" viewBox="0 0 16 80" aria-hidden="true">${arrow(own, scale)}</svg>`}</span>
      <span class="loss-bar-number">${field === 'policy' ? signed(value, 1) : number(value)}</span>
      ${text === undefined ? nothing : html`<bdi class="loss-bar-text">${shown(text)}</bdi>`}
    </div>`;
  }

  override render() {
    return html`<div class="loss-bars scroll-x" role="group" aria-label=${this.name}>${this.answer.tokens.map((_, token) => this.#bar(token))}</div>`;
  }
}

define('token-bars', TokenBars);
