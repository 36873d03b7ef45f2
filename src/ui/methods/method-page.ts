import { html, nothing } from 'lit';
import type { CreditView } from '../../../workers/protocol';
import { axes } from '../../methods/method';
import { defaultParams } from '../../methods/params';
import { pathOfSymbol, symbolsOf } from '../../methods/symbols';
import type { LossCase } from '../../train/loss-case/case';
import type { MethodInfo } from '../../train/method-info';
import { nearest } from '../../util/nearest';
import { AppElement, define } from '../element';
import { count, fieldValue } from '../format';
import { play } from '../icons';
import { pageLink } from '../page-link';
import { isMoving, type State } from '../state';
import { besideOf } from './beside';
import './live-formula';
import { lookedAt } from '../looked-at';
import { methodCode } from './method-code';
import { methodMargin } from './method-margin';
import { methodPair } from './method-pair';
import { methodSettings } from './method-settings';
import { caseOfCredit, firstPair, numberAt, type PairNumbers, pairNumbers } from './pair-numbers';
import { sourceText } from './source-text';
import { studyLines } from './study-line';

/** One method: its sentence, its formula on a pair, its own file, where it departs from its paper, its settings. */
export class MethodPage extends AppElement {
  static override properties = {
    ...AppElement.properties,
    method: {},
    numbers: { state: true },
    from: { state: true },
    view: { state: true },
    lit: { state: true },
    text: { state: true },
    whole: { state: true },
    taken: { state: true },
    problem: { state: true },
  };
  /** Id of the method. */
  declare method: string;
  declare numbers: PairNumbers | undefined;
  /** Where the pair's numbers come from. */
  declare from: 'run' | 'example' | undefined;
  declare view: CreditView | undefined;
  /** The symbol that is pointed at. */
  declare lit: string;
  declare text: string;
  declare whole: boolean;
  /** The settings that were taken up here last. */
  declare taken: string;
  declare problem: string;
  #asked = '';
  #ticket = 0;

  constructor() {
    super();
    this.method = '';
    this.#clear();
  }

  #clear() {
    this.numbers = undefined;
    this.from = undefined;
    this.view = undefined;
    this.lit = '';
    this.text = '';
    this.whole = false;
    this.taken = '';
    this.problem = '';
  }

  protected watched() {
    return [
      'methods',
      'place',
      'connection',
      'status',
      'trees',
      'runDocument',
      'document',
      'view',
      'snapshots',
    ] as const;
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    void this.#follow();
  }

  protected override updated(changed: Map<string, unknown>) {
    if (!changed.has('method')) return;
    this.#clear();
    this.#asked = '';
    void this.#read();
    void this.#follow();
  }

  /** Steps of the pass whose weights are kept. */
  get #kept(): number[] {
    const { snapshots, status } = this.state;
    return snapshots.flatMap(({ stage, step }) => (stage === status?.stage.id ? [step] : []));
  }

  /** The pair and the step that the address asks for. */
  get #looked() {
    const { place, trees, status } = this.state;
    return lookedAt(place.own, { pairs: trees.length, kept: this.#kept, now: status?.step ?? 0 });
  }

  get #info(): MethodInfo | undefined {
    return this.app.method(this.method);
  }

  /** The run that is open is one of this method's, and has pairs to show. */
  get #own(): boolean {
    const { status, runDocument, trees } = this.state;
    return (
      status !== undefined &&
      status.phase !== 'failed' &&
      runDocument?.method.id === this.method &&
      trees.length > 0 &&
      (!isMoving(status.phase) || status.phase === 'training')
    );
  }

  async #read() {
    const info = this.#info;
    if (!info || this.text) return;
    try {
      this.text = await sourceText(info);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  /** A pair of the open run where it is this method's; else a small one that is made up. */
  async #follow() {
    const info = this.#info;
    const { connection, status } = this.state;
    if (!info || connection !== 'ready') return;
    if (!this.text) void this.#read();
    const own = this.#own;
    // While it trains, the pair is looked at now and then.
    const at = own
      ? `${status!.runId} ${status!.stage.id} ${this.#looked.step ?? ''} ${isMoving(status!.phase) ? Math.floor(status!.step / 10) : status!.step}`
      : 'example';
    const asked = `${this.method} ${at} ${own ? this.#looked.pair : 0}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    const ticket = ++this.#ticket;
    try {
      const { api } = this.app.connection;
      if (own) {
        const view = await api.credit(this.#looked.pair, undefined, this.#looked.step);
        if (ticket !== this.#ticket) return;
        this.problem = '';
        this.view = view;
        const { params } = this.state.runDocument!.method;
        const given = caseOfCredit(view, params, info.needs.reference);
        this.numbers = given && pairNumbers(given, params, view.loss);
        this.from = 'run';
        return;
      }
      const given: LossCase = firstPair(await api.exampleCase(this.method));
      const { loss } = await api.computeLoss(given);
      if (ticket !== this.#ticket) return;
      this.view = undefined;
      this.numbers = pairNumbers(given, { ...defaultParams(info), ...given.params }, loss);
      this.from = 'example';
    } catch (error) {
      if (ticket === this.#ticket) this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #pick(by: number) {
    const { length } = this.state.trees;
    this.app.editor.address.setOwn({ pair: String(((this.#looked.pair + by + length) % length) + 1) });
  }

  #train() {
    const { app } = this;
    app.editor.chooseMethod(this.method);
    void app.control.train();
  }

  /** To a comparison with the method that its family begins with; in its own world, where it does not train in the chosen one. */
  #beside(info: MethodInfo) {
    const { document, methods } = this.state;
    const beside = besideOf(info, document, methods);
    if (!beside) return nothing;
    const { root, own, run } = beside;
    const text = `Beside ${this.app.method(root)?.name ?? root}, same seed`;
    const link =
      Object.keys(run).length === 0
        ? pageLink(this.app, { path: ['compare'], own }, text, false, 'method-beside')
        : html`<a href="#/compare?${new URLSearchParams({ ...own, ...run })}" data-testid="method-beside">${text}</a>`;
    return html`<span class="button-link">${link}</span>`;
  }

  #actions(info: MethodInfo) {
    const { status } = this.state;
    const busy = isMoving(status?.phase);
    return html`<p class="buttons">
      <button type="button" class="primary" data-testid="method-train" aria-disabled=${String(busy)} @click=${() => !busy && this.#train()}>${play()} Train it here</button>
      ${this.#beside(info)}
      <span class="button-link">${pageLink(this.app, { path: ['lab', 'loss'], own: { 'loss.method': info.id } }, 'In the loss lab', false, 'method-loss-lab')}</span>
    </p>`;
  }

  #pair() {
    const { view } = this;
    if (this.from !== 'run' || !view) return nothing;
    const { address } = this.app.editor;
    return methodPair(this.app, {
      ...{ view, ...this.#looked, kept: this.#kept },
      pairs: this.state.trees.length,
      now: this.state.status?.step ?? 0,
      pick: (by) => this.#pick(by),
      scrub: (step) => address.setOwn({ step: step === undefined ? '' : String(step) }),
    });
  }

  #formula(info: MethodInfo) {
    const { numbers } = this;
    const symbols = symbolsOf(info).map((symbol) => {
      const path = pathOfSymbol(symbol, numbers?.params ?? defaultParams(info));
      return { ...symbol, shown: numbers && path ? numberAt(path, numbers) : undefined };
    });
    const known = numbers ? symbols.filter(({ shown }) => shown !== undefined) : [];
    return html`<h2>The loss${known.length > 0 ? ', with a pair’s numbers' : ''}</h2>
      <live-formula tex=${info.tex} .symbols=${known} .lit=${this.lit} @look=${(
        event: CustomEvent<string>,
      ) => {
        this.lit = event.detail;
      }}></live-formula>
      ${
        known.length > 0
          ? html`<p class="quiet">Point at a symbol, or go through the rows with Tab and the arrows: its number, its place in the formula and in the code light up together.</p>
            <p class="quiet" data-testid="method-pair-from">${this.from === 'run' ? `Pair ${count(this.#looked.pair + 1)} of the open run.` : 'A small made-up pair, at the default settings; once a run of this method is open, a pair of its own stands here.'}</p>`
          : nothing
      }`;
  }

  #code(info: MethodInfo) {
    const { text, whole, lit, problem } = this;
    if (!text) return problem ? html`<p class="field-problem" role="alert">${problem}</p>` : nothing;
    return methodCode(info, {
      ...{ text, whole, lit },
      look: (symbol) => {
        this.lit = symbol;
      },
      open: (all) => {
        this.whole = all;
      },
    });
  }

  override render() {
    const { methods } = this.state;
    const info = this.#info;
    if (!info) {
      const near = nearest(
        this.method,
        methods.map(({ id }) => id),
      );
      return html`<h1 class="page-title" tabindex="-1" data-testid="no-page">There is no method “${this.method.slice(0, 60)}”</h1>
        <p>${near ? html`Did you mean ${pageLink(this.app, { path: ['methods', near] }, this.app.method(near)!.name)}? ` : nothing}${pageLink(this.app, { path: ['methods'] }, 'All methods')}.</p>`;
    }
    const kin = info.kin && methods.find((m) => m.id === info.kin!.id);
    const source = info.sources[0];
    return html`<div class="spread"><div class="text method-text">
        <p class="crumb">${pageLink(this.app, { path: ['methods'] }, 'Methods')}${kin ? html` · ${pageLink(this.app, { path: ['methods', kin.id] }, kin.name)}, but ${info.kin!.change}` : nothing}</p>
        <h1 class="page-title" tabindex="-1" data-testid="page-title">${info.name} <span class="page-year">${info.paper.year}</span></h1>
        <p class="page-lede">${info.summary}</p>
        ${this.#actions(info)}
        ${this.#pair()}
        ${this.#formula(info)}
        ${this.#code(info)}
        ${studyLines(this.app, info.id)}
        ${
          info.notes.length > 0
            ? html`<details class="departures"><summary><h2>Where we depart from the paper</h2> <span class="quiet">${count(info.notes.length)}</span></summary><ul>${info.notes.map((note) => html`<li>${note}</li>`)}</ul></details>`
            : nothing
        }
        ${methodSettings(info, this.taken, (id) => {
          this.app.editor.chooseMethod(info.id);
          this.app.editor.choosePreset(id);
          this.taken = id;
        })}
        ${source ? html`<h2>Its data</h2><p>${source.name}. ${source.summary}</p>` : nothing}
      </div>
      <div class="note">${methodMargin(this.app, info, methods)}${info.kin ? html`<p>${axes[info.kin.axis].note}</p>` : nothing}
        <p class="quiet">${fieldValue(info.passes.length)} ${info.passes.length === 1 ? 'pass' : 'passes'}: ${info.passes.map(({ label }) => label).join(', ')}.</p></div>
    </div>`;
  }
}

define('method-page', MethodPage);
