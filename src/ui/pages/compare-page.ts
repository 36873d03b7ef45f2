import { html, nothing } from 'lit';
import type { Answer } from '../../../workers/protocol';
import { chapters } from '../../methods/method';
import { parseRun, type RunDocument, RunDocumentError } from '../../train/run-document';
import '../watch/answer-sheet';
import { armNames } from '../compare/arm-names';
import '../compare/compare-pair';
import { armDocuments, armFields, type Letter, letters } from '../compare/arms';
import {
  accuracyPanel,
  apartPanel,
  armKey,
  letterOf,
  mendedPanel,
  type ShownArm,
  tablePanel,
} from '../compare/panels';
import { AppElement, define } from '../element';
import { count, fieldValue } from '../format';
import { left, right } from '../icons';
import { fieldNames } from '../setup/field-labels';
import { isMoving, type State } from '../state';
import './compare.css';

/** Problems on which the arms disagree that are asked for at most. */
const mostShown = 40;

/** Two to four runs in lock-step, and what they have in common and not. */
export class ComparePage extends AppElement {
  static override properties = {
    ...AppElement.properties,
    shown: { state: true },
    answers: { state: true },
    copied: { state: true },
    width: { state: true },
  };
  /** Which of the problems that the arms disagree on. */
  declare shown: number;
  declare answers: { problem: number; before: Answer | undefined; now: (Answer | undefined)[] } | undefined;
  declare copied: boolean;
  /** Of the column of text, in CSS pixels: drawings are as wide, so that their texts keep their size. */
  declare width: number;
  #resize: ResizeObserver | undefined;
  #ticket = 0;
  /** The problem and the weights that were last asked about. */
  #asked = '';

  constructor() {
    super();
    this.shown = 0;
    this.answers = undefined;
    this.copied = false;
    this.width = 640;
  }

  protected watched() {
    return ['methods', 'models', 'datasets', 'place', 'document', 'arms', 'status', 'connection'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    if (keys.has('arms') || keys.has('status')) void this.#ask();
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#resize = new ResizeObserver(() => {
      const width = this.querySelector('.text')?.clientWidth ?? 0;
      if (width > 0) this.width = Math.max(280, Math.min(820, width));
    });
    this.#resize.observe(this);
    void this.#ask();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }

  get #fields() {
    return armFields(this.state.place.own);
  }

  /** Documents of the arms as the address has them, or what is wrong with one. */
  #documents(): { documents: RunDocument[]; problems: string[] } {
    const { document, place, methods } = this.state;
    const problems: string[] = [];
    if (!document) return { documents: [], problems };
    const documents = armDocuments(document, place.own, methods).flatMap((candidate, i): RunDocument[] => {
      try {
        return [parseRun(candidate, methods)];
      } catch (error) {
        const wrong =
          error instanceof RunDocumentError
            ? error.problems.map((p) => `${p.field} ${p.message}`)
            : [String(error)];
        problems.push(...wrong.map((text) => `${letterOf(i).toUpperCase()}: ${text}`));
        return [];
      }
    });
    return { documents, problems };
  }

  /** The arms that are open, named by what differs. */
  get #arms(): ShownArm[] {
    const { arms } = this.state;
    const names = armNames(
      arms.map(({ document }) => document),
      (id) => this.app.method(id)?.name ?? id,
    );
    return arms.map((arm, i) => ({ ...arm, letter: letterOf(i), name: names[i]! }));
  }

  #set(letter: Letter, field: string, value: string) {
    const own: Record<string, string> = {};
    // The arms that stand there by themselves are written out with the first change.
    for (const arm of this.#fields)
      for (const [key, text] of Object.entries(arm.fields)) own[`${arm.letter}.${key}`] = text;
    if (field === 'method.id')
      for (const key of Object.keys(own)) if (key.startsWith(`${letter}.method.`)) own[key] = '';
    own[`${letter}.${field}`] = value;
    this.app.editor.address.setOwn(own);
  }

  #remove(letter: Letter) {
    const rest = this.#fields.filter((arm) => arm.letter !== letter);
    const own: Record<string, string> = Object.fromEntries(
      Object.keys(this.state.place.own).map((key) => [key, '']),
    );
    rest.forEach(({ fields }, i) => {
      for (const [key, value] of Object.entries(fields)) own[`${letterOf(i)}.${key}`] = value;
    });
    this.app.editor.address.setOwn(own);
  }

  #add(seed: boolean) {
    const next = letters[this.#fields.length];
    const [first] = this.#fields;
    if (!next || !first) return;
    this.#set(next, 'method.id', seed ? (first.fields['method.id'] ?? 'dpo') : 'simpo');
    if (seed) this.#set(next, 'seed', String((this.state.document?.seed ?? 1) + 1));
  }

  /** Problems that not all arms solve alike, at the newest evaluation that all have. */
  #disputed(): number[] {
    const solved = this.state.arms.map(({ evaluations }) => evaluations.at(-1)?.evaluation.solved);
    const [first] = solved;
    if (!first || solved.some((s) => s?.length !== first.length)) return [];
    return [...first]
      .flatMap((_, i) => (solved.some((s) => s![i] !== first[i]) ? [i] : []))
      .slice(0, mostShown);
  }

  /** The answers of all arms to the problem that is looked at; only while nothing trains. */
  async #ask() {
    const { arms, status, connection } = this.state;
    const disputed = this.#disputed();
    const problem = disputed[this.shown % Math.max(1, disputed.length)];
    const rests = problem !== undefined && connection === 'ready' && !isMoving(status?.phase);
    const asked = rests
      ? `${problem} ${arms.map((arm) => `${arm.status.runId} ${arm.status.stage.id} ${arm.status.step}`).join()}`
      : '';
    if (asked === this.#asked) return;
    this.#asked = asked;
    const ticket = ++this.#ticket;
    this.answers = undefined;
    if (!rests) return;
    await this.app.attempt('answering a problem', async () => {
      const [held] = await this.app.answers.problems(problem, 1);
      if (!held) return;
      const { api } = this.app.connection;
      const { maxTokens } = arms[0]!.document.data;
      const options = { temperature: 0, seed: 0, maxTokens };
      const [before] = await api.answer([held], { ...options, which: 'reference', arm: 0 });
      const now: (Answer | undefined)[] = [];
      for (const [arm] of arms.entries())
        now.push((await api.answer([held], { ...options, which: 'policy', arm }))[0]);
      if (ticket === this.#ticket) this.answers = { problem, before, now };
    });
  }

  #look(by: number) {
    const { length } = this.#disputed();
    this.shown = (this.shown + by + length) % Math.max(1, length);
    void this.#ask();
  }

  #card({ letter, fields }: ReturnType<typeof armFields>[number], busy: boolean) {
    const { methods, document } = this.state;
    const id = fields['method.id'] ?? '';
    const method = methods.find((m) => m.id === id);
    const others = Object.entries(fields).filter(
      ([key]) => key !== 'method.id' && !key.startsWith('method.params.'),
    );
    return html`<fieldset class="arm" data-testid="compare-arm-${letter}" style="--arm: var(${{ a: '--ink', b: '--link', c: '--rubric', d: '--right' }[letter]})">
      <legend>${armKey({ letter, name: '' })}</legend>
      <label><span class="visually-hidden">Method of ${letter.toUpperCase()}</span>
        <select data-testid="compare-method-${letter}" ?disabled=${busy} .value=${id} @change=${(event: Event) => this.#set(letter, 'method.id', (event.target as HTMLSelectElement).value)}>
          ${Object.entries(chapters).map(([chapter, title]) => html`<optgroup label=${title}>${methods.filter((m) => m.chapter === chapter).map((m) => html`<option value=${m.id} ?selected=${m.id === id}>${m.name}</option>`)}</optgroup>`)}
        </select></label>
      <p class="arm-own">${others.map(([key, value]) => html`<span>${key} ${value}</span> `)}</p>
      <details><summary>Its own settings</summary>
        ${
          method
            ? Object.entries(method.params).map(
                ([
                  key,
                  spec,
                ]) => html`<label class="arm-field"><code>${key}</code> <input type="text" inputmode="decimal" ?disabled=${busy} data-testid="compare-${letter}-method-params-${key}"
                    .value=${fields[`method.params.${key}`] ?? ''} placeholder=${String(document?.method.id === id ? document.method.params[key] : spec.default)}
                    @change=${(event: Event) => this.#set(letter, `method.params.${key}`, (event.target as HTMLInputElement).value.trim())} /></label>`,
              )
            : nothing
        }
        ${(['optimizer.learningRate', 'seed'] as const).map(
          (
            key,
          ) => html`<label class="arm-field">${fieldNames(this.state).get(key)?.label ?? key} <input type="text" inputmode="decimal" ?disabled=${busy} data-testid="compare-${letter}-${key.replace('.', '-')}"
              .value=${fields[key] ?? ''} placeholder="as all" @change=${(event: Event) => this.#set(letter, key, (event.target as HTMLInputElement).value.trim())} /></label>`,
        )}
      </details>
      ${this.#fields.length > 2 ? html`<button type="button" class="link-button" ?disabled=${busy} data-testid="compare-remove-${letter}" @click=${() => this.#remove(letter)}>Take it out</button>` : nothing}
    </fieldset>`;
  }

  /** The file of an arm by its name, or how many pairs it makes of what. */
  #dataOf({ data, method }: RunDocument): string {
    const { dataset, source, trees } = data;
    if (dataset) return this.state.datasets.find(({ id }) => id === dataset.id)?.name ?? dataset.id;
    const made = this.app.method(method.id)?.sources.find(({ id }) => id === source?.id)?.name;
    return `${count(trees)} trees, ${made?.toLowerCase() ?? source?.id}`;
  }

  /** What all arms have in common, computed from their documents. */
  #same(documents: readonly RunDocument[]) {
    const [first] = documents;
    if (!first) return nothing;
    const rows: [what: string, of: (d: RunDocument) => unknown, shown?: (d: RunDocument) => string][] = [
      ['model', (d) => d.model, (d) => this.state.models.find(({ id }) => id === d.model)?.name ?? d.model],
      ['data', ({ data }) => data.dataset?.id ?? `${data.trees} ${data.source?.id}`, (d) => this.#dataOf(d)],
      ['seed and order', (d) => d.seed],
      ['learning rate', (d) => d.optimizer.learningRate],
      ['batch', (d) => d.batchSize * d.accumulate],
      ['steps', (d) => d.steps],
    ];
    const alike = rows.filter(([, of]) => documents.every((d) => of(d) === of(first)));
    const unlike = rows.filter(([, of]) => !documents.every((d) => of(d) === of(first)));
    const pairs = documents.every((d) => d.data.source?.id === first.data.source?.id);
    return html`<p class="same" data-testid="compare-same">The same for all: ${alike.map(([name, of, shown], i) => html`${i > 0 ? ' · ' : ''}${name} <strong>${shown?.(first) ?? fieldValue(of(first))}</strong>`)}.
      ${unlike.length > 0 ? html`Not the same: ${unlike.map(([name]) => name).join(', ')}.` : nothing}
      ${pairs ? nothing : 'The arms eat different things: problems and samples are shared, the pairs made of them are not.'}</p>`;
  }

  #problem(arms: readonly ShownArm[]) {
    const disputed = this.#disputed();
    if (disputed.length === 0) return nothing;
    const { answers } = this;
    return html`<p class="problem-text small">${answers?.before?.problem.prompt.trim() ?? ''}</p>
      <div class="arm-answers" data-testid="compare-answers" aria-busy=${String(!answers)}>
        ${answers ? html`<answer-sheet heading="Before" .answer=${answers.before}></answer-sheet>${arms.map((arm, i) => html`<answer-sheet heading="${arm.letter.toUpperCase()} ${arm.name}" .answer=${answers.now[i]}></answer-sheet>`)}` : html`<p class="quiet">Answers are asked for when the runs rest.</p>`}
      </div>
      <p class="buttons"><button type="button" class="quiet-button" @click=${() => this.#look(-1)}>${left()} Previous</button>
        <span class="quiet">${count((this.shown % disputed.length) + 1)} of ${count(disputed.length)} on which they disagree</span>
        <button type="button" class="quiet-button" @click=${() => this.#look(1)}>Next ${right()}</button></p>`;
  }

  override render() {
    const { methods, status } = this.state;
    if (methods.length === 0) return html`<p class="quiet" aria-busy="true">The catalogue is being read…</p>`;
    const fields = this.#fields;
    const { documents, problems } = this.#documents();
    const arms = this.#arms;
    const busy = isMoving(status?.phase);
    return html`<div class="spread"><div class="text">
        <h1 class="page-title" tabindex="-1" data-testid="page-title">Compare</h1>
        <p class="page-lede">Two to four runs, in step with each other: the same model, the same problems, the same order.</p>
        <div class="arms">${fields.map((arm) => this.#card(arm, busy))}
          ${
            fields.length < letters.length
              ? html`<div class="arm add"><button type="button" class="quiet-button" ?disabled=${busy} data-testid="compare-add-seed" @click=${() => this.#add(true)}>+ A again, another seed</button>
                  <button type="button" class="quiet-button" ?disabled=${busy} data-testid="compare-add" @click=${() => this.#add(false)}>+ another method</button></div>`
              : nothing
          }</div>
        ${problems.length > 0 ? html`<ul class="field-problem" role="alert" data-testid="compare-problems">${problems.map((text) => html`<li>${text}</li>`)}</ul>` : this.#same(documents)}
        ${arms.length > 0 ? html`${accuracyPanel(arms, this.width)}${tablePanel(arms, this.width)}${mendedPanel(arms, this.width)}${this.#problem(arms)}${apartPanel(arms, this.width)}<compare-pair .app=${this.app} .arms=${arms}></compare-pair>` : html`<p class="hint">Press Train: all arms train, a step of each after a step of the others.</p>`}
      </div>
      <div class="note">
        <p>The address of this page holds all of the runs. Whoever opens it can train them again.</p>
        <p class="buttons"><button type="button" class="quiet-button" data-testid="compare-copy" @click=${async () => {
          await navigator.clipboard?.writeText(location.href).catch(() => undefined);
          this.copied = true;
        }}>${this.copied ? 'Copied' : 'Copy the link'}</button></p>
        <p><strong>The difference is paired:</strong> the same problems were answered by both, so it is known more closely than either accuracy.</p>
        <p><strong>Losses are not laid over each other:</strong> each method’s has its own unit. Log-probs have one, the nat.</p>
        <p>The same method with another seed is the honest ruler: a difference smaller than that is no difference.</p>
      </div></div>`;
  }
}

define('compare-page', ComparePage);
