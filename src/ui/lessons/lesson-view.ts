import { html, nothing } from 'lit';
import { type Given, type Lesson, type LessonCard, partsOf } from '../../lessons/lesson';
import { AppElement, define } from '../element';
import { isMoving, type State } from '../state';
import { wishedBrief, wishedSeed } from '../view-wishes';
import { briefNote } from './brief';
import { takeKey } from './lesson-keys';
import { liveOfLesson, type Stand } from './live-of';
import { lessonContents, lessonFoot, type Margin } from './margin';
import { forgetProgress, noProgress, type Progress, readProgress, writeProgress } from './progress';
import { rich } from './rich';
import { LessonRunner } from './runner';
import { type Stepping, stepSection } from './step-section';
import { openRun } from './step-work';
import type { Sight } from './views';
import { worksheetReplies } from './worksheet';

/** One lesson: a page of steps, of which one is open. */
export class LessonView extends AppElement {
  static override properties = {
    ...AppElement.properties,
    lesson: { attribute: false },
    card: { attribute: false },
    opened: { state: true },
    turn: { state: true },
  };
  declare lesson: Lesson;
  declare card: LessonCard;
  /** Steps beside the present one that were opened by hand. */
  declare opened: ReadonlySet<number>;
  /** Counts changes of what is kept beside the state. */
  declare turn: number;
  #progress: Progress = noProgress();
  #runner: LessonRunner | undefined;
  #kept = true;
  /** The body of the step in which the focus was. */
  #from: Element | null = null;
  /** Matches that have not all their parts yet, by the number of the step. */
  #picked: Record<number, string> = {};
  /** Runs are cut to so many updates; the progress is that of such runs. */
  #brief: number | undefined;
  #listener = (event: KeyboardEvent) => takeKey(event, this, this.#at, this.lesson.steps[this.#at - 1]!);

  constructor() {
    super();
    this.opened = new Set();
    this.turn = 0;
  }

  protected watched() {
    return [
      'methods',
      'place',
      'view',
      'document',
      'runDocument',
      'status',
      'points',
      'evaluations',
      'probes',
      'arms',
      'runs',
      'connection',
      'pending',
    ] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#runner = new LessonRunner(this.app, () => this.#saved());
    addEventListener('keydown', this.#listener);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#listener);
  }

  protected override willUpdate(changed: Map<string, unknown>) {
    const focused = document.activeElement;
    this.#from = focused && this.contains(focused) ? focused.closest('.step-body') : null;
    const brief = wishedBrief(this.state.view);
    if (!changed.has('lesson') && brief === this.#brief) return;
    this.#brief = brief;
    this.#progress = readProgress(this.lesson.id, brief);
    this.#picked = {};
    this.opened = new Set();
  }

  /** A run's button goes with its end, a guess is closed by its reply: who was there by keys goes on from what came of it. */
  protected override updated() {
    if (!this.#from || this.contains(document.activeElement)) return;
    const next =
      this.#from.querySelector<HTMLElement>('.lesson-next') ??
      this.#from.querySelector<HTMLElement>('.lesson-run button') ??
      this.#from.closest('.lesson-step')?.querySelector<HTMLElement>('.step-head');
    next?.focus({ preventScroll: true });
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    if (keys.has('place')) this.opened = new Set();
  }

  /** The seed of the lesson's runs where the reader has taken no other: the link's, else 1. */
  get #given(): number {
    return wishedSeed(this.state.view) ?? 1;
  }

  get #seed(): number {
    const asked = Number(this.state.place.own['lesson-seed']);
    return Number.isInteger(asked) && asked > 0 ? asked : this.#given;
  }

  /** The step that is open: the address's, else the one of the last visit. */
  get #at(): number {
    const asked = Number(this.state.place.path[2]);
    const { length } = this.lesson.steps;
    return Number.isInteger(asked) && asked >= 1 && asked <= length
      ? asked
      : Math.min(length, Math.max(1, this.#progress.at));
  }

  #saved() {
    this.#kept = writeProgress(this.lesson.id, this.#progress, this.#brief);
    this.turn++;
  }

  protected override firstUpdated() {
    if (this.state.place.path[2]) this.#scrollTo(this.#at, 'instant');
  }

  #scrollTo(n: number, behavior: ScrollBehavior = 'smooth') {
    void this.updateComplete.then(() => {
      const step = this.querySelector<HTMLElement>(`#lesson-step-${n}`);
      step?.scrollIntoView({ block: 'start', behavior });
      step?.querySelector<HTMLElement>('.step-head')?.focus({ preventScroll: true });
    });
  }

  #goTo(n: number) {
    this.#progress.at = n;
    this.#saved();
    const { path: _, ...place } = this.state.place;
    this.app.editor.address.turn({ ...place, path: ['lessons', this.lesson.id, String(n)] });
    this.#scrollTo(n);
  }

  #answer(n: number, given: Given) {
    const { ask } = this.lesson.steps[n - 1]!;
    if (ask && partsOf(ask, given).includes('')) {
      this.#picked[n] = String(given);
      this.turn++;
      return;
    }
    this.#progress.given[n] = given;
    this.#progress.skipped = this.#progress.skipped.filter((step) => step !== n);
    this.#saved();
    // For a page around this one, see embed/embedded.ts.
    const detail = { lesson: this.lesson.id, step: n, given };
    this.dispatchEvent(new CustomEvent('lesson-answer', { detail, bubbles: true }));
  }

  #skip(n: number) {
    this.#progress.skipped.push(n);
    this.#saved();
  }

  /** Looks at the run that has just ended, as soon as nothing else is asked of it. */
  #lookAtEnds(stands: ReadonlyMap<string, Stand>) {
    const { status, connection, pending } = this.state;
    if (connection !== 'ready' || pending || isMoving(status?.phase)) return;
    for (const stand of stands.values()) {
      if (!stand.ended || stand.missing.length === 0 || stand.runId !== openRun(this.state)) continue;
      void this.#runner!.look(stand, this.#progress).then((taken) => taken && this.#saved());
      return;
    }
  }

  #toggle(n: number) {
    if (n === this.#at) return;
    const next = new Set(this.opened);
    if (!next.delete(n)) next.add(n);
    this.opened = next;
  }

  #sight({ live, growing }: Pick<Sight, 'live' | 'growing'>): Sight {
    const starts = Object.fromEntries(
      this.lesson.steps.flatMap(({ set }) => set?.sliders.map(({ id, start }) => [id, start] as const) ?? []),
    );
    const set = { ...starts, ...live.set };
    return {
      app: this.app,
      lesson: this.lesson,
      live: { ...live, set },
      growing,
      set,
      move: (to) => {
        Object.assign(this.#progress.set, to);
        this.#saved();
      },
    };
  }

  get #margin(): Margin {
    return {
      lesson: this.lesson,
      at: this.#at,
      answered: (n) => this.#progress.given[n] !== undefined || n < this.#at,
      goTo: (n) => this.#goTo(n),
      seed: this.#seed,
      given: this.#given,
      reseed: (seed) =>
        this.app.editor.address.setOwn({ 'lesson-seed': seed === this.#given ? '' : String(seed) }),
      restart: () => {
        forgetProgress(this.lesson.id, this.#brief);
        this.#progress = noProgress();
        this.#goTo(1);
      },
    };
  }

  #stepping(sight: Sight, stands: ReadonlyMap<string, Stand>): Stepping {
    return {
      lesson: this.lesson,
      at: this.#at,
      opened: this.opened,
      sight,
      works: {
        state: this.state,
        runner: this.#runner!,
        stands,
        progress: this.#progress,
        seed: this.#seed,
        saved: () => this.#saved(),
      },
      picked: this.#picked,
      answer: (n, given) => this.#answer(n, given),
      skip: (n) => this.#skip(n),
      toggle: (n) => this.#toggle(n),
      goTo: (n) => this.#goTo(n),
    };
  }

  override render() {
    const { lesson, card } = this;
    if (this.state.methods.length === 0)
      return html`<p class="quiet" aria-busy="true">The catalogue is being read…</p>`;
    const { stands, ...runs } = liveOfLesson(this.state, lesson, this.#seed, this.#progress);
    this.#lookAtEnds(stands);
    const sight = this.#sight(runs);
    const [margin, stepping] = [this.#margin, this.#stepping(sight, stands)];
    return html`<div class="spread lesson-top"><div class="text">
        <p class="crumb">${rich(this.app, '[Lessons](#/lessons)')}${card.number ? ` · ${card.number}` : ''} · about ${card.minutes} minutes</p>
        <h1 class="page-title" tabindex="-1" data-testid="page-title">${card.title}</h1>
        <p class="page-lede">${card.lede}</p>
        ${briefNote(this.#brief, `#/lessons/${lesson.id}?view.brief=`)}
        ${this.#kept ? nothing : html`<p class="field-problem" role="alert">The browser keeps nothing here: how far you are is forgotten with this page.</p>`}
      </div>
      ${lessonContents(margin)}</div>
      ${lesson.steps.map((step, i) => stepSection(step, i + 1, stepping))}
      ${lessonFoot(this.app, margin)}
      ${worksheetReplies(lesson, sight.live)}`;
  }
}

define('lesson-view', LessonView);
