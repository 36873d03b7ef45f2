import { html, nothing } from 'lit';
import {
  type Given,
  isLab,
  type Lesson,
  type LessonCard,
  partsOf,
  type Step,
  sayOf,
  type Work,
} from '../../lessons/lesson';
import { AppElement, define } from '../element';
import { right } from '../icons';
import { isMoving, type State } from '../state';
import { wishedSeed } from '../view-wishes';
import { liveOfLesson, type Stand } from './live-of';
import { lessonContents, lessonFoot, type Margin } from './margin';
import { forgetProgress, noProgress, type Progress, readProgress, writeProgress } from './progress';
import { firstSentence, plain, rich } from './rich';
import { LessonRunner } from './runner';
import {
  askPart,
  type Drawn,
  replyPart,
  settingPart,
  workPart,
  worksheetReply,
  worksheetRoom,
} from './step-parts';
import { type Sight, viewOf } from './views';

/** Where a key is somebody else's. */
const typing = 'input:not([type="radio"]), select, textarea, button, a, summary, [role="toolbar"], dialog';

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
  #listener = (event: KeyboardEvent) => this.#key(event);

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
    if (!changed.has('lesson')) return;
    this.#progress = readProgress(this.lesson.id);
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
    this.#kept = writeProgress(this.lesson.id, this.#progress);
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

  #key(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (this.closest('[data-away]')) return;
    const target = event.target as HTMLElement;
    const n = this.#at;
    const step = this.lesson.steps[n - 1]!;
    if (event.key === 'Enter') {
      if (target.matches(typing) && !target.matches('.step-head')) return;
      if (target.matches('.step-head') && !target.closest(`#lesson-step-${n}`)) return;
      const next = this.querySelector<HTMLButtonElement>(`#lesson-step-${n} .lesson-next`);
      if (!next) return;
      event.preventDefault();
      next.click();
      return;
    }
    if (!/^[1-9]$/.test(event.key) || target.matches('input:not([type="radio"]), select, textarea')) return;
    const asked = step.ask?.kind === 'match' ? '.match-row[data-open="true"]' : '';
    const inputs = this.querySelectorAll<HTMLInputElement>(`#lesson-ask-${n} ${asked} input[type="radio"]`);
    const input = inputs[Number(event.key) - 1];
    if (!step.ask || !input || input.disabled) return;
    event.preventDefault();
    input.click();
  }

  /** Looks at the run that has just ended, as soon as nothing else is asked of it. */
  #lookAtEnds(stands: ReadonlyMap<string, Stand>) {
    const { status, connection, pending } = this.state;
    if (connection !== 'ready' || pending || isMoving(status?.phase)) return;
    for (const stand of stands.values()) {
      if (!stand.ended || stand.missing.length === 0 || stand.runId !== this.#openRun) continue;
      void this.#runner!.look(stand, this.#progress).then((taken) => taken && this.#saved());
      return;
    }
  }

  get #openRun(): string | undefined {
    const { arms, status } = this.state;
    return arms[0]?.status.runId ?? status?.runId;
  }

  #workOf(step: Step, given: Given | undefined, live: Sight['live']): Work | undefined {
    return typeof step.run === 'function' ? step.run(given, live) : step.run;
  }

  #work(d: Drawn, work: Work, stands: ReadonlyMap<string, Stand>) {
    const runner = this.#runner!;
    const stand = stands.get(work.name);
    const busy =
      runner.busy === work.name ||
      (stand !== undefined && stand.runId === this.#openRun && isMoving(this.state.status?.phase));
    const lab = isLab(work);
    const done = lab
      ? d.sight.live.labs[work.name] !== undefined
      : stand?.ended === true && stand.missing.length === 0;
    const rest =
      lab || !stand
        ? undefined
        : stand.ended
          ? 'read off'
          : stand.runs.length > 0 && stand.runs.every(({ phase }) => phase !== 'failed')
            ? 'go on'
            : undefined;
    const fresh = () =>
      lab ? runner.lab(work, this.#seed, this.#progress) : runner.train(work, stand!.documents);
    return workPart(d, work, {
      done: done && !busy,
      busy,
      waits: busy ? '' : runner.waits,
      problem: runner.problem,
      rest,
      start: () => {
        if (rest === 'read off') void runner.reopen(stand!, this.#progress).then(() => this.#saved());
        else if (rest === 'go on') void runner.resume(stand!);
        else void fresh().then(() => this.#saved());
      },
      again: () => void fresh().then(() => this.#saved()),
    });
  }

  #step(step: Step, n: number, sight: Sight, stands: ReadonlyMap<string, Stand>) {
    const at = this.#at;
    const { live } = sight;
    const given = this.#progress.given[n];
    const skipped = this.#progress.skipped.includes(n);
    const open = n === at || this.opened.has(n);
    const asked = step.ask === undefined || given !== undefined || skipped;
    const work = this.#workOf(step, given, live);
    const stand = work && stands.get(work.name);
    const ran =
      !work ||
      (isLab(work)
        ? live.labs[work.name] !== undefined
        : stand?.ended === true && stand.missing.length === 0);
    const set = !step.set || step.set.done(sight.set, live);
    const reply = asked && ran && set ? step.reply(live, given) : undefined;
    const d: Drawn = {
      step,
      n,
      sight,
      given,
      picked: step.ask ? partsOf(step.ask, given ?? this.#picked[n]) : [],
      fixed: given !== undefined && reply !== undefined && step.ask?.truth(live) !== undefined,
      skipped,
      answer: (value) => this.#answer(n, value),
      skip: () => {
        this.#progress.skipped.push(n);
        this.#saved();
      },
    };
    const state = n < at ? 'past' : n === at ? 'present' : 'later';
    const result = reply === undefined ? undefined : (step.result?.(live, given) ?? firstSentence(reply));
    const last = n === this.lesson.steps.length;
    return html`<section class="spread lesson-step is-${state} ${open ? 'is-open' : ''}" id="lesson-step-${n}" data-testid="lesson-step-${n}" data-state=${state}>
      <div class="text">
        <h2><button type="button" class="step-head" aria-expanded=${String(open)} aria-controls="lesson-body-${n}" @click=${() => this.#toggle(n)}>
          <span class="n">${n}</span> <span class="t">${step.title}</span></button></h2>
        <p class="step-line" ?hidden=${open}>${result === undefined ? step.teaser : rich(this.app, result)}</p>
        <div class="step-body" id="lesson-body-${n}" ?hidden=${!open}>
          <p class="say">${rich(this.app, sayOf(step, live))}</p>
          ${asked ? nothing : step.show?.filter(({ early }) => early).map((view) => viewOf(view, sight))}
          ${askPart(d)}
          ${worksheetRoom(step, this.app)}
          ${asked && work ? this.#work(d, work, stands) : nothing}
          ${step.set ? settingPart(d, step.set) : nothing}
          ${asked ? step.show?.map((view) => viewOf(view, sight)) : nothing}
          ${replyPart(d, reply)}
          ${reply === undefined ? nothing : this.#onward(n, last)}
        </div>
      </div>
      ${this.#notes(step, open)}
    </section>`;
  }

  #onward(n: number, last: boolean) {
    if (n !== this.#at) return nothing;
    return html`<p class="buttons">${
      last
        ? html`<span>That was the lesson. ${rich(this.app, '[All lessons](#/lessons)')}</span>`
        : html`<button type="button" class="primary lesson-next" data-testid="lesson-next" @click=${() => this.#goTo(n + 1)}>Go on: ${this.lesson.steps[n]!.title} ${right()}</button>`
    }</p>`;
  }

  #notes({ notes = [], teach }: Step, open: boolean) {
    return html`<div class="note" ?hidden=${!open}>${notes.map(({ title, text }) => html`<h3>${title}</h3><p>${rich(this.app, text)}</p>`)}
      ${teach ? html`<h3>For whoever teaches</h3><p>${rich(this.app, teach)}</p>` : nothing}</div>`;
  }

  #toggle(n: number) {
    if (n === this.#at) return;
    const next = new Set(this.opened);
    if (!next.delete(n)) next.add(n);
    this.opened = next;
  }

  #paper(sight: Sight) {
    const replies = this.lesson.steps.flatMap((step, i) => {
      const text = worksheetReply(step, sight.live, this.#progress.given[i + 1]);
      const work = this.#workOf(step, this.#progress.given[i + 1], sight.live);
      const ran = !work || sight.live.runs[work.name] || sight.live.labs[work.name];
      return [
        { n: i + 1, title: step.title, text: ran && text ? plain(text) : 'Its run has not been trained.' },
      ];
    });
    return html`<div class="paper-only replies" aria-hidden="true"><h2>Replies</h2>
      ${replies.map(({ n, title, text }) => html`<p><strong>${n} ${title}</strong>: ${text}</p>`)}
      <p class="quiet">${location.href}</p></div>`;
  }

  override render() {
    const { lesson, card } = this;
    if (this.state.methods.length === 0)
      return html`<p class="quiet" aria-busy="true">The catalogue is being read…</p>`;
    const { live, growing, stands } = liveOfLesson(this.state, lesson, this.#seed, this.#progress);
    this.#lookAtEnds(stands);
    const starts = Object.fromEntries(
      lesson.steps.flatMap(({ set }) => set?.sliders.map(({ id, start }) => [id, start] as const) ?? []),
    );
    const sight: Sight = {
      app: this.app,
      lesson,
      live: { ...live, set: { ...starts, ...live.set } },
      growing,
      set: { ...starts, ...live.set },
      move: (set) => {
        Object.assign(this.#progress.set, set);
        this.#saved();
      },
    };
    const margin: Margin = {
      lesson,
      at: this.#at,
      answered: (n) => this.#progress.given[n] !== undefined || n < this.#at,
      goTo: (n) => this.#goTo(n),
      seed: this.#seed,
      given: this.#given,
      reseed: (seed) =>
        this.app.editor.address.setOwn({ 'lesson-seed': seed === this.#given ? '' : String(seed) }),
      restart: () => {
        forgetProgress(lesson.id);
        this.#progress = noProgress();
        this.#goTo(1);
      },
    };
    const steps = lesson.steps.map((step, i) => this.#step(step, i + 1, sight, stands));
    return html`<div class="spread lesson-top"><div class="text">
        <p class="crumb">${rich(this.app, '[Lessons](#/lessons)')}${card.number ? ` · ${card.number}` : ''} · about ${card.minutes} minutes</p>
        <h1 class="page-title" tabindex="-1" data-testid="page-title">${card.title}</h1>
        <p class="page-lede">${card.lede}</p>
        ${this.#kept ? nothing : html`<p class="field-problem" role="alert">The browser keeps nothing here: how far you are is forgotten with this page.</p>`}
      </div>
      ${lessonContents(margin)}</div>
      ${steps}
      ${lessonFoot(this.app, margin)}
      ${this.#paper(sight)}`;
  }
}

define('lesson-view', LessonView);
