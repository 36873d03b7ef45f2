import { html, nothing } from 'lit';
import type { CreditView } from '../../../workers/protocol';
import type { ParamValue } from '../../methods/params';
import { AppElement, define } from '../element';
import type { PlanePath } from '../live/loss-plane';
import {
  addAnswer,
  answersOfPair,
  answersOfQuestion,
  type ExtraField,
  type LabAnswers,
  mostAnswers,
  moveTo,
  type Spot,
} from './answers';
import { type Arm, extrasOf, readsSteps } from './arm';
import { armCard } from './arm-card';
import './loss.css';
import './loss-panel';
import { readAsked } from './asked';
import type { LossPanel } from './loss-panel';
import { lossRows } from './loss-rows';
import { lossStart } from './loss-start';
import { LossWork } from './loss-work';
import { methodAsked } from './method-asked';
import { pathOfPair } from './pair-path';
import type { QuestionId } from './shape-case';
import { tokenControls } from './token-controls';

const mostArms = 4;
const firstArms = ['dpo', 'ipo'];

const fieldNames: Record<'policy' | ExtraField, string> = {
  policy: 'log-probs, gained over the reference',
  stop: 'log p(EOS)',
  value: 'values of the states',
  kl: 'divergences',
  squares: 'sums of squares',
  valueEnd: 'values of the steps, at their first tokens',
};

/** Answers token by token as bars to be dragged, and what up to four methods make of them. */
export class LossLab extends AppElement {
  static override properties = {
    ...AppElement.properties,
    answers: { state: true },
    arms: { state: true },
    drawn: { state: true },
    field: { state: true },
    picked: { state: true },
    question: { state: true },
    paths: { state: true },
    copied: { state: true },
    problem: { state: true },
    notice: { state: true },
  };
  declare answers: LabAnswers;
  declare arms: readonly Arm[];
  /** The arm whose arrows stand on the bars. */
  declare drawn: number;
  declare field: 'policy' | ExtraField;
  declare picked: Spot;
  declare question: QuestionId | undefined;
  declare paths: readonly PlanePath[];
  declare copied: boolean;
  declare problem: string;
  /** What the address asked for in vain. */
  declare notice: string;
  readonly #work = new LossWork(this);
  #begun = false;

  constructor() {
    super();
    this.answers = answersOfQuestion('both-fall');
    this.question = 'both-fall';
    this.arms = firstArms.map((method) => ({ method, params: {} }));
    this.drawn = 0;
    this.field = 'policy';
    this.picked = { answer: 0, token: 0 };
    this.paths = [];
    this.copied = false;
    this.problem = '';
    this.notice = '';
  }

  protected watched() {
    return ['methods', 'connection', 'trees', 'status'] as const;
  }

  protected override changed() {
    this.#begin();
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#begin();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#work.end();
  }

  /** With the method of the form beside the first, once there is a catalogue. */
  #begin() {
    const { methods } = this.state;
    if (this.#begun || methods.length === 0) return;
    this.#begun = true;
    const { own: asked } = this.state.place;
    const compares = (id: string) => this.#methods.some((method) => method.id === id);
    const { question, methods: named, notices } = readAsked(asked, compares, mostArms);
    if (question) {
      this.question = question;
      this.answers = answersOfQuestion(question);
    }
    this.notice = notices.join(' ');
    const own = methodAsked(this.state) ?? '';
    // Step-DPO, with which a visit begins, has DPO's loss.
    const usual = [...firstArms, ...(asked['loss.method'] === own ? [] : ['step-dpo'])];
    const beside = compares(own) && !usual.includes(own) ? ['dpo', own] : [];
    const first = named.length > 0 ? named : beside;
    if (first.length > 0) this.arms = first.map((method) => ({ method, params: {} }));
    void this.#work.compute();
  }

  /** Methods whose loss sets answers of text apart, or labels them. */
  get #methods() {
    return this.state.methods.filter(({ eats }) => eats !== 'solutions' && !eats.startsWith('latent'));
  }

  /** The address opens the same question and methods again. */
  #mirror() {
    const methods = this.arms.map(({ method }) => method).join(',');
    this.app.editor.address.setOwn({ ask: this.question ?? '', methods });
  }

  #name(id: string) {
    return this.app.method(id)?.name ?? id;
  }

  #take(answers: LabAnswers, picked = this.picked) {
    this.answers = answers;
    const answer = Math.min(picked.answer, answers.answers.length - 1);
    this.picked = { answer, token: Math.min(picked.token, answers.answers[answer]!.tokens.length - 1) };
    this.copied = false;
    void this.#work.compute();
  }

  #edit(answers: LabAnswers, picked?: Spot) {
    if (this.question) {
      this.question = undefined;
      this.#mirror();
    }
    this.#take(answers, picked);
  }

  #ask(id: QuestionId) {
    this.question = id;
    this.paths = [];
    this.#mirror();
    this.#take(answersOfQuestion(id), { answer: 0, token: 0 });
  }

  #setArms(arms: readonly Arm[]) {
    this.arms = arms;
    this.drawn = Math.min(this.drawn, arms.length - 1);
    this.#mirror();
    void this.#work.compute();
  }

  #setArm(index: number, arm: Arm) {
    this.#setArms(this.arms.map((own, i) => (i === index ? arm : own)));
  }

  /** A pair of the open run, with the way it has gone. */
  async #takePair(index: number) {
    let view: CreditView;
    try {
      view = await this.app.connection.api.credit(index);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      return;
    }
    const answers = answersOfPair(view);
    if (!answers) {
      this.problem = 'This run compares no answers, so it has no pair.';
      return;
    }
    this.question = undefined;
    const path = pathOfPair(this.state.probes, index, view);
    this.paths = path ? [path] : [];
    this.#take(answers, { answer: 0, token: 0 });
  }

  /** The case of the arm whose arrows are shown, as text. */
  async #copy() {
    const { given } = this.arms[this.drawn] ?? {};
    if (!given) return;
    const text = JSON.stringify(given, null, 2);
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
    } catch {
      await this.#openBelow(); // where a page may not write to the clipboard, it lies there to be copied
    }
  }

  async #openBelow() {
    const { given } = this.arms[this.drawn] ?? {};
    const fold = this.querySelector<HTMLDetailsElement>('.loss-below')!;
    fold.open = true;
    await this.updateComplete;
    if (given) await this.querySelector<LossPanel>('loss-panel')!.take(given);
    fold.scrollIntoView({ block: 'nearest' });
  }

  /** What the bars can be. */
  get #known() {
    return ['policy', ...new Set(this.arms.flatMap(extrasOf))] as const;
  }

  protected override willUpdate() {
    if (!this.#known.includes(this.field)) this.field = 'policy';
  }

  #fields() {
    const fields = this.#known;
    if (fields.length < 2) return nothing;
    return html`<fieldset class="filter"><legend>The bars are</legend>${fields.map(
      (field) =>
        html`<label><input type="radio" name="loss-bars" data-testid="loss-bars-${field}" .checked=${this.field === field} @change=${() => {
          this.field = field;
        }} /> ${fieldNames[field]}</label>`,
    )}</fieldset>`;
  }

  #setParam(index: number, name: string, value: ParamValue) {
    const arm = this.arms[index]!;
    this.#setArm(index, { ...arm, params: { ...arm.params, [name]: value } });
  }

  #cards() {
    const { arms, answers, paths } = this;
    return html`<div class="loss-arms are-${arms.length}">${arms.map((arm, index) =>
      armCard({
        arm,
        index,
        methods: this.#methods,
        answers,
        paths,
        drawn: index === this.drawn,
        several: arms.length > 1,
        choose: (method) => this.#setArm(index, { method, params: {} }),
        draw: () => {
          this.drawn = index;
        },
        setParam: (name, value) => this.#setParam(index, name, value),
        remove: () => this.#setArms(arms.filter((_, i) => i !== index)),
        moved: (chosen, rejected) => this.#edit(moveTo(moveTo(this.answers, 0, chosen), 1, rejected)),
      }),
    )}</div>
    ${
      arms.length < mostArms
        ? html`<p class="buttons"><button type="button" data-testid="loss-arm-add" @click=${() => {
            const next = this.#methods.find(({ id }) => !arms.some(({ method }) => method === id));
            if (next) this.#setArms([...arms, { method: next.id, params: {} }]);
          }}>Put another method beside it</button></p>`
        : nothing
    }`;
  }

  override render() {
    if (this.state.methods.length === 0)
      return html`<p class="quiet" aria-busy="true">${this.state.connection === 'failed' ? 'The engine does not run; start it anew first.' : 'The methods are being read…'}</p>`;
    const { answers, arms } = this;
    return html`<div class="loss-lab" data-testid="loss-lab">
      ${lossStart({ question: this.question, pairs: this.state.trees.length, ask: (id) => this.#ask(id), takePair: (at) => void this.#takePair(at) })}
      ${this.notice ? html`<p class="hint" role="status">${this.notice}</p>` : nothing}
      ${this.problem ? html`<p class="field-problem" role="alert">${this.problem}</p>` : nothing}
      <div class="spread">
        <div class="text">
          ${this.#fields()}
          ${lossRows(this.app, this, {
            edit: (next) => this.#edit(next),
            look: (spot) => {
              this.picked = spot;
            },
          })}
          ${tokenControls(answers, this.picked, this.field, { steps: arms.some(readsSteps), change: (next, at) => this.#edit(next, at) })}
          <p class="buttons">
            ${answers.answers.length < mostAnswers ? html`<button type="button" class="quiet-button" data-testid="loss-add-answer" @click=${() => this.#edit(addAnswer(answers))}>Add an answer</button>` : nothing}
            <button type="button" class="quiet-button" data-testid="loss-copy-case" @click=${() => void this.#copy()}>${this.copied ? 'Copied' : 'Copy as a loss case'}</button>
            <button type="button" class="quiet-button" data-testid="loss-open-case" @click=${() => void this.#openBelow()}>Open it as text below</button>
          </p>
        </div>
        <div class="note">
          <p>A bar is what a token gained over the reference, in nats: drag it, or point at it with the keyboard and press up or down (0.1, with Shift 1).</p>
          <p>An arrow is where a training step would push the number: up and blue, or down and orange; a longer one harder${answers.shared > 0 ? ', on shared tokens (framed) both answers’ pushes together' : ''}. They are those of ${this.#name(arms[this.drawn]!.method)}.</p>
          <p>All of it is computed by the objectives that train, as <code>npm run loss</code> does.</p>
        </div>
      </div>
      ${this.#cards()}
      <details class="loss-below"><summary>As text: any loss case, pasted or from a file</summary><loss-panel .app=${this.app}></loss-panel></details>
    </div>`;
  }
}

define('loss-lab', LossLab);
