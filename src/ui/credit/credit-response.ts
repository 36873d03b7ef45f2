import { html, LitElement, nothing, svg } from 'lit';
import type { CreditResponse, CreditToken } from '../../../workers/protocol';
import { define } from '../element';
import { number, signed } from '../format';
import { cross, tick } from '../icons';
import { type Measure, shade, stepCredit, visible } from './explain';
import { moveAmongTokens, tint } from './tokens';

interface Run {
  step: number;
  /** Tokens by line, with their index in the response. */
  lines: { token: CreditToken; index: number }[][];
}

/** Tokens gathered by step, and within a step by line. */
const runsOf = (tokens: readonly CreditToken[]): Run[] => {
  const runs: Run[] = [];
  let fresh = true;
  for (const [index, token] of tokens.entries()) {
    let run = runs.at(-1);
    if (!run || run.step !== token.step) {
      run = { step: token.step, lines: [] };
      runs.push(run);
      fresh = true;
    }
    if (fresh) run.lines.push([]);
    run.lines.at(-1)!.push({ token, index });
    fresh = token.text.includes('\n');
  }
  return runs;
};

/**
 * One answer as a heat map of its tokens, with the credit of each step in the margin. The tokens are one stop of the
 * tab key; arrows, Home and End move among them. Fires `look` with the token under focus or pointer.
 */
export class CreditResponseView extends LitElement {
  static override properties = {
    response: { attribute: false },
    measure: {},
    scale: { attribute: false },
    stepScale: { attribute: false },
    current: { state: true },
  };
  declare response: CreditResponse;
  declare measure: Measure;
  /** Largest absolute value of a token, and of a step, over everything shown. */
  declare scale: number;
  declare stepScale: number;
  declare current: number;

  constructor() {
    super();
    this.current = -1;
  }

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate(changed: Map<string, unknown>) {
    if (!changed.has('response')) return;
    const old = changed.get('response') as CreditResponse | undefined;
    // New numbers of the same answer leave the keyboard where it is.
    const same = old?.tokens.length === this.response.tokens.length && old.role === this.response.role;
    if (!same) this.current = this.response.tokens.findIndex((t) => t.step >= 0);
  }

  #look(token: CreditToken) {
    this.dispatchEvent(new CustomEvent('look', { detail: token, bubbles: true }));
  }

  #token(token: CreditToken, index: number) {
    const value = shade(token, this.measure);
    const { strength, direction } = tint(value, this.scale);
    return html`<button
      type="button"
      class="token ${direction}"
      style="--strength:${strength}%"
      tabindex=${index === this.current ? 0 : -1}
      aria-label="${visible(token.text)}: reward ${signed(token.reward)}, push ${signed(token.push)}${token.weight === 1 ? '' : `, weight ${number(token.weight)}`}"
      @focus=${() => {
        this.current = index;
        this.#look(token);
      }}
      @pointerenter=${() => this.#look(token)}
    >${visible(token.text)}</button>`;
  }

  #bar(value: number) {
    const width = this.stepScale > 0 ? (Math.abs(value) / this.stepScale) * 48 : 0;
    return html`<svg class="bar ${value >= 0 ? 'up' : 'down'}" viewBox="0 0 100 12" width="100" height="12" aria-hidden="true">
      ${svg`<line x1="50" x2="50" y1="0" y2="12" stroke="var(--control-line)" /><rect x=${value >= 0 ? 50 : 50 - width} y="2" width=${width} height="8" />`}
    </svg>`;
  }

  /** @param told comes after something that is scored: what the model was told, not what both answers begin with */
  #note(step: number, told: boolean) {
    if (step < 0)
      return html`<span class="line-credit quiet">${told ? 'given' : 'shared'}, not scored</span>`;
    const credit = this.response.steps[step];
    if (!credit) return nothing;
    const value = stepCredit(this.response, step, this.measure);
    const verdict =
      credit.correct === undefined
        ? nothing
        : credit.correct
          ? html`<span class="mark-right">${tick()} right</span>`
          : html`<span class="mark-wrong">${cross()} wrong</span>`;
    return html`<span class="line-credit">${this.#bar(value)} <span class="value">${signed(value)}</span> ${verdict}</span>`;
  }

  #line(run: Run, line: Run['lines'][number], first: boolean, told: boolean) {
    const tokens =
      run.step < 0
        ? line.map(({ token }) => html`<span class="token unscored">${visible(token.text)}</span>`)
        : line.map(({ token, index }) => this.#token(token, index));
    return html`<div class="credit-line"><div class="tokens">${tokens}</div>${first ? this.#note(run.step, told) : nothing}</div>`;
  }

  override render() {
    const { response } = this;
    const names = { chosen: 'Chosen', rejected: 'Rejected', response: 'Answer' };
    const name = names[response.role];
    return html`
      <h3>${name}</h3>
      <div role="toolbar" aria-label="Tokens of the answer, ${name.toLowerCase()}" @keydown=${(e: KeyboardEvent) => moveAmongTokens(e, this)}>
        ${runsOf(response.tokens).map((run, at) => run.lines.map((line, i) => this.#line(run, line, i === 0, at > 0)))}
      </div>
    `;
  }
}

define('credit-response', CreditResponseView);
