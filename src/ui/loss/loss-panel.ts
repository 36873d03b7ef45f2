import { html, nothing } from 'lit';
import type { GivenFile } from '../../../workers/protocol';
import type { LossCase } from '../../train/loss-case/case';
import { jsonErrorLine } from '../../util/json-place.mjs';
import { filesOfInput } from '../bring/given-files';
import { AppElement, define } from '../element';
import { calculator } from '../lab/calculator';
import { problemList } from '../problem-list';
import { type Answer, lossAbout } from './loss-about';
import { methodAsked } from './method-asked';
import './loss.css';
import { lossMenu } from './loss-menu';
import type { Move } from './loss-response';
import './loss-response';
import { caseOfPair, caseOfQuestion, moved, type QuestionId, questions } from './shape-case';
import { type Field, fieldsOf, firstOf, type ShownNumber, shownResponses } from './shown-case';

const firstMethod = 'dpo';
const restMs = 500;
/** Numbers that are drawn; the rest are in the answer. */
const mostShown = 2000;
/** A larger text would hold up the page. */
const mostBytes = 8_000_000;

const linesOf = (error: unknown): string[] =>
  (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean);

/** Numbers of one step on one line, the rest indented: a case as people would write it. */
const written = (given: LossCase): string =>
  JSON.stringify(given, null, 2).replace(
    /\[\s+([-\d.,\se]+?)\s+\]/g,
    (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`,
  );

/** A loss case as a text, and what the method's own objective makes of it. */
export class LossPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    method: { state: true },
    answer: { state: true },
    stale: { state: true },
    problems: { state: true },
    field: { state: true },
    looked: { state: true },
    question: { state: true },
    copied: { state: true },
  };
  declare method: string;
  declare answer: Answer | undefined;
  /** The text is another than the answer's. */
  declare stale: boolean;
  declare problems: readonly string[];
  declare field: Field;
  declare looked: ShownNumber | undefined;
  declare question: QuestionId | undefined;
  declare copied: boolean;
  #ticket = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The example that the text still is, word for word. */
  #example = '';
  #begun = false;
  /** There was no engine to ask. */
  #waits = false;

  constructor() {
    super();
    this.method = firstMethod;
    this.answer = undefined;
    this.stale = false;
    this.problems = [];
    this.field = 'policy';
    this.looked = undefined;
    this.question = undefined;
    this.copied = false;
  }

  protected watched() {
    return ['methods', 'connection', 'status', 'trees'] as const;
  }

  protected override changed() {
    this.#begin();
    if (!this.#waits || this.state.connection !== 'ready') return;
    this.#waits = false;
    void this.#compute();
  }

  override firstUpdated() {
    this.#begin();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  /** Once the engine runs: the example, or what was given meanwhile. */
  #begin() {
    if (this.#begun || this.state.connection !== 'ready') return;
    this.#begun = true;
    this.#waits = false;
    const shown = methodAsked(this.state);
    if (shown && this.state.methods.some(({ id }) => id === shown)) this.method = shown;
    if (this.#area.value.trim()) void this.#compute();
    else void this.#fill();
  }

  get #area(): HTMLTextAreaElement {
    return this.querySelector<HTMLTextAreaElement>('[data-testid="loss-text"]')!;
  }

  async focusFirst() {
    await this.updateComplete;
    this.querySelector('select')?.focus();
  }

  /** The first of the files as the text. */
  async takeFiles(files: readonly GivenFile[]) {
    const [file] = files;
    if (!file) return;
    await this.updateComplete;
    const { data, name } = file;
    const blob = data instanceof Blob ? data : new Blob([data as BlobPart]);
    if (blob.size > mostBytes) {
      this.problems = [`${name}: is larger than 8 MB; npm run loss takes it`];
      return;
    }
    this.#area.value = await blob.text();
    await this.#compute();
    if (files.length > 1)
      this.problems = [
        ...this.problems,
        `${name} was taken, and ${files.length - 1} more left: one case at a time`,
      ];
  }

  async #fill() {
    const ticket = ++this.#ticket;
    try {
      const given = await (await calculator(this.app)).exampleCase(this.method);
      if (ticket !== this.#ticket) return;
      this.#example = written(given);
      this.#area.value = this.#example;
      await this.#compute();
    } catch (error) {
      if (ticket === this.#ticket) this.problems = linesOf(error);
    }
  }

  /** Puts a case into the text, as somebody would type it. */
  async #put(given: LossCase | undefined, otherwise: string) {
    if (given) {
      this.#area.value = written(given);
      await this.#compute();
    } else {
      this.problems = [otherwise];
    }
  }

  /** A case as if somebody had written it here. */
  async take(given: LossCase) {
    await this.updateComplete;
    this.#begun = true;
    await this.#put(given, '');
  }

  async #ask(id: QuestionId) {
    try {
      const example = await (await calculator(this.app)).exampleCase(this.method);
      const name = this.app.method(this.method)?.name ?? this.method;
      await this.#put(
        caseOfQuestion(example, id),
        `${name} compares no answers, so this question is none for it`,
      );
      if (this.problems.length === 0) this.question = id;
    } catch (error) {
      this.problems = linesOf(error);
    }
  }

  /** The pair of the open run that the page shows, else its first. */
  async #takePair() {
    try {
      const { runDocument } = this.state;
      const id = runDocument?.method.id ?? this.method;
      const view = await this.app.connection.api.credit(0);
      await this.#put(caseOfPair(view, id, { ...runDocument?.method.params }), '');
    } catch (error) {
      this.problems = linesOf(error);
    }
  }

  async #move({ place, by }: Move) {
    const next = this.answer && !this.stale ? moved(this.answer.given, place, by) : undefined;
    if (!next) return;
    this.#area.value = written(next);
    await this.#compute();
  }

  async #copy() {
    await navigator.clipboard.writeText(this.#area.value).catch(() => {
      this.#area.select(); // where a page may not write to the clipboard, it is ready to be copied
    });
    this.copied = true;
  }

  #edited() {
    this.copied = false;
    this.question = undefined;
    this.stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#compute(), restMs);
  }

  async #compute() {
    clearTimeout(this.#timer);
    const ticket = ++this.#ticket;
    const text = this.#area.value;
    let given: LossCase;
    try {
      given = JSON.parse(text) as LossCase;
    } catch (error) {
      this.problems = text.trim()
        ? [`line ${jsonErrorLine(text)}: is not JSON: ${linesOf(error).join(' ')}`]
        : ['There is no case yet: paste one, drop its file here, or take an example.'];
      this.stale = true;
      return;
    }
    if (this.state.connection !== 'ready') {
      this.problems = [
        this.state.connection === 'failed'
          ? 'The engine does not run; start it anew first.'
          : 'The engine is still starting; the loss comes when it runs.',
      ];
      this.#waits = true;
      return;
    }
    try {
      const result = await (await calculator(this.app)).computeLoss(given);
      if (ticket !== this.#ticket) return;
      this.answer = { given, result };
      this.stale = false;
      this.problems = [];
      this.looked = undefined;
      if (!fieldsOf(result).includes(this.field)) this.field = 'policy';
      if (this.state.methods.some(({ id }) => id === given.method)) this.method = given.method;
    } catch (error) {
      if (ticket !== this.#ticket) return;
      this.problems = linesOf(error);
      this.stale = true;
    }
  }

  #text() {
    const wrong = this.problems.length > 0;
    return html`<div class="field loss-case">
      <label for="loss-text">The loss case, as JSON</label>
      <textarea id="loss-text" data-testid="loss-text" rows="13" spellcheck="false" autocapitalize="off" autocomplete="off"
        aria-describedby="loss-text-help" aria-invalid=${String(wrong)} @input=${() => this.#edited()}></textarea>
      <p class="field-help" id="loss-text-help">One number for each scored token, natural logs; parameters that are left out have the method’s defaults. A case may be pasted, or its file dropped anywhere here.</p>
      ${problemList('loss-problems', wrong ? this.problems : [])}
      <p class="buttons">
        <button type="button" class="primary" data-testid="loss-compute" @click=${() => void this.#compute()}>Compute</button>
        <button type="button" data-testid="loss-copy" @click=${() => void this.#copy()}>${this.copied ? 'Copied' : 'Copy the case'}</button>
        <label class="loss-file">or a file <input type="file" data-testid="loss-file" accept=".json,application/json"
          @change=${(e: Event) => {
            const input = e.target as HTMLInputElement;
            void this.takeFiles(filesOfInput(input));
            input.value = ''; // the same file can be chosen again once it has been changed
          }} /></label>
      </p>
    </div>`;
  }

  #responses({ given, result }: Answer) {
    const all = shownResponses(given, result, this.field);
    const shown = firstOf(all, mostShown);
    const derivatives = shown.flatMap(({ steps }) => steps.flatMap(({ numbers }) => numbers));
    const scale = derivatives.reduce((most, { derivative }) => Math.max(most, Math.abs(derivative)), 0);
    return html`<div class="loss-result ${this.stale ? 'is-stale' : ''}" data-testid="loss-result" data-loss=${result.loss} data-stale=${String(this.stale)}
      @move=${(e: CustomEvent<Move>) => void this.#move(e.detail)}
      @look=${(e: CustomEvent<ShownNumber>) => {
        this.looked = e.detail;
      }}>
      ${shown.map((response) => html`<loss-response .response=${response} .scale=${scale}></loss-response>`)}
      ${shown.length < all.length ? html`<p class="hint">${shown.length} of ${all.length} responses are drawn; all are in the answer below.</p>` : nothing}
      <details><summary>The answer as JSON</summary><pre class="sample-code" tabindex="0" data-testid="loss-answer">${JSON.stringify(result)}</pre></details>
    </div>`;
  }

  #choose(id: string) {
    this.method = id;
    const { value } = this.#area;
    // What somebody wrote is replaced only when asked to.
    if (!value.trim() || value === this.#example) void this.#fill();
  }

  override render() {
    const { answer, method, question, stale, field, looked } = this;
    return html`<div class="spread">
      <div class="text">${lossMenu({
        methods: this.state.methods,
        method,
        question,
        paired: this.state.trees.length > 0,
        choose: (id) => this.#choose(id),
        fill: () => void this.#fill(),
        ask: (id) => void this.#ask(id),
        takePair: () => void this.#takePair(),
      })}${this.#text()}${answer ? this.#responses(answer) : nothing}</div>
      <div class="note">${
        answer
          ? lossAbout(answer, {
              name: this.app.method(answer.given.method)?.name ?? answer.given.method,
              stale,
              field,
              question: question && questions[question],
              looked,
              choose: (by) => {
                this.field = by;
                this.looked = undefined;
              },
            })
          : nothing
      }</div>
    </div>`;
  }
}

define('loss-panel', LossPanel);
