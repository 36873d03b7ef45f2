import { html, nothing } from 'lit';
import type { Answer } from '../../../workers/protocol';
import { parseRun, type RunDocument, RunDocumentError } from '../../train/run-document';
import '../watch/answer-sheet';
import { armCard } from '../compare/arm-card';
import { armNames } from '../compare/arm-names';
import { tablePanel } from '../compare/arms-table';
import '../compare/compare-pair';
import {
  anotherMethod,
  anotherSeed,
  armDocuments,
  armFields,
  type Letter,
  letters,
  ownFields,
} from '../compare/arms';
import { accuracyPanel, apartPanel, letterOf, mendedPanel, type ShownArm } from '../compare/panels';
import { betaNote, sameNote } from '../compare/same-note';
import { AppElement, define } from '../element';
import { count } from '../format';
import { left, right } from '../icons';
import type { Strings } from '../place';
import { problemList } from '../problem-list';
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
  /** What became of the last copy; empty before one. */
  declare copied: string;
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
    this.copied = '';
    this.width = 640;
  }

  protected watched() {
    return ['methods', 'models', 'datasets', 'place', 'document', 'arms', 'status', 'connection'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    if (keys.has('place')) this.copied = '';
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

  /** Documents of the arms as the address has them, and what is wrong with those that are not there. */
  #documents(): { documents: (RunDocument | undefined)[]; problems: string[] } {
    const { document, place, methods } = this.state;
    const problems: string[] = [];
    if (!document) return { documents: [], problems };
    const documents = armDocuments(document, place.own, methods).map((candidate, i) => {
      try {
        return parseRun(candidate, methods);
      } catch (error) {
        const wrong =
          error instanceof RunDocumentError
            ? error.problems.map((p) => `${p.field} ${p.message}`)
            : [String(error)];
        problems.push(...wrong.map((text) => `${letterOf(i).toUpperCase()}: ${text}`));
        return undefined;
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

  /** Writes all arms, those as well that stand there by themselves. */
  #setArms(arms: readonly Strings[]) {
    this.app.editor.address.setOwn(ownFields(arms, this.state.place.own));
  }

  #set(letter: Letter, field: string, value: string) {
    this.#setArms(
      this.#fields.map(({ letter: each, fields }) => {
        if (each !== letter) return fields;
        // Settings of another method mean nothing to this one.
        const rest = Object.entries(fields).filter(
          ([key]) => field !== 'method.id' || !key.startsWith('method.'),
        );
        return { ...Object.fromEntries(rest), [field]: value };
      }),
    );
  }

  #remove(letter: Letter) {
    this.#setArms(this.#fields.filter((arm) => arm.letter !== letter).map(({ fields }) => fields));
  }

  #add(arm: Strings) {
    this.#setArms([...this.#fields.map(({ fields }) => fields), arm]);
  }

  /** Problems that not all arms solve alike, each at its newest evaluation. */
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

  /** Arms that ended otherwise than the others, each with what it says. */
  #troubles(arms: readonly ShownArm[]) {
    const failed = this.state.arms.flatMap(({ status }, i) =>
      status.phase === 'failed' ? [{ status, arm: arms[i]! }] : [],
    );
    return problemList(
      'compare-failed',
      failed.map(
        ({ status, arm }) =>
          html`<strong>${arm.letter.toUpperCase()} ${arm.name}</strong> failed at step ${count(status.step)}: ${status.message} What is shown of it is from before.`,
      ),
    );
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
    const whole = documents.filter((document) => document !== undefined);
    const busy = isMoving(status?.phase);
    return html`<div class="spread"><div class="text">
        <h1 class="page-title" tabindex="-1" data-testid="page-title">Compare</h1>
        <p class="page-lede">Two to four runs, in step with each other: the same model, the same problems, the same order.</p>
        <div class="arms">${fields.map((arm, i) =>
          armCard(this.app, {
            ...{ arm, own: documents[i], busy },
            set: (field, value) => this.#set(arm.letter, field, value),
            ...(fields.length > 2 && { remove: () => this.#remove(arm.letter) }),
          }),
        )}
          ${
            fields.length < letters.length
              ? html`<div class="arm add"><button type="button" class="quiet-button" ?disabled=${busy} data-testid="compare-add-seed" @click=${() => this.#add(anotherSeed(fields, this.state.document?.seed ?? 1))}>+ A again, another seed</button>
                  <button type="button" class="quiet-button" ?disabled=${busy} data-testid="compare-add" @click=${() => this.#add(anotherMethod(fields))}>+ another method</button></div>`
              : nothing
          }</div>
        ${problems.length > 0 ? problemList('compare-problems', problems) : sameNote(this.app, whole, (id) => this.#setArms(fields.map((arm) => ({ ...arm.fields, 'data.source.id': id }))))}
        ${this.#troubles(arms)}
        ${arms.length > 0 ? html`${accuracyPanel(arms, this.width)}${tablePanel(arms, this.width)}${mendedPanel(arms, this.width)}${this.#problem(arms)}${apartPanel(arms, this.width)}<compare-pair .app=${this.app} .arms=${arms}></compare-pair>` : html`<p class="hint">Press Train: all arms train, a step of each after a step of the others.</p>`}
      </div>
      <div class="note">
        <p>The address of this page holds all of the runs. Whoever opens it can train them again.</p>
        <p class="buttons"><button type="button" class="quiet-button" data-testid="compare-copy" @click=${async () => {
          try {
            await navigator.clipboard.writeText(location.href);
            this.copied = 'Copied';
          } catch {
            this.copied = 'Not to be copied here: take it from the address bar';
          }
        }}>${this.copied || 'Copy the link'}</button></p>
        ${betaNote(this.app, whole)}
        <p><strong>The difference is paired:</strong> the same problems were answered by both, so it is known more closely than either accuracy.</p>
        <p><strong>Losses are not laid over each other:</strong> each method’s has its own unit. Log-probs have one, the nat.</p>
        <p>The same method with another seed is the honest ruler: a difference smaller than that is no difference.</p>
      </div></div>`;
  }
}

define('compare-page', ComparePage);
