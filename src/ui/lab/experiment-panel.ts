import { html, nothing, type TemplateResult } from 'lit';
import type { LabCard, LabFigure, LabResult } from '../../lab/lab';
import { type ParamSpecs, type ParamValue, paramProblem } from '../../methods/params';
import { nearest } from '../../util/nearest';
import { AppElement } from '../element';
import { number } from '../format';
import { problemList } from '../problem-list';
import { numberInput } from '../setup/number-input';
import { paramFields } from '../setup/param-fields';
import type { FieldProblem } from '../state';
import './lab.css';
import { labFigure } from './lab-figure';

const restMs = 250;

const linesOf = (error: unknown): string[] =>
  (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean);

export type Values = Record<string, ParamValue>;

/** What was computed, and how long it took. */
export interface Shown {
  result: LabResult;
  seconds: number;
}

/**
 * Experiments to choose from, each with a form of its parameters, its figures, and what they say. `at` is the one that is shown; another
 * choice fires `lab-turn` with its id, and is shown unless the event is prevented.
 */
export abstract class ExperimentPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    at: { type: String },
    cards: { state: true },
    values: { state: true },
    seed: { state: true },
    shown: { state: true },
    problems: { state: true },
    failure: { state: true },
    running: { state: true },
  };
  declare at: string;
  declare cards: readonly LabCard[];
  declare values: Values;
  declare seed: number;
  declare shown: Shown | undefined;
  declare problems: readonly FieldProblem[];
  declare failure: readonly string[];
  declare running: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticket = 0;
  #asked = false;
  #known = '';

  constructor() {
    super();
    this.at = '';
    this.cards = [];
    this.values = {};
    this.seed = 1;
    this.shown = undefined;
    this.problems = [];
    this.failure = [];
    this.running = false;
  }

  /** What is in a test id and a field's path: `lab` of `lab-table` and `field-lab-beta`. */
  protected abstract readonly scope: string;
  /** What there is to choose from; asked once the engine runs. */
  protected abstract list(): Promise<readonly LabCard[]>;
  /** Runs one. */
  protected abstract compute(card: LabCard, values: Values, seed: number): Promise<LabResult>;
  protected abstract cancel(): Promise<void>;
  /** Whether it runs by itself, when it is turned to and whenever a parameter changes. */
  protected abstract runsByItself(card: LabCard): boolean;
  /** The button that runs it. */
  protected abstract verb(card: LabCard): string;
  /** What to type in a terminal; empty where nothing fits. */
  protected abstract command(card: LabCard): string;
  /** Parameters that have no field. */
  protected withoutField(_card: LabCard): readonly string[] {
    return [];
  }
  /** Further fields, between the parameters and the seed. */
  protected fields(_card: LabCard): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Said above the figures. */
  protected lead(_card: LabCard): TemplateResult | typeof nothing {
    return nothing;
  }
  protected figure(figure: LabFigure): TemplateResult {
    return labFigure(figure);
  }
  /** Called when another one is turned to. */
  protected turned(): void {}

  protected watched() {
    return ['connection', 'work', 'status', 'runDocument'] as const;
  }

  protected override changed() {
    void this.#ask();
  }

  override firstUpdated() {
    void this.#ask();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    if (this.running) void this.cancel();
  }

  async #ask() {
    if (this.#asked || this.state.connection !== 'ready') return;
    this.#asked = true;
    try {
      this.cards = await this.list();
    } catch (error) {
      this.#asked = false;
      this.failure = linesOf(error);
    }
  }

  get #card(): LabCard | undefined {
    return this.cards.find(({ id }) => id === this.at) ?? this.cards[0];
  }

  protected override willUpdate() {
    const card = this.#card;
    if (!card || card.id === this.#known) return;
    if (this.running) void this.cancel();
    this.#ticket++;
    this.running = false;
    this.#known = card.id;
    this.values = Object.fromEntries(Object.entries(card.params).map(([name, spec]) => [name, spec.default]));
    this.problems = [];
    this.failure = [];
    this.shown = undefined;
    this.turned();
    clearTimeout(this.#timer);
    if (this.runsByItself(card)) this.soon(0);
  }

  /** Runs it after a rest, with what the form says then. */
  protected soon(wait = restMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  /** As soon as can be: at once, or after a rest where one is under way. */
  protected hurry() {
    this.soon(this.running ? restMs : 0);
  }

  async #run() {
    clearTimeout(this.#timer);
    const card = this.#card;
    if (!card || this.problems.length > 0 || this.state.connection !== 'ready') return;
    const ticket = ++this.#ticket;
    this.running = true;
    const began = performance.now();
    try {
      const result = await this.compute(card, this.values, this.seed);
      if (ticket !== this.#ticket) return;
      this.shown = { result, seconds: (performance.now() - began) / 1000 };
      this.failure = [];
    } catch (error) {
      if (ticket === this.#ticket) this.failure = linesOf(error);
    } finally {
      if (ticket === this.#ticket) this.running = false;
    }
  }

  #problem(name: string, message: string | undefined, value: unknown) {
    const field = `${this.scope}.${name}`;
    const others = this.problems.filter((own) => own.field !== field);
    this.problems = message ? [...others, { field, message, value }] : others;
  }

  /** Takes values as the form's; refused ones stay to be corrected. */
  protected set(values: Values) {
    const card = this.#card;
    for (const [name, value] of Object.entries(values)) {
      const spec = card?.params[name];
      if (spec) this.#problem(name, paramProblem(spec, value), value);
    }
    this.values = { ...this.values, ...values };
  }

  #edit(values: Values) {
    this.set(values);
    const card = this.#card;
    if (card && this.problems.length === 0 && this.runsByItself(card)) this.soon();
  }

  #setSeed(value: number) {
    const fits = Number.isSafeInteger(value) && value >= 0;
    this.#problem('seed', fits ? undefined : 'should be a whole number', value);
    if (!fits) return;
    this.seed = value;
    this.#edit({});
  }

  #turn(id: string) {
    const event = new CustomEvent<string>('lab-turn', { detail: id, bubbles: true, cancelable: true });
    if (this.dispatchEvent(event)) this.at = id;
  }

  #choice(card: LabCard) {
    return html`<fieldset class="cards lab-choice"><legend class="visually-hidden">Which</legend>${this.cards.map(
      ({ id, name, summary }) => html`<label class="card">
        <input type="radio" name=${this.scope} data-testid="${this.scope}-${id}" .checked=${id === card.id} @change=${() => this.#turn(id)} />
        <span class="card-name">${name}</span><span class="card-summary">${summary}</span></label>`,
    )}</fieldset>`;
  }

  #form(card: LabCard) {
    const hidden = this.withoutField(card);
    const specs: ParamSpecs = Object.fromEntries(
      Object.entries(card.params).filter(([name]) => !hidden.includes(name)),
    );
    const { scope, problems } = this;
    return html`<div class="fields parameters lab-fields">
      ${paramFields({ specs, values: this.values, path: scope, problems, paper: card.paper.arxiv !== undefined, set: (path, value) => this.#edit({ [path.slice(scope.length + 1)]: value }) })}
      ${this.fields(card)}
      ${numberInput({ path: `${scope}.seed`, label: 'seed', help: 'The same seed gives the same numbers.', min: 0, max: Number.MAX_SAFE_INTEGER, integer: true, value: this.seed, problems, change: (value) => this.#setSeed(value) })}
    </div>`;
  }

  #figures({ result: { figures } }: Shown) {
    const triangles = figures.length > 1 && figures.every(({ kind }) => kind === 'triangle');
    return html`<div class="lab-figures ${triangles ? 'are-beside' : ''} ${figures.length > 4 ? 'are-many' : ''}">${figures.map((figure) => this.figure(figure))}</div>`;
  }

  #button(card: LabCard) {
    const { shown, scope } = this;
    const { work } = this.state;
    if (this.running)
      return html`<p class="buttons"><button type="button" data-testid="${scope}-cancel" @click=${() => void this.cancel()}>Cancel</button>
        <span class="hint" role="status">Computing${work ? `: ${work.what === card.id ? '' : `${work.what}, `}${work.done} of ${work.total}` : ''}…</span></p>`;
    return html`<p class="buttons"><button type="button" class=${shown ? '' : 'primary'} data-testid="${scope}-run" @click=${() => void this.#run()}>${shown ? 'Again' : this.verb(card)}</button>${shown ? html`<span class="hint">${number(Number(shown.seconds.toPrecision(2)))} s</span>` : nothing}</p>`;
  }

  #about(card: LabCard) {
    const { shown, scope } = this;
    const { title, year, arxiv } = card.paper;
    const command = this.command(card);
    return html`<div role="status" data-testid="${scope}-says">${(shown?.result.says ?? []).map((sentence) => html`<p>${sentence}</p>`)}</div>
      ${this.#button(card)}
      ${shown ? html`<details class="numbers"><summary>The numbers as JSON</summary><pre class="sample-code" tabindex="0" data-testid="${scope}-numbers">${JSON.stringify(shown.result.numbers, null, 1)}</pre></details>` : nothing}
      <h3>${card.name}</h3>
      <p><cite>${arxiv ? html`<a href="https://arxiv.org/abs/${arxiv}" rel="noreferrer" target="_blank">${title}</a>, ${year}` : title}</cite></p>
      ${card.notes.map((note) => html`<p><em>Our reading.</em> ${note}</p>`)}
      ${command ? html`<p>In the terminal: <code>${command}</code></p>` : nothing}`;
  }

  /** What was asked for by a name that there is not. */
  #unknown({ id, name }: LabCard) {
    if (!this.at || this.at === id) return nothing;
    const near = nearest(
      this.at,
      this.cards.map((card) => card.id),
    );
    return html`<p class="field-problem" role="alert" data-testid="${this.scope}-unknown">There is no “${this.at.slice(0, 60)}” in the lab; this is “${name}”.
      ${near ? html`<button type="button" class="link-button" @click=${() => this.#turn(near)}>Did you mean “${this.cards.find((card) => card.id === near)!.name}”?</button>` : nothing}</p>`;
  }

  override render() {
    const card = this.#card;
    if (!card)
      return this.failure.length > 0
        ? html`<p class="field-problem" role="alert">${this.failure.join(' ')}</p>`
        : html`<p class="quiet" aria-busy="true">${this.state.connection === 'failed' ? 'The engine does not run; start it anew first.' : 'What there is is being read…'}</p>`;
    const { scope, failure, shown } = this;
    return html`${this.#unknown(card)}${this.#choice(card)}
      <div class="spread lab-body" data-testid=${scope} data-lab=${card.id} aria-busy=${String(this.running)}>
        <div class="text">
          ${this.lead(card)}
          ${problemList(`${scope}-problems`, failure)}
          ${shown ? this.#figures(shown) : nothing}
          ${this.#form(card)}
        </div>
        <div class="note">${this.#about(card)}</div>
      </div>`;
  }
}
