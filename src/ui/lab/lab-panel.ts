import { html, nothing } from 'lit';
import type { LabCard, LabResult } from '../../lab/lab';
import { type ParamValue, paramProblem } from '../../methods/params';
import { AppElement, define } from '../element';
import { number } from '../format';
import { numberInput } from '../setup/number-input';
import { paramFields } from '../setup/param-fields';
import type { FieldProblem } from '../state';
import './lab.css';
import './lab-chart';
import './lab-triangle';

const restMs = 250;

const linesOf = (error: unknown): string[] =>
  (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean);

type Values = Record<string, ParamValue>;

const defaultsOf = ({ params }: LabCard): Values =>
  Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, spec.default]));

interface Shown {
  /** The parameters that it came from, as one text. */
  key: string;
  result: LabResult;
  seconds: number;
}

/**
 * The experiments of the lab. `at` is the one that is shown; another choice fires `lab-turn` with its id, and is shown unless
 * the event is prevented.
 */
export class LabPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    at: { type: String },
    labs: { state: true },
    values: { state: true },
    seed: { state: true },
    shown: { state: true },
    beside: { state: true },
    problems: { state: true },
    failure: { state: true },
    running: { state: true },
  };
  declare at: string;
  declare labs: readonly LabCard[];
  declare values: Values;
  declare seed: number;
  declare shown: Shown | undefined;
  /** The triangle's other method, and what it gives; '' for none. */
  declare beside: { method: string; shown: Shown | undefined };
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
    this.labs = [];
    this.values = {};
    this.seed = 1;
    this.shown = undefined;
    this.beside = { method: 'dpo', shown: undefined };
    this.problems = [];
    this.failure = [];
    this.running = false;
  }

  protected watched() {
    return ['connection', 'work'] as const;
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
    if (this.running) void this.app.connection.api.cancelLab();
  }

  async #ask() {
    if (this.#asked || this.state.connection !== 'ready') return;
    this.#asked = true;
    try {
      this.labs = await this.app.connection.api.labs();
    } catch (error) {
      this.#asked = false;
      this.failure = linesOf(error);
    }
  }

  get #lab(): LabCard | undefined {
    return this.labs.find(({ id }) => id === this.at) ?? this.labs[0];
  }

  protected override willUpdate() {
    const lab = this.#lab;
    if (!lab || lab.id === this.#known) return;
    this.#known = lab.id;
    this.values = defaultsOf(lab);
    this.problems = [];
    this.failure = [];
    this.shown = undefined;
    this.beside = { ...this.beside, shown: undefined };
    this.#soon(0);
  }

  #soon(wait = restMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  /** The result of one experiment; arrows of a triangle are computed only where they can have changed. */
  async #result(lab: LabCard, values: Values, before: Shown | undefined): Promise<Shown> {
    const began = performance.now();
    const { a: _a, b: _b, arrows: _arrows, ...field } = values;
    const key = JSON.stringify([
      lab.id,
      field,
      values['reference'] === 'start' ? [values['a'], values['b']] : 0,
    ]);
    const old = lab.id === 'table' && before?.key === key ? before.result.figures[0] : undefined;
    const result = await this.app.connection.api.runLab(
      lab.id,
      old ? { ...values, arrows: false } : values,
      this.seed,
    );
    const seconds = (performance.now() - began) / 1000;
    if (old?.kind !== 'triangle') return { key, result, seconds };
    const figures = result.figures.map((figure) => ({ ...figure, arrows: old.arrows }));
    return { key, result: { ...result, figures }, seconds };
  }

  async #run() {
    clearTimeout(this.#timer);
    const lab = this.#lab;
    if (!lab || this.problems.length > 0 || this.state.connection !== 'ready') return;
    const ticket = ++this.#ticket;
    this.running = true;
    try {
      const shown = await this.#result(lab, this.values, this.shown);
      if (ticket !== this.#ticket) return;
      this.shown = shown;
      this.failure = [];
      if (lab.id === 'table' && this.beside.method) {
        const { method } = this.beside;
        const other = await this.#result(lab, { ...this.values, method }, this.beside.shown);
        if (ticket !== this.#ticket) return;
        this.beside = { method, shown: other };
      }
    } catch (error) {
      if (ticket === this.#ticket) this.failure = linesOf(error);
    } finally {
      if (ticket === this.#ticket) this.running = false;
    }
  }

  #set(name: string, value: ParamValue) {
    const spec = this.#lab?.params[name];
    if (!spec) return;
    const field = `lab.${name}`;
    const problem = paramProblem(spec, value);
    const others = this.problems.filter((own) => own.field !== field);
    this.problems = problem ? [...others, { field, message: problem, value }] : others;
    this.values = { ...this.values, [name]: value };
    if (this.problems.length === 0) this.#soon();
  }

  #setSeed(value: number) {
    const others = this.problems.filter(({ field }) => field !== 'lab.seed');
    const fits = Number.isSafeInteger(value) && value >= 0;
    this.problems = fits
      ? others
      : [...others, { field: 'lab.seed', message: 'should be a whole number', value }];
    if (!fits) return;
    this.seed = value;
    this.#soon();
  }

  #turn(id: string) {
    const event = new CustomEvent<string>('lab-turn', { detail: id, bubbles: true, cancelable: true });
    if (this.dispatchEvent(event)) this.at = id;
  }

  #choice(lab: LabCard) {
    return html`<fieldset class="cards lab-choice"><legend class="visually-hidden">Experiment</legend>${this.labs.map(
      ({ id, name, summary }) => html`<label class="card">
        <input type="radio" name="lab" data-testid="lab-${id}" .checked=${id === lab.id} @change=${() => this.#turn(id)} />
        <span class="card-name">${name}</span><span class="card-summary">${summary}</span></label>`,
    )}</fieldset>`;
  }

  #beside(lab: LabCard) {
    const spec = lab.params['method'];
    if (lab.id !== 'table' || spec?.kind !== 'choice') return nothing;
    return html`<div class="field"><label for="field-lab-beside">beside it</label>
      <div class="field-inputs"><select id="field-lab-beside" data-testid="field-lab-beside" aria-describedby="field-lab-beside-help" @change=${(
        e: Event,
      ) => {
        this.beside = { method: (e.target as HTMLSelectElement).value, shown: undefined };
        this.#soon(0);
      }}>
        <option value="" .selected=${this.beside.method === ''}>nothing</option>
        ${Object.entries(spec.options).map(([id, name]) => html`<option value=${id} .selected=${id === this.beside.method}>${name}</option>`)}
      </select></div>
      <p class="field-help" id="field-lab-beside-help">Another loss from the same start.</p></div>`;
  }

  #form(lab: LabCard) {
    const { arrows: _arrows, ...specs } = lab.params;
    return html`<div class="fields parameters lab-fields">
      ${paramFields({ specs, values: this.values, path: 'lab', problems: this.problems, set: (path, value) => this.#set(path.slice('lab.'.length), value) })}
      ${this.#beside(lab)}
      ${numberInput({ path: 'lab.seed', label: 'seed', help: 'The same seed gives the same numbers.', min: 0, max: Number.MAX_SAFE_INTEGER, integer: true, value: this.seed, problems: this.problems, change: (value) => this.#setSeed(value) })}
    </div>`;
  }

  #figures(shown: Shown) {
    const start = [Number(this.values['a']), Number(this.values['b'])] as const;
    const all = [
      ...shown.result.figures,
      ...(this.beside.shown && this.#known === 'table' ? this.beside.shown.result.figures : []),
    ];
    return html`<div class="lab-figures ${all.length > 1 && all.every(({ kind }) => kind === 'triangle') ? 'are-beside' : ''} ${all.length > 4 ? 'are-many' : ''}">${all.map(
      (figure) =>
        figure.kind === 'triangle'
          ? html`<lab-triangle .triangle=${figure} .start=${[...start, 1 - start[0] - start[1]]}
            @start=${(e: CustomEvent<number[]>) => {
              const [a, b] = e.detail;
              this.values = { ...this.values, a: a!, b: b! };
              this.problems = this.problems.filter(({ field }) => field !== 'lab.a' && field !== 'lab.b');
              this.#soon(this.running ? restMs : 0);
            }}></lab-triangle>`
          : html`<lab-chart .chart=${figure}></lab-chart>`,
    )}</div>`;
  }

  #about(lab: LabCard) {
    const { shown } = this;
    const { work } = this.state;
    const { title, year, arxiv } = lab.paper;
    return html`<div role="status" data-testid="lab-says">${(shown?.result.says ?? []).map((sentence) => html`<p>${sentence}</p>`)}
        ${this.beside.shown && lab.id === 'table' ? this.beside.shown.result.says.map((sentence) => html`<p>${sentence}</p>`) : nothing}</div>
      ${
        this.running
          ? html`<p class="buttons"><button type="button" data-testid="lab-cancel" @click=${() => void this.app.connection.api.cancelLab()}>Cancel</button>
              <span class="hint">Computing${work && work.what === lab.id ? `, ${work.done} of ${work.total}` : ''}…</span></p>`
          : html`<p class="buttons"><button type="button" data-testid="lab-run" @click=${() => void this.#run()}>Again</button>${shown ? html`<span class="hint">${number(Number(shown.seconds.toPrecision(2)))} s</span>` : nothing}</p>`
      }
      ${shown ? html`<details class="numbers"><summary>The numbers as JSON</summary><pre class="sample-code" tabindex="0" data-testid="lab-numbers">${JSON.stringify(shown.result.numbers, null, 1)}</pre></details>` : nothing}
      <h3>${lab.name}</h3>
      <p><cite>${arxiv ? html`<a href="https://arxiv.org/abs/${arxiv}" rel="noreferrer" target="_blank">${title}</a>, ${year}` : title}</cite></p>
      ${lab.notes.map((note) => html`<p><em>Our reading.</em> ${note}</p>`)}
      <p>In the terminal: <code>npm run lab -- ${lab.id}</code></p>`;
  }

  override render() {
    const lab = this.#lab;
    if (!lab)
      return this.failure.length > 0
        ? html`<p class="field-problem" role="alert">${this.failure.join(' ')}</p>`
        : html`<p class="quiet" aria-busy="true">${this.state.connection === 'failed' ? 'The engine does not run; start it anew first.' : 'The experiments are being read…'}</p>`;
    return html`${this.#choice(lab)}
      <div class="spread lab-body" data-testid="lab" data-lab=${lab.id} aria-busy=${String(this.running)}>
        <div class="text">
          ${this.failure.length > 0 ? html`<ul class="lab-problems field-problem" role="alert" data-testid="lab-problems">${this.failure.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}
          ${this.shown ? this.#figures(this.shown) : nothing}
          ${this.#form(lab)}
        </div>
        <div class="note">${this.#about(lab)}</div>
      </div>`;
  }
}

define('lab-panel', LabPanel);
