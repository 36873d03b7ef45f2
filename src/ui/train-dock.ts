import { html, nothing } from 'lit';
import { AppElement, define } from './element';
import { bytes, duration, number, percent, points } from './format';
import { down, pause, play, stepIcon, stop, up } from './icons';
import { isLive, isMoving, type State, shownDocument } from './state';

const quietMs = 1000;

const onData = (state: Readonly<State>) => shownDocument(state)?.data.dataset != null;

/** What is being done, in a sentence. */
export const statusSentence = (state: Readonly<State>): string => {
  const { connection, status, progress, points: rows, pending, document } = state;
  if (pending) return `${pending}…`;
  if (connection === 'starting') return 'Starting the engine…';
  if (connection === 'failed') return 'The engine is not running.';
  if (!status || status.phase === 'idle')
    return `Ready to train ${state.models.find((m) => m.id === document?.model)?.name ?? document?.model ?? ''}.`;
  const pass =
    status.stage.count > 1 && isLive(status.phase)
      ? `Pass ${status.stage.index + 1} of ${status.stage.count} (${status.stage.label}): `
      : '';
  const of = progress && progress.total > 0 ? `${progress.done} of ${progress.total}` : '';
  const note = progress?.note ? `, ${progress.note}` : '';
  switch (status.phase) {
    case 'collecting':
      return of
        ? `${pass}${onData(state) ? 'reading the data' : 'making pairs'}: ${of}${note}`
        : pass + status.message;
    case 'scoring':
      return of ? `${pass}scoring the pairs: ${of}${note}` : pass + status.message;
    case 'evaluating':
      return of
        ? `${pass}${onData(state) ? 'scoring held-out examples' : 'answering held-out problems'}: ${of}`
        : pass + (status.message || 'measuring');
    case 'training': {
      const loss = rows.at(-1)?.metrics['loss'];
      return `${pass}step ${status.step} of ${status.steps}${loss === undefined ? '' : `, loss ${number(loss)}`}`;
    }
    default:
      return pass + (status.message || status.phase);
  }
};

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

  #accuracy() {
    const { evaluations } = this.state;
    const first = evaluations[0]?.evaluation;
    const last = evaluations.at(-1)?.evaluation;
    if (!first || !last)
      return html`<output class="accuracy" data-testid="accuracy"><span class="quiet">not measured yet</span></output>`;
    const interval = `95 % interval ${percent(last.interval[0])} to ${percent(last.interval[1])}, ${last.problems} ${last.kind === 'pairs' ? 'examples' : 'problems'}`;
    return html`<output class="accuracy" data-testid="accuracy" data-before=${first.accuracy} data-now=${last.accuracy} title=${interval}>
      <strong>${percent(first.accuracy)}</strong>${
        evaluations.length > 1
          ? html` <span aria-hidden="true">→</span><span class="visually-hidden"> before, now </span>
              <strong>${percent(last.accuracy)}</strong>
              <span class="gain">${points(last.accuracy - first.accuracy)}</span>`
          : nothing
      }</output>`;
  }

  #estimate() {
    const { estimate, estimated, status } = this.state;
    if (!estimate || isMoving(status?.phase)) return nothing;
    const { fits, totalBytes, secondsPerStep } = estimate;
    const pace = secondsPerStep === undefined ? '' : `, ${duration(secondsPerStep)} a step`;
    return html`<p class="dock-estimate ${estimated ? '' : 'is-stale'}" data-testid="estimate-line" data-fits=${String(fits)}>
      ${
        fits
          ? html`Takes about ${bytes(Math.round(totalBytes))}${pace}`
          : html`<strong>Does not fit:</strong> about ${bytes(Math.round(totalBytes))}.
              <button type="button" class="link-button" data-testid="estimate-why" @click=${() => this.dispatchEvent(new CustomEvent('go', { detail: 'estimate', bubbles: true }))}>What would help</button>`
      }
    </p>`;
  }

  override render() {
    const { status, pending, connection, evaluations } = this.state;
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
          <p role="status" data-testid="status" data-phase=${phase ?? 'none'} data-step=${status?.step ?? 0}>${this.sentence}</p>
          <progress aria-label="Progress" max="1" .value=${done ?? 0} ?data-waiting=${done === undefined}></progress>
          ${this.#estimate()}
        </div>
        <div class="dock-accuracy">
          <span class="dock-label">${(last ? last.kind === 'pairs' : onData(this.state)) ? 'Held-out pairs ranked right' : 'Held-out accuracy'}${last ? html` <span class="quiet">(${last.problems}${last.kind === 'pairs' ? '' : ' problems'})</span>` : nothing}</span>
          ${this.#accuracy()}
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
