import { html, nothing } from 'lit';
import type { Evaluation } from '../../workers/protocol';
import { isTied } from '../train/outcome';
import './dock/live-curve';
import { measureList } from './dock/measure-list';
import { statusSentence } from './dock/status-sentence';
import { AppElement, define } from './element';
import { bytes, count, percent, plural, points } from './format';
import { down, pause, play, stepIcon, stop, up } from './icons';
import { dockTime } from './setup/time-words';
import { drawsImages, isLive, isMoving, type State, shownDocument } from './state';
import { trainedReward } from './trained-reward';

const quietMs = 1000;

const onData = (state: Readonly<State>) => shownDocument(state)?.data.dataset != null;

const share = ({ status, progress }: Readonly<State>): number | undefined => {
  if (!status || status.phase === 'idle') return 0;
  if (status.phase === 'collecting' || status.phase === 'scoring' || status.phase === 'evaluating') {
    return progress && progress.total > 0 ? progress.done / progress.total : undefined;
  }
  if (status.phase === 'loading') return undefined;
  return status.steps > 0 ? status.step / status.steps : 0;
};

/** The buttons, the status line, the progress bar and the held-out accuracy; always at the foot of the window. */
export class TrainDock extends AppElement {
  static override properties = { ...AppElement.properties, sentence: { state: true }, open: { state: true } };
  declare sentence: string;
  /** Where the dock is one line: the rest of it is shown too. */
  declare open: boolean;
  #said = 0;
  #phase = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.sentence = 'Starting the engine…';
    this.open = false;
  }

  protected watched() {
    return [
      'connection',
      'status',
      'progress',
      'points',
      'pending',
      'evaluations',
      'arms',
      'document',
      'runDocument',
      'estimate',
      'estimated',
      'models',
    ] as const;
  }

  /** At most one new sentence a second, except when the phase changes: a screen reader reads each of them. */
  protected override changed() {
    clearTimeout(this.#timer);
    const { status, connection, pending } = this.state;
    const phase = `${connection} ${status?.phase} ${pending}`;
    const wait = phase === this.#phase ? this.#said + quietMs - performance.now() : 0;
    this.#phase = phase;
    const say = () => {
      this.#said = performance.now();
      this.sentence = statusSentence(this.state);
    };
    if (wait <= 0) say();
    else this.#timer = setTimeout(say, wait);
  }

  #main() {
    const { status, pending, connection } = this.state;
    const { control } = this.app;
    const phase = status?.phase;
    const off = String(connection !== 'ready' || pending !== '');
    // One button in one place, so that the keyboard's focus stays on it.
    const [name, label, icon, act, keys] = isMoving(phase)
      ? (['pause', 'Pause', pause(), () => control.pause(), 'P'] as const)
      : phase === 'paused'
        ? (['resume', 'Resume', play(), () => control.train(), 'T'] as const)
        : (['train', 'Train', play(), () => control.train(), 'T'] as const);
    return html`<button
      type="button"
      id="main-button"
      class="primary"
      data-testid=${name}
      aria-disabled=${off}
      aria-keyshortcuts="Alt+Shift+${keys}"
      @click=${() => off === 'false' && void act()}
    >${icon} ${label}</button>`;
  }

  #accuracies() {
    return html`<output class="accuracy" data-testid="accuracies">${this.state.arms.map(
      ({ evaluations }, i) => {
        const last = evaluations.at(-1)?.evaluation;
        return html`<span class="arm-accuracy">${'ABCD'[i]} <strong>${last ? percent(last.accuracy) : '–'}</strong></span> `;
      },
    )}</output>`;
  }

  #accuracy() {
    const { evaluations, arms } = this.state;
    if (arms.length > 1) return this.#accuracies();
    const first = evaluations[0]?.evaluation;
    const last = evaluations.at(-1)?.evaluation;
    if (!first || !last)
      return html`<output class="accuracy" data-testid="accuracy"><span class="quiet">not measured yet</span></output>`;
    // Before the first update every margin is 0; TRL's accuracy calls that none right.
    const share = (e: Evaluation) => (isTied(e) ? 'tied' : percent(e.accuracy));
    const interval = isTied(last)
      ? `Every margin is 0 before the first step; ${plural(last.problems, 'pair')}`
      : `95 % interval ${percent(last.interval[0])} to ${percent(last.interval[1])}, ${plural(last.problems, last.kind === 'pairs' ? 'pair' : last.kind === 'images' ? 'image' : 'problem')}`;
    const change = last.accuracy - first.accuracy;
    return html`<output class="accuracy" data-testid="accuracy" data-before=${first.accuracy} data-now=${last.accuracy} title=${interval}>
      <strong>${share(first)}</strong>${
        evaluations.length > 1
          ? html` <span aria-hidden="true">→</span><span class="visually-hidden"> before, now </span>
              <strong>${share(last)}</strong>
              ${isTied(first) ? nothing : html`<span class="gain ${change < 0 ? 'is-loss' : ''}">${points(change)}</span>`}`
          : nothing
      }</output>`;
  }

  #estimate() {
    const { estimate, estimated, status } = this.state;
    if (!estimate || isMoving(status?.phase)) return nothing;
    const { fits, totalBytes } = estimate;
    const time = dockTime(estimate);
    return html`<p class="dock-estimate ${estimated ? '' : 'is-stale'}" data-testid="estimate-line" data-fits=${String(fits)}>
      ${
        fits
          ? html`Takes about ${bytes(Math.round(totalBytes))}${time && `; ${time}`}`
          : html`<strong>Does not fit:</strong> about ${bytes(Math.round(totalBytes))}.
              <button type="button" class="link-button" data-testid="estimate-why" @click=${() => this.dispatchEvent(new CustomEvent('go', { detail: 'estimate', bubbles: true }))}>What would help</button>`
      }
    </p>`;
  }

  override render() {
    const { status, pending, connection, evaluations, points: rows } = this.state;
    const { control } = this.app;
    const phase = status?.phase;
    const ready = connection === 'ready' && pending === '';
    const mayStep = ready && !isMoving(phase);
    const mayStop = connection === 'ready' && isLive(phase) && phase !== 'idle';
    const done = share(this.state);
    const last = evaluations.at(-1)?.evaluation;
    return html`
      <div class="dock-inner ${this.open ? 'is-open' : ''}">
        <div class="dock-buttons" role="group" aria-label="Training controls">
          ${this.#main()}
          <button type="button" data-testid="step" aria-disabled=${String(!mayStep)} aria-keyshortcuts="Alt+Shift+S"
            @click=${() => mayStep && void control.step()}>${stepIcon()} Step</button>
          <button type="button" data-testid="stop" aria-disabled=${String(!mayStop)} aria-keyshortcuts="Alt+Shift+X"
            @click=${() => mayStop && void control.stop()}>${stop()} Stop</button>
        </div>
        <div class="dock-status">
          <p role="status" title=${this.sentence} class=${isMoving(phase) ? 'is-moving' : ''} data-testid="status" data-phase=${phase ?? 'none'} data-step=${status?.step ?? 0}>${this.sentence}</p>
          <progress aria-label="Progress" max="1" .value=${done ?? 0} ?data-waiting=${done === undefined}></progress>
          ${this.#estimate()}
        </div>
        ${
          status && phase !== 'idle'
            ? html`<live-curve .arm=${this.state.arms.length > 1 ? 'A' : undefined} .points=${rows} .evaluations=${evaluations} .steps=${status.steps * status.stage.count}></live-curve>`
            : nothing
        }
        <div class="dock-accuracy">
          <span class="dock-label">${drawsImages(this.state) ? 'Images as asked' : (last ? last.kind === 'pairs' : onData(this.state)) ? 'Held-out pairs ranked right' : 'Held-out accuracy'}${last ? html` <span class="quiet">(${last.kind === 'answers' || last.kind === undefined ? plural(last.problems, 'problem') : count(last.problems)})</span>` : nothing}</span>
          ${this.#accuracy()}
          ${measureList(evaluations[0]?.evaluation, last, trainedReward(shownDocument(this.state)))}
        </div>
        <button type="button" class="quiet-button dock-more" data-testid="dock-more" aria-expanded=${String(this.open)}
          aria-label="Step, stop and accuracy" @click=${() => {
            this.open = !this.open;
          }}>${this.open ? down() : up()}</button>
      </div>
    `;
  }
}

define('train-dock', TrainDock);
