import { html, nothing, type PropertyValues } from 'lit';
import type { Answer } from '../../../workers/protocol';
import { worlds } from '../../tasks/cards';
import type { Problem } from '../../tasks/task';
import { loading } from '../document-editor';
import { AppElement, define } from '../element';
import { count } from '../format';
import { left, pause, play, right } from '../icons';
import { isMoving, onBuiltInProblems, type State } from '../state';
import { prefersStill } from '../theme';
import '../live/live-margin';
import './answer-sheet';
import { failuresOf, firstSolved } from './failures';

const autoplayed = 8;
const restMs = 2200;
const ahead = 4;
const range = 400;

/** The model at work on held-out problems; beside what it wrote before training, once there has been some. */
export class WatchPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    index: { state: true },
    problem: { state: true },
    reference: { state: true },
    policy: { state: true },
    playing: { state: true },
    under: { state: true },
  };
  declare index: number;
  declare problem: Problem | undefined;
  declare reference: Answer | undefined;
  declare policy: Answer | undefined;
  declare playing: boolean;
  /** Steps after which `policy` was written: at least the first, at most the second. */
  declare under: [number, number];
  /** Problems that the model gets wrong before training. */
  #failures: Promise<number[]> | undefined;
  #runId = '';
  /** The panel looks for a first success by itself, until there is one or the person chooses a problem. */
  #seeks = false;
  #played = 0;
  /** A person pressed Play. */
  #asksForAll = false;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #source = '';

  constructor() {
    super();
    this.index = 0;
    this.playing = false;
    this.under = [0, 0];
  }

  protected watched() {
    return ['connection', 'status', 'document', 'evaluations', 'pending', 'models', 'unloaded'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    const { connection, document, status, pending, unloaded } = this.state;
    // Another model would answer in its place.
    if (document && document.model === unloaded) {
      this.#source = '';
      this.#asked++;
      this.problem = undefined;
      this.reference = undefined;
      return;
    }
    // A model that was brought, or a dataset, has no part in these problems; another panel takes this one's place.
    if (connection !== 'ready' || !document || !onBuiltInProblems(this.state)) {
      this.#source = '';
      return;
    }
    const source = `${document.model} ${document.data.task} ${document.data.difficulty}`;
    if (source !== this.#source && pending !== loading) {
      const first = this.#source === '';
      this.#source = source;
      this.#played = 0;
      this.playing = first && !prefersStill();
      this.#failures = undefined;
      void this.#open();
      return;
    }
    const runId = status?.runId ?? '';
    if (status && runId !== this.#runId && isMoving(status.phase)) {
      this.#runId = runId;
      this.#seeks = status.step + status.stage.index === 0;
      if (this.#seeks) {
        this.#bringIntoSight();
        void this.#open();
      }
    }
    // Answering competes with training for the same engine.
    if (isMoving(status?.phase) && this.playing) this.#hold();
    const ended = keys.has('status') && status && !isMoving(status.phase);
    if (keys.has('evaluations') || ended) void this.#follow();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  get #trained() {
    const { status } = this.state;
    return status !== undefined && status.step + status.stage.index > 0;
  }

  /** Begins with a problem that the model gets wrong, where there is one nearby. */
  async #open() {
    const ticket = ++this.#asked;
    clearTimeout(this.#timer);
    let at = 0;
    await this.app.attempt('answering problems', async () => {
      this.#failures ??= failuresOf(this.app.answers);
      const failures = await this.#failures;
      at = failures.includes(this.index) ? this.index : (failures[0] ?? 0);
    });
    if (ticket === this.#asked) await this.#show(at);
  }

  /** The shown problem under the weights of now, or the first of those it got wrong that it has come to solve. */
  async #follow() {
    const ticket = ++this.#asked;
    let at = this.index;
    if (this.#trained && this.#seeks) {
      await this.app.attempt('answering problems', async () => {
        this.#failures ??= failuresOf(this.app.answers);
        const failures = await this.#failures;
        const solved = await firstSolved(this.app.answers, [
          ...failures.filter((i) => i === this.index),
          ...failures.filter((i) => i !== this.index),
        ]);
        if (solved === undefined || ticket !== this.#asked) return;
        this.#seeks = false;
        at = solved;
      });
    }
    if (ticket === this.#asked) await this.#show(at);
  }

  /** A run is begun to be watched; but nobody is taken away from a field that they are in. */
  #bringIntoSight() {
    const at = document.activeElement;
    if (at && at !== document.body && !at.closest('.dock')) return;
    const { top, bottom } = this.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    if (top >= 0 && top < innerHeight / 2) return;
    const section = this.closest('section') ?? this;
    section.scrollIntoView({ block: 'start', behavior: prefersStill() ? 'auto' : 'smooth' });
  }

  /** Shows a problem; answers a few ahead in one go, which costs hardly more than one. */
  async #show(index: number) {
    clearTimeout(this.#timer);
    const ticket = ++this.#asked;
    if (index !== this.index) {
      this.policy = undefined;
      this.reference = undefined;
    }
    this.index = index;
    await this.app.attempt('answering a problem', async () => {
      const busy = isMoving(this.state.status?.phase);
      const problems = await this.app.answers.problems(index, busy ? 1 : ahead);
      if (ticket !== this.#asked) return;
      this.problem = problems[0];
      const [reference] = await this.app.answers.answers(problems, 'reference');
      if (ticket !== this.#asked) return;
      this.reference = reference;
      const asked = this.state.status?.step ?? 0;
      const [policy] = this.#trained ? await this.app.answers.answers(problems, 'policy') : [];
      if (ticket !== this.#asked) return;
      this.policy = policy;
      // While it trains, the answer comes between two steps, a little after it was asked for.
      const now = this.state.status?.step ?? 0;
      this.under = [asked, isMoving(this.state.status?.phase) ? Math.max(asked, now) : asked];
    });
  }

  #hold() {
    this.playing = false;
    clearTimeout(this.#timer);
  }

  #move(to: number) {
    this.#hold();
    this.#seeks = false;
    void this.#show((to + range) % range);
  }

  #toggle() {
    if (this.playing) return this.#hold();
    this.playing = true;
    this.#asksForAll = true;
    this.#played = 0;
    void this.#show((this.index + 1) % range);
  }

  #written() {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    if (++this.#played >= autoplayed) return this.#hold();
    this.#timer = setTimeout(() => this.playing && void this.#playOn(), restMs);
  }

  /** What plays by itself is what the model gets wrong, as the margin says; whoever presses Play sees all. */
  async #playOn() {
    const ticket = this.#asked;
    const next = this.#asksForAll
      ? (this.index + 1) % range
      : (await this.#failures)?.find((i) => i > this.index);
    if (ticket !== this.#asked || !this.playing) return;
    if (next === undefined) return this.#hold();
    await this.#show(next);
  }

  protected override firstUpdated(_changed: PropertyValues) {
    this.changed(new Set());
  }

  #now() {
    if (!this.policy) return 'Now';
    const [from, to] = this.under;
    return from === to ? `Now, after step ${count(from)}` : `Now, after ${count(from)} to ${count(to)} steps`;
  }

  /** What this problem has to do with the run. */
  #story() {
    const { reference, policy } = this;
    if (!reference || reference.verdict.correct || !this.state.status) return nothing;
    if (!policy) return html`<span data-testid="story">: the model gets it wrong</span>`;
    return policy.verdict.correct
      ? html`<span data-testid="story" data-solved>: wrong before training, <strong class="mark-right">solved now</strong></span>`
      : html`<span data-testid="story">: wrong before training, and still wrong</span>`;
  }

  override render() {
    const { connection, document, trouble, models, status, runDocument, unloaded } = this.state;
    const id = (status ? runDocument : undefined)?.model ?? document?.model;
    const model = models.find((m) => m.id === id);
    const world = worlds.find((w) => w.id === document?.data.task);
    const sampled = (world?.evaluation.temperature ?? 0) > 0;
    const waiting =
      connection === 'starting'
        ? `Waking ${document?.model ?? 'the model'}…`
        : unloaded === document?.model
          ? `${model?.name ?? unloaded} could not be loaded.`
          : connection === 'failed'
            ? (trouble?.title ?? 'The engine did not start.')
            : 'Drawing a problem…';
    return html`
      <div class="exhibit" data-testid="watch">
        <div class="spread sheets-and-live">
        <div class="text"><div class="problem">
          <p class="problem-label">Problem ${count(this.index + 1)}<span class="quiet">, never trained on</span>${this.#story()}</p>
          <p class="problem-text" data-testid="problem">${this.problem ? this.problem.prompt.trim() : html`<span class="quiet">${waiting}</span>`}</p>
        </div>
        <div class="sheets ${this.#trained ? 'two' : 'one'}">
          <answer-sheet
            class="sheet"
            data-testid="reference-answer"
            heading=${this.#trained ? 'Before training' : 'What the model writes'}
            .answer=${this.reference}
            ?typed=${!this.#trained}
            @written=${() => !this.#trained && this.#written()}
          ></answer-sheet>
          ${
            this.#trained
              ? html`<answer-sheet
                  class="sheet"
                  data-testid="policy-answer"
                  heading=${this.#now()}
                  .answer=${this.policy}
                  typed
                  @written=${() => this.#written()}
                ></answer-sheet>`
              : nothing
          }
        </div></div>
        <div class="note"><live-margin .app=${this.app}></live-margin></div>
        </div>
        <div class="spread"><div class="text exhibit-controls" role="group" aria-label="Which problem">
          <button type="button" class="quiet-button" @click=${() => this.#move(this.index - 1)} ?disabled=${!this.problem}>${left()} Previous</button>
          <button type="button" class="quiet-button" data-testid="play" @click=${() => this.#toggle()} ?disabled=${!this.problem}>
            ${this.playing ? html`${pause()} Hold` : html`${play()} Play on`}
          </button>
          <button type="button" class="quiet-button" data-testid="next-problem" @click=${() => this.#move(this.index + 1)} ?disabled=${!this.problem}>Next ${right()}</button>
          </div>
        <div class="note">
          ${model ? html`<p data-testid="about-model"><strong>${model.name}.</strong> ${model.description}</p>` : nothing}
          <p>It has never seen these problems. ${sampled ? 'Its answers are drawn at random, as in use, with draws that stay the same. ' : nothing}A verifier, which is a program and not a model, judges each line.</p>
        </div></div>
      </div>
    `;
  }
}

define('watch-panel', WatchPanel);
