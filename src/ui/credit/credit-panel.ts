import { html, nothing } from 'lit';
import type { CreditToken, CreditView } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { number, signed } from '../format';
import { isMoving, type State } from '../state';
import './credit-response';
import { explainCredit, type Measure, visible } from './explain';
import './tree-list';

const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The pairs that were made, and where the method puts the credit on the one that is chosen. */
export class CreditPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    picked: { state: true },
    view: { state: true },
    step: { state: true },
    measure: { state: true },
    looked: { state: true },
    asking: { state: true },
  };
  declare picked: number;
  declare view: CreditView | undefined;
  /** The step under whose weights `view` was made. */
  declare step: number;
  declare measure: Measure;
  declare looked: CreditToken | undefined;
  declare asking: boolean;
  #ticket = 0;
  #runId = '';

  constructor() {
    super();
    this.#clear();
  }

  #clear() {
    this.#ticket++;
    this.picked = -1;
    this.view = undefined;
    this.step = 0;
    this.measure = 'reward';
    this.looked = undefined;
    this.asking = false;
  }

  protected watched() {
    return ['trees', 'status', 'evaluations', 'runDocument'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    const { status, trees } = this.state;
    if ((status?.runId ?? '') !== this.#runId) {
      this.#runId = status?.runId ?? '';
      this.#clear();
    }
    if (!status || status.phase === 'idle' || status.phase === 'failed' || trees.length === 0) return;
    // Shown anew whenever training rests or has just been measured; in between the engine is left to train.
    const rests = keys.has('status') && !isMoving(status.phase) && status.step !== this.step;
    const measured = keys.has('evaluations') && status.step > 0;
    if (this.picked < 0 && !isMoving(status.phase)) void this.#ask(0);
    else if (this.picked >= 0 && (rests || measured)) void this.#ask(this.picked);
  }

  async #ask(index: number) {
    const ticket = ++this.#ticket;
    this.picked = index;
    this.asking = true;
    const { status } = this.state;
    await this.app.attempt('working out the credit', async () => {
      const view = await this.app.connection.api.credit(index);
      if (ticket !== this.#ticket) return;
      this.view = view;
      this.step = this.state.status?.step ?? status?.step ?? 0;
      this.looked = undefined;
      // Without training yet, or without a reference, every reward is zero: the push says more.
      const silent = largest(view.responses.flatMap((r) => r.tokens.map((t) => t.reward))) < 1e-6;
      if (silent) this.measure = 'push';
    });
    if (ticket === this.#ticket) this.asking = false;
  }

  #readout() {
    const t = this.looked;
    const row = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`<div class="readout" data-testid="credit-readout">
      <p><strong class="readout-token">${t ? visible(t.text) : 'A token'}</strong> ${t ? nothing : html`<span>: point at one, or move to it with the arrow keys</span>`}</p>
      <dl class="legend">
        ${row('reward', t ? signed(t.reward, 4) : '–')} ${row('push', t ? signed(t.push, 4) : '–')}
        ${row('weight', number(t?.weight))} ${row('log p, policy', number(t?.policyLogProb))}
        ${row('log p, reference', number(t?.referenceLogProb))}
      </dl>
    </div>`;
  }

  #measures() {
    const names = { reward: 'Reward so far', push: 'Push right now' };
    return html`<fieldset class="filter">
      <legend>Colour shows</legend>
      ${(['reward', 'push'] as const).map(
        (
          m,
        ) => html`<label><input type="radio" name="measure" data-testid="credit-measure-${m}" .checked=${this.measure === m}
          @change=${() => {
            this.measure = m;
          }} /> ${names[m]}</label>`,
      )}
    </fieldset>`;
  }

  #shown(view: CreditView) {
    const scale = largest(view.responses.flatMap((r) => r.tokens.map((t) => t[this.measure])));
    const stepScale = largest(view.responses.flatMap((r) => r.steps.map((s) => s[this.measure])));
    return html`<div class="credit ${this.asking ? 'is-asking' : ''}" data-testid="credit" aria-busy=${String(this.asking)}
      @look=${(e: CustomEvent<CreditToken>) => {
        this.looked = e.detail;
      }}>
      <p class="problem-text small">${view.prompt.trim()}</p>
      ${view.responses.map(
        (response) =>
          html`<credit-response .response=${response} measure=${this.measure} .scale=${scale} .stepScale=${stepScale}></credit-response>`,
      )}
      <p class="quiet credit-foot">Pair ${this.picked + 1} under the weights of step ${this.step}; its loss is ${number(view.loss)}.
        <button type="button" class="quiet-button" @click=${() => void this.#ask(this.picked)}>Ask again</button></p>
    </div>`;
  }

  override render() {
    const { trees, runDocument, document } = this.state;
    const method = this.app.method((runDocument ?? document)?.method.id ?? '');
    if (trees.length === 0) {
      return html`<p class="hint">The pairs appear here as they are made. Choose one to see, token by token and step by step, what the method credits and what it blames.</p>`;
    }
    return html`<div class="spread">
      <div class="text">
        <tree-list .trees=${trees} .picked=${this.picked} @pick=${(e: CustomEvent<number>) => void this.#ask(e.detail)}></tree-list>
        ${this.view ? this.#shown(this.view) : html`<p class="hint">${this.asking ? 'The engine is asked; while it trains, the answer comes between two steps.' : 'Choose a pair.'}</p>`}
      </div>
      <div class="note">
        ${this.#measures()}
        ${method ? html`<p>${explainCredit(method, this.measure)}</p>` : nothing}
        ${this.view ? this.#readout() : nothing}
      </div>
    </div>`;
  }
}

define('credit-panel', CreditPanel);
