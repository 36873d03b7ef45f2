import { html, LitElement, nothing } from 'lit';
import type { Answer } from '../../../workers/protocol';
import type { StepVerdict } from '../../tasks/task';
import { define } from '../element';
import { cross, tick } from '../icons';
import { prefersStill } from '../theme';

const perCharacter = 34; // ms; a five-line answer takes under two seconds

/**
 * One answer, line by line, with the verifier's verdict on each line in the margin. With `typed` it is written out
 * character by character; fires `written` when it stands there whole.
 */
export class AnswerSheet extends LitElement {
  static override properties = {
    answer: { attribute: false },
    heading: {},
    typed: { type: Boolean },
    shown: { state: true },
  };
  declare answer: Answer | undefined;
  declare heading: string;
  declare typed: boolean;
  declare shown: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #from = '';

  constructor() {
    super();
    this.heading = '';
    this.typed = false;
    this.shown = 0;
  }

  protected override createRenderRoot() {
    return this;
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override willUpdate(changed: Map<string, unknown>) {
    if (!changed.has('answer') || !this.answer) return;
    // The same text again (asked for after a step that changed nothing here) is not typed again.
    const now = `${this.answer.problem.id} ${this.answer.text}`;
    if (now === this.#from) return;
    this.#from = now;
    clearInterval(this.#timer);
    const length = this.answer.text.length;
    if (!this.typed || prefersStill()) {
      this.shown = length;
      queueMicrotask(() => this.dispatchEvent(new Event('written')));
      return;
    }
    this.shown = 0;
    this.#timer = setInterval(() => {
      this.shown++;
      if (this.shown < length) return;
      clearInterval(this.#timer);
      this.dispatchEvent(new Event('written'));
    }, perCharacter);
  }

  #line(step: StepVerdict) {
    if (step.start >= this.shown && step.end > step.start) return nothing;
    const written = this.shown >= step.end;
    const text = this.answer!.text.slice(step.start, Math.min(step.end, this.shown)).replace(/\n$/, '');
    if (step.given) {
      return html`<li class="line is-given">
        <span class="line-text"><span class="visually-hidden">The environment says: </span>${text}</span>
        ${step.correct ? nothing : html`<span class="line-note">${cross()}<span>${step.reason}</span></span>`}
      </li>`;
    }
    return html`<li class="line ${written ? (step.correct ? 'is-right' : 'is-wrong') : 'is-writing'}">
      <span class="line-text">${text}${written ? nothing : html`<span class="caret" aria-hidden="true"></span>`}</span>
      ${
        written
          ? html`<span class="line-note">
              ${step.correct ? tick() : cross()}
              <span>${step.correct ? 'right' : html`wrong: ${step.reason}`}</span>
            </span>`
          : nothing
      }
    </li>`;
  }

  override render() {
    const { answer } = this;
    const whole = answer !== undefined && this.shown >= answer.text.length;
    const missing =
      whole && !answer.verdict.correct && answer.verdict.firstWrongStep >= answer.verdict.steps.length;
    return html`
      <h3 class="sheet-title">${this.heading}</h3>
      <ol class="lines" aria-busy=${String(!whole)}>
        ${answer?.verdict.steps.map((step) => this.#line(step))}
        ${
          missing
            ? html`<li class="line is-wrong">
                <span class="line-text empty">nothing</span>
                <span class="line-note">${cross()}<span>wrong: it ends without the right answer</span></span>
              </li>`
            : nothing
        }
        ${answer ? nothing : html`<li class="line is-writing"><span class="line-text empty">…</span></li>`}
      </ol>
      <p class="sheet-verdict" data-testid="verdict">
        ${
          whole
            ? answer.verdict.correct
              ? html`<span class="stamp right">${tick()} Solved</span>`
              : html`<span class="stamp wrong">${cross()} Not solved</span> ${answer.problem.wanted ?? `the answer is ${answer.problem.answer}`}`
            : html`&nbsp;`
        }
      </p>
    `;
  }
}

define('answer-sheet', AnswerSheet);
