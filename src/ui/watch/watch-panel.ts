import { html, nothing, type PropertyValues } from 'lit';
import type { Answer } from '../../../workers/protocol';
import type { Problem } from '../../tasks/task';
import { AppElement, define } from '../element';
import { left, pause, play, right } from '../icons';
import { isArithmetic, isMoving, type State } from '../state';
import { prefersStill } from '../theme';
import './answer-sheet';

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
  };
  declare index: number;
  declare problem: Problem | undefined;
  declare reference: Answer | undefined;
  declare policy: Answer | undefined;
  declare playing: boolean;
  #played = 0;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #source = '';

  constructor() {
    super();
    this.index = 0;
    this.playing = false;
  }

  protected watched() {
    return ['connection', 'status', 'document', 'evaluations', 'pending', 'models'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    const { connection, document, status, pending } = this.state;
    // A model that was brought, or a dataset, has no part in these problems; another panel takes this one's place.
    if (connection !== 'ready' || !document || !isArithmetic(this.state)) {
      this.#source = '';
      return;
    }
    const source = `${document.model} ${document.data.task} ${document.data.difficulty}`;
    if (source !== this.#source && pending !== 'Loading the model') {
      const first = this.#source === '';
      this.#source = source;
      this.#played = 0;
      this.playing = first && !prefersStill();
      void this.#show(0);
      return;
    }
    // Answering competes with training for the same engine.
    if (isMoving(status?.phase) && this.playing) this.#hold();
    const ended = keys.has('status') && status && !isMoving(status.phase);
    if (keys.has('evaluations') || ended) void this.#show(this.index);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  get #trained() {
    const { status } = this.state;
    return status !== undefined && status.step + status.stage.index > 0;
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
      const [policy] = this.#trained ? await this.app.answers.answers(problems, 'policy') : [];
      if (ticket === this.#asked) this.policy = policy;
    });
  }

  #hold() {
    this.playing = false;
    clearTimeout(this.#timer);
  }

  #move(to: number) {
    this.#hold();
    void this.#show((to + range) % range);
  }

  #toggle() {
    if (this.playing) return this.#hold();
    this.playing = true;
    this.#played = 0;
    void this.#show((this.index + 1) % range);
  }

  #written() {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    if (++this.#played >= autoplayed) return this.#hold();
    this.#timer = setTimeout(() => this.playing && void this.#show((this.index + 1) % range), restMs);
  }

  protected override firstUpdated(_changed: PropertyValues) {
    this.changed(new Set());
  }

  override render() {
    const { connection, document, trouble, models, status, runDocument } = this.state;
    const id = (status ? runDocument : undefined)?.model ?? document?.model;
    const model = models.find((m) => m.id === id);
    const waiting =
      connection === 'starting'
        ? `Waking ${document?.model ?? 'the model'}…`
        : connection === 'failed'
          ? (trouble?.title ?? 'The engine did not start.')
          : 'Drawing a problem…';
    return html`
      <div class="exhibit" data-testid="watch">
        <div class="spread"><div class="text problem">
          <p class="problem-label">Problem ${this.index + 1} <span class="quiet">of the held-out ones</span></p>
          <p class="problem-text" data-testid="problem">${this.problem ? this.problem.prompt.trim() : html`<span class="quiet">${waiting}</span>`}</p>
        </div></div>
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
                  heading="Now, after step ${this.state.status?.step ?? 0}"
                  .answer=${this.policy}
                  typed
                  @written=${() => this.#written()}
                ></answer-sheet>`
              : nothing
          }
        </div>
        <div class="spread"><div class="text exhibit-controls" role="group" aria-label="Which problem">
          <button type="button" class="quiet-button" @click=${() => this.#move(this.index - 1)} ?disabled=${!this.problem}>${left()} Previous</button>
          <button type="button" class="quiet-button" data-testid="play" @click=${() => this.#toggle()} ?disabled=${!this.problem}>
            ${this.playing ? html`${pause()} Hold` : html`${play()} Play on`}
          </button>
          <button type="button" class="quiet-button" data-testid="next-problem" @click=${() => this.#move(this.index + 1)} ?disabled=${!this.problem}>Next ${right()}</button>
          <button type="button" class="quiet-button" data-testid="solve-another" @click=${() => this.#move(Math.floor(Math.random() * range))} ?disabled=${!this.problem}>Solve another</button>
        </div>
        <div class="note">
          ${model ? html`<p data-testid="about-model"><strong>${model.name}.</strong> ${model.description}</p>` : nothing}
          <p>It has never seen these problems. It writes one step to a line; a verifier, which is a program and not a model, judges each line.</p>
        </div></div>
      </div>
    `;
  }
}

define('watch-panel', WatchPanel);
