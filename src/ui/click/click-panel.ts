import { html, nothing } from 'lit';
import { AppElement, define } from '../element';
import { plural } from '../format';
import { pageLink } from '../page-link';
import { isMoving, type State, shownDocument } from '../state';
import { askBlind, askPairs } from './ask';
import './click.css';
import './choice-panel';
import './click-train';
import { apartOf } from './apart';
import { ClickKeys } from './click-keys';
import { clickNote, clickPrompts } from './click-note';
import { clickPair } from './click-pair';
import { apartSentence, blindTable, habitsTable } from './habits';
import { forgetSession, keepSession, keptSession } from './kept-session';
import { noPair } from './no-pair';
import {
  aheadOf,
  type Click,
  type ClickSession,
  current,
  newSession,
  promptsOf,
  type Round,
  undone,
  withBlind,
  withClick,
  withNext,
} from './session';
import { firstSession, unfitFor, worldFor } from './session-of';

/** Pairs that are made before they are looked at; each of a model that was brought takes its time. */
const ahead = { world: 4, own: 2 };
const asked = { world: 8, own: 1 };
const mostTokens = 96;

/** Two answers of the model that the page has open; which is better? */
export class ClickPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    session: { state: true },
    asking: { state: true },
    problem: { state: true },
    notKept: { state: true },
  };
  declare session: ClickSession | undefined;
  declare asking: boolean;
  declare problem: string;
  declare notKept: string;

  constructor() {
    super();
    this.session = undefined;
    this.asking = false;
    this.problem = '';
    this.notKept = '';
    new ClickKeys(this, 'neither', {
      listens: () => this.session !== undefined,
      click: (click) => this.#click(click),
      undo: () => this.#undo(),
    });
  }

  protected watched() {
    return [
      'connection',
      'status',
      'document',
      'runDocument',
      'models',
      'methods',
      'pending',
      'probes',
      'unloaded',
    ] as const;
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    this.#open();
    this.#noteEnd();
    void this.#fill();
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#open();
    void this.#fill();
  }

  get #model() {
    return this.state.models.find(({ id }) => id === shownDocument(this.state)?.model);
  }

  /** Takes up the clicks on this model, or begins with none. */
  #open() {
    const model = this.#model;
    const { document } = this.state;
    if (model?.draws) this.session = undefined; // another panel takes this one's place
    if (!model || !document || model.draws || unfitFor(model)) return;
    const world = worldFor(model, document);
    const { session } = this;
    if (session?.model === model.id && JSON.stringify(session.world) === JSON.stringify(world)) return;
    this.session = keptSession(model.id, world) ?? firstSession(model, document);
    this.problem = '';
  }

  /** Changes the session and keeps it. */
  #set(change: (session: ClickSession) => ClickSession) {
    if (!this.session) return;
    this.session = change(this.session);
    this.notKept = keepSession(this.session);
  }

  get #round(): Round | undefined {
    return this.session?.blind ?? this.session?.first;
  }

  #setRound(change: (round: Round) => Round) {
    this.#set((session) =>
      session.blind
        ? { ...session, blind: change(session.blind) }
        : { ...session, first: change(session.first) },
    );
  }

  /** The run that learned from the clicks is the one that is open. */
  get #trainedIsOpen() {
    const { status } = this.state;
    return status !== undefined && status.runId === this.session?.trained?.runId;
  }

  /** How the pairs moved, once the run has ended. */
  #noteEnd() {
    const { status, probes } = this.state;
    const { trained } = this.session ?? {};
    if (!trained || trained.apart || !this.#trainedIsOpen || status?.phase !== 'finished') return;
    const apart = apartOf(probes);
    if (apart) this.#set((session) => ({ ...session, trained: { ...trained, apart } }));
  }

  /** Prompts of this round that have not been put to the model. */
  get #left(): boolean {
    const { session } = this;
    if (!session) return false;
    if (session.blind) return this.#trainedIsOpen && session.blind.asked < promptsOf(session.first).length;
    return session.world !== null || session.first.asked < session.prompts.length;
  }

  /** Makes pairs ahead of the clicks, one call at a time. */
  async #fill() {
    const { connection, pending, status } = this.state;
    const { session } = this;
    const round = this.#round;
    if (!session || !round || this.asking || this.problem || connection !== 'ready' || pending) return;
    if (session.model === this.state.unloaded) {
      this.problem = `${session.model} could not be loaded: look at the connection, then choose it again.`;
      return;
    }
    const kind = session.world ? 'world' : 'own';
    // Two questions at once would only wait for each other; a run that moves has the engine.
    if (isMoving(status?.phase) || aheadOf(round) >= ahead[kind] || !this.#left) {
      this.#show();
      return;
    }
    this.asking = true;
    const from = this.app.connection;
    const wanted = {
      from: round.asked,
      count: asked[kind],
      maxTokens: Math.min(this.state.document?.data.maxTokens ?? mostTokens, mostTokens),
    };
    try {
      const made = session.blind
        ? await askBlind(from.api, session, wanted)
        : await askPairs(from.api, session, wanted);
      // Clicks came meanwhile; only what was begun anew is another session.
      if (this.session?.seed === session.seed && this.session.model === session.model)
        this.#setRound((own) => ({
          ...own,
          pairs: [...own.pairs, ...made.pairs],
          asked: own.asked + wanted.count,
          alike: own.alike + made.alike,
        }));
    } catch (error) {
      // Of prompts that have been changed meanwhile nobody needs to hear.
      if (from === this.app.connection && this.session?.prompts === session.prompts)
        this.problem = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
    this.#show();
    void this.#fill();
  }

  #show() {
    const { session } = this;
    const round = this.#round;
    if (session && round && withNext(round, session.seed) !== round)
      this.#setRound((own) => withNext(own, session.seed));
  }

  #click(click: Click) {
    const round = this.#round;
    if (!round || !current(round) || this.session?.ended) return;
    this.#setRound((own) => withClick(own, click));
    this.#show();
    void this.#fill();
  }

  #undo() {
    if (this.session?.ended) this.#set((session) => ({ ...session, ended: false }));
    else this.#setRound(undone);
  }

  async #anew() {
    const yes = await this.app.confirm(
      'Begin anew?',
      'What has been clicked on this model’s answers is forgotten. A file that was saved, and a run that was trained, stay.',
      'Begin anew',
    );
    if (!yes || !this.session) return;
    const { model, world, chat, seed, prompts } = this.session;
    forgetSession(this.session);
    this.session = newSession({ model, world, chat, seed: seed + 1, prompts });
    this.problem = '';
    void this.#fill();
  }

  /** One of one's own prompts that the model cannot take stands in nobody's way. */
  #leaveOut() {
    const { session } = this;
    const prompt = session?.world || session?.blind ? undefined : session?.prompts[session.first.asked];
    if (!session || prompt === undefined) return nothing;
    return html`<button type="button" data-testid="click-leave-out" @click=${() => this.#setPrompts(session.prompts.slice(session.first.asked + 1))}>Leave out “${prompt}”</button>`;
  }

  #waiting(round: Round) {
    const over = !this.#left && aheadOf(round) === 0;
    return noPair(this.state, {
      problem: this.problem,
      again: () => this.#again(),
      more: this.#leaveOut(),
      busy: 'While it trains no answers are made; they come when it has ended.',
      making: over
        ? html`<p data-testid="click-over">${
            this.session!.blind && !this.#trainedIsOpen
              ? html`The run that learned from these clicks is not open. Open it in ${pageLink(this.app, { path: ['kept'] }, 'Kept')} to go on, or see what there is.`
              : 'All prompts have been answered.'
          }</p>`
        : 'It is answering…',
    });
  }

  #again() {
    this.problem = '';
    void this.#fill();
  }

  #results(session: ClickSession) {
    return html`<div data-testid="click-results">
      <h3 tabindex="-1">${session.blind ? 'Before and now' : 'What your clicks say'}</h3>
      ${session.blind ? blindTable(session.blind) : nothing}
      ${session.blind ? html`<h3>What your clicks said</h3>` : nothing}
      ${habitsTable(session.first)}
      ${apartSentence(session)}
      <p class="buttons"><button type="button" data-testid="click-on" @click=${() => this.#set((own) => ({ ...own, ended: false }))}>Go on clicking</button></p>
    </div>`;
  }

  /** What comes after clicking: training, then the same prompts again. */
  #next(session: ClickSession) {
    const again = session.trained && this.#trainedIsOpen && this.state.status?.phase === 'finished';
    return html`<div class="click-next">
      ${
        session.blind
          ? nothing
          : html`<click-train .app=${this.app} .session=${session} @trained=${(
              event: CustomEvent<ClickSession['trained']>,
            ) => this.#set((own) => ({ ...own, trained: event.detail }))}></click-train>`
      }
      ${
        again && !session.blind
          ? html`<p>It has learned from ${plural(session.trained!.rows, 'row')}. ${apartSentence(session)}</p>
            <p class="buttons"><button type="button" class="primary" data-testid="click-blind" @click=${() => {
              this.#set((own) => ({ ...withBlind(own), ended: false }));
              void this.#fill();
            }}>The same prompts again, blind</button></p>`
          : nothing
      }
    </div>`;
  }

  #setPrompts(lines: readonly string[]) {
    this.problem = '';
    this.#set((session) => {
      const done = session.prompts.slice(0, session.first.asked);
      return { ...session, prompts: [...done, ...lines.filter((line) => !done.includes(line))] };
    });
    void this.#fill();
  }

  override render() {
    const { session } = this;
    const model = this.#model;
    if (model?.draws) return html`<choice-panel .app=${this.app}></choice-panel>`;
    const unfit = model ? unfitFor(model) : '';
    if (unfit) return html`<p data-testid="click-unfit">${unfit}</p>`;
    const round = this.#round;
    if (!session || !round)
      return html`<p class="quiet" aria-busy="true">${this.state.connection === 'failed' ? 'The engine does not run; start it anew first.' : 'The model is being looked for…'}</p>`;
    return html`<div class="spread">
      <div class="text">
        ${
          session.ended
            ? this.#results(session)
            : clickPair(session, round, {
                waiting: () => this.#waiting(round),
                click: (click) => this.#click(click),
                undo: () => this.#undo(),
                end: () => this.#set((own) => ({ ...own, ended: true })),
              })
        }
        ${clickPrompts(session, (lines) => this.#setPrompts(lines))}
        ${this.#next(session)}
      </div>
      ${clickNote(session, { notKept: this.notKept, mostTokens, anew: () => void this.#anew() })}
    </div>`;
  }
}

define('click-panel', ClickPanel);
