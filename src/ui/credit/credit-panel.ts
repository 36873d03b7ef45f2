import { html, nothing } from 'lit';
import type { CreditToken, CreditView } from '../../../workers/protocol';
import type { MethodInfo } from '../../train/method-info';
import { AppElement, define } from '../element';
import { count, number, signed } from '../format';
import { lookedAt } from '../looked-at';
import { fieldNames, withLabels } from '../setup/field-labels';
import { isMoving, type State } from '../state';
import '../live/step-slider';
import './credit-response';
import {
  blameWords,
  explainCredit,
  type Measure,
  measureNames,
  measuresOf,
  shade,
  stepCredit,
  visible,
  weighs,
  withNetPush,
} from './explain';
import { searchTree } from './search-door';
import './tree-list';
import { turnColumns } from './turn-columns';
import { wishedMeasure } from './wished-measure';

interface Under {
  pass: string;
  step: number;
}

/** While it trains, a look costs the run at most this share of its time. */
const share = 0.05;
const restMs = 1500;

const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Response and index of a token of this view. */
const placeOf = (view: CreditView, token: CreditToken): [number, number] | undefined => {
  for (const [r, { tokens }] of view.responses.entries()) {
    const t = tokens.indexOf(token);
    if (t >= 0) return [r, t];
  }
  return undefined;
};

/** The pairs that were made, and where the method puts the credit on the one that is chosen. */
export class CreditPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    picked: { state: true },
    view: { state: true },
    under: { state: true },
    measure: { state: true },
    looked: { state: true },
    asking: { state: true },
    problem: { state: true },
  };
  declare picked: number;
  declare view: CreditView | undefined;
  /** The weights under which `view` was made: pass and step. */
  declare under: Under;
  declare measure: Measure;
  declare looked: CreditToken | undefined;
  declare asking: boolean;
  /** Why the chosen pair cannot be shown; empty when it can. */
  declare problem: string;
  #ticket = 0;
  #runId = '';
  /** The pass in which the measure was last chosen by the panel itself. */
  #measured = '';
  /** Not before this time is the engine asked again while it trains. */
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sight: IntersectionObserver | undefined;
  #near = false;

  constructor() {
    super();
    this.#clear();
  }

  #clear() {
    this.#ticket++;
    this.picked = -1;
    this.view = undefined;
    this.under = { pass: '', step: 0 };
    this.#measured = '';
    this.#next = 0;
    this.measure = 'reward';
    this.looked = undefined;
    this.asking = false;
    this.problem = '';
  }

  protected watched() {
    return ['trees', 'status', 'points', 'runDocument', 'snapshots', 'view'] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    // Out of sight nothing is asked: the engine is left to train.
    this.#sight = new IntersectionObserver((entries) => {
      this.#near = entries.at(-1)?.isIntersecting ?? false;
      if (this.#near) this.#follow();
    });
    this.#sight.observe(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight?.disconnect();
    clearTimeout(this.#timer);
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    const { status } = this.state;
    if ((status?.runId ?? '') !== this.#runId) {
      this.#runId = status?.runId ?? '';
      this.#clear();
    }
    if (keys.has('view') && this.view) this.measure = this.#wishedMeasure(this.view) ?? this.measure;
    // A rest is a new chance for what failed meanwhile.
    if (keys.has('status') && !isMoving(status?.phase) && !this.asking) this.problem = '';
    this.#follow();
  }

  /** Keeps up with the weights of now: at once when training rests, and as often as it can be afforded meanwhile. */
  #follow() {
    clearTimeout(this.#timer);
    const { status, trees } = this.state;
    if (!status || trees.length === 0 || this.asking || this.problem !== '') return;
    const rests = !isMoving(status.phase);
    if (rests ? status.phase === 'idle' || status.phase === 'failed' : status.phase !== 'training') return;
    const { pass, step } = this.under;
    const wish = this.#wish;
    const wanted = wish.step ?? status.step;
    if (this.picked === wish.pair && this.view && pass === status.stage.id && step === wanted) return;
    if (!rests && !this.#near) return;
    const wait = rests ? 0 : this.#next - performance.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#follow(), wait);
    else void this.#ask(wish.pair, wish.step);
  }

  /** Steps of the pass whose weights are kept. */
  get #kept(): number[] {
    const { snapshots, status } = this.state;
    return snapshots.flatMap(({ stage, step }) => (stage === status?.stage.id ? [step] : []));
  }

  /** The pair and the step that the reader's address asks for. */
  get #wish() {
    const { view, trees, status } = this.state;
    return lookedAt(view, { pairs: trees.length, kept: this.#kept, now: status?.step ?? 0 }, 'view.');
  }

  #wishedMeasure(view: CreditView) {
    return wishedMeasure(this.state.view, measuresOf(view)).measure;
  }

  /** Asks at once, and puts what is looked at into the address. */
  #lookAt(pair: number, step: number | undefined) {
    void this.#ask(pair, step);
    this.app.editor.address.setView({
      pair: String(pair + 1),
      step: step === undefined ? '' : String(step),
    });
  }

  /** @param at the step on the way that is looked at; undefined for the weights of now */
  async #ask(index: number, at: number | undefined) {
    clearTimeout(this.#timer);
    const ticket = ++this.#ticket;
    this.picked = index;
    this.asking = true;
    const { status } = this.state;
    const under = { pass: status?.stage.id ?? '', step: at ?? status?.step ?? 0 };
    const asked = performance.now();
    try {
      const view = await this.app.connection.api.credit(index, undefined, at);
      if (ticket !== this.#ticket) return;
      this.problem = '';
      this.#take(withNetPush(view), under);
    } catch (error) {
      if (ticket !== this.#ticket) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
    const now = performance.now();
    this.#next = now + Math.max(restMs, (now - asked) / share);
    // Training may have gone on, or ended, meanwhile. What failed is not asked for again by itself.
    if (this.problem === '') this.#follow();
  }

  #take(view: CreditView, under: Under) {
    // The token that is looked at stays the same one, with its new numbers.
    const place = this.looked && this.view && placeOf(this.view, this.looked);
    this.looked =
      place && view.treeId === this.view?.treeId ? view.responses[place[0]]?.tokens[place[1]] : undefined;
    this.view = view;
    this.under = under;
    const wished = this.#wishedMeasure(view);
    if (!measuresOf(view).includes(this.measure)) this.measure = 'push';
    // The weights are what a pass that has them is about, and they are there from its first step.
    const tokens = view.responses.flatMap((r) => r.tokens);
    if (wished) this.measure = wished;
    else if (this.#measured !== under.pass && weighs(view)) this.measure = 'weight';
    // Without training yet, or without a reference, every reward is zero: the push says more.
    else if (this.measure === 'reward' && largest(tokens.map((t) => t.reward)) < 1e-6) this.measure = 'push';
    this.#measured = under.pass;
  }

  #readout() {
    const t = this.looked;
    const row = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`<div class="readout" data-testid="credit-readout">
      <p><strong class="readout-token">${t ? visible(t.text) : 'A token'}</strong> ${t ? nothing : html`<span>: point at one, or move to it with the arrow keys</span>`}</p>
      <dl class="legend">
        ${row('reward', t ? signed(t.reward, 4) : '–')} ${row('push', t ? signed(t.push, 4) : '–')}
        ${t?.startLogProb === undefined ? nothing : row('since the start', signed(t.policyLogProb - t.startLogProb, 3))}
        ${row('weight', number(t?.weight))} ${row('log p, policy', number(t?.policyLogProb))}
        ${row('log p, reference', number(t?.referenceLogProb))}
      </dl>
    </div>`;
  }

  #measures() {
    const offered: Measure[] = this.view ? measuresOf(this.view) : ['reward', 'push'];
    return html`<fieldset class="filter">
      <legend>Colour shows</legend>
      ${offered.map(
        (
          m,
        ) => html`<label><input type="radio" name="measure" data-testid="credit-measure-${m}" .checked=${this.measure === m}
          @change=${() => {
            this.measure = m;
            this.app.editor.address.setView({ measure: m });
          }} /> ${measureNames[m]}</label>`,
      )}
    </fieldset>`;
  }

  #shown(view: CreditView) {
    const tokens = view.responses.flatMap((r) => r.tokens);
    const scale = largest(tokens.map((t) => shade(t, this.measure)));
    const stepScale = largest(
      view.responses.flatMap((r) => r.steps.map((_, i) => stepCredit(r, i, this.measure))),
    );
    return html`<div class="credit ${this.asking ? 'is-asking' : ''}" data-testid="credit" aria-busy=${String(this.asking)}
      @look=${(e: CustomEvent<CreditToken>) => {
        this.looked = e.detail;
      }}>
      <p class="problem-text small">${view.prompt.trim()}</p>
      ${
        view.images
          ? html`<image-door shows="pair" .app=${this.app} .view=${view}></image-door>`
          : view.responses.map(
              (response) =>
                html`<credit-response .response=${response} measure=${this.measure} .scale=${scale} .stepScale=${stepScale}></credit-response>`,
            )
      }
      ${this.#method?.eats === 'turns' ? turnColumns(view) : nothing}
      ${searchTree(view.search)}
      ${this.#slider()}
      <p class="quiet credit-foot">Pair ${count(this.picked + 1)} under the weights of step ${count(this.under.step)}${this.#pass()}; its loss is ${number(view.loss)}.</p>
    </div>`;
  }

  /** Over the steps of the pass whose weights are kept. */
  #slider() {
    return html`<step-slider name="credit-step" .steps=${this.#kept} .at=${this.#wish.step} .now=${this.state.status?.step ?? 0} @scrub=${(
      event: CustomEvent<number | undefined>,
    ) => this.#lookAt(this.picked, event.detail ?? undefined)}></step-slider>`;
  }

  #pass() {
    const { status } = this.state;
    if (!status || status.stage.count < 2) return '';
    return this.under.pass === status.stage.id ? ` of “${status.stage.label}”` : ' of the pass before';
  }

  /** What the address asks for that this run has not. */
  #unmet() {
    if (!this.view) return nothing;
    const { measure } = this.state.view;
    const unmet = [
      ...this.#wish.unmet,
      ...wishedMeasure({ measure: measure ?? '' }, measuresOf(this.view)).unmet,
    ];
    return unmet.map(
      (text) => html`<p class="field-problem" role="status" data-testid="credit-unmet">${text}.</p>`,
    );
  }

  /** Of the run, else of the form. */
  get #method(): MethodInfo | undefined {
    const { runDocument, document } = this.state;
    return this.app.method((runDocument ?? document)?.method.id ?? '');
  }

  override render() {
    const { trees } = this.state;
    const method = this.#method;
    if (trees.length === 0) {
      return html`<p class="hint">The pairs appear here as they are made. Choose one to see, token by token and step by step, what the method credits and what it blames.</p>`;
    }
    return html`<div class="spread">
      <div class="text">
        <tree-list .trees=${trees} .picked=${this.picked} @pick=${(e: CustomEvent<number>) => this.#lookAt(e.detail, this.#wish.step)}></tree-list>
        ${this.#unmet()}
        <div role="alert" data-testid="credit-problem">${this.problem ? html`<p class="trouble">${withLabels(this.problem, fieldNames(this.state))}</p>` : nothing}</div>
        ${this.view ? this.#shown(this.view) : html`<p class="hint">${this.asking ? 'The engine is asked; while it trains, the answer comes between two steps.' : 'Choose a pair.'}</p>`}
      </div>
      <div class="note">
        ${this.view?.images ? html`<p>Reward so far: β times how much more the policy favours it than the reference does. Push: where the loss moves its score now.</p>` : this.#margin(method)}
      </div>
    </div>`;
  }

  #margin(method: MethodInfo | undefined) {
    const { view, measure } = this;
    const blame = view && (measure === 'push' || measure === 'net') ? blameWords(view) : '';
    return html`${this.#measures()}
        ${method ? html`<p data-testid="credit-explained">${explainCredit(method, this.measure, this.view)}</p>` : nothing}
        ${blame ? html`<p data-testid="credit-blame">${blame}</p>` : nothing}
        ${this.view ? this.#readout() : nothing}`;
  }
}

define('credit-panel', CreditPanel);
