/*
 * The page. For whoever drives it from a test, these are stable:
 *
 *   data-testid          what
 *   backend              sentence that names the backend; trouble, the alert region; trouble-<action>, its buttons
 *   offer, offer-resume  the unfinished run offered after a reload; offer-dismiss
 *   watch, problem, reference-answer, policy-answer, verdict, play, story (data-solved), next-problem
 *   method-<id>          radio buttons; field-<path with dashes>, such as field-steps, field-optimizer-learningRate,
 *                        field-method-params-beta; field-model, field-task, field-difficulty, field-schedule, field-backend
 *   model-drop, data-drop (drop anywhere on them), model-more, data-more, adapter-more (the <details> with these:)
 *                        model-files, model-folder, data-file, adapter-files (file inputs); hub-repo, hub-revision, hub-file,
 *                        hub-token, hub-address, hub-load; the same with data-hub- (data-hub-look, data-hub-choice) and
 *                        adapter-hub-; model-details, model-missing, missing-load, data-missing
 *   download-progress, download-cancel; model-problem, dataset-problem, adapter-problem (alerts beside the control)
 *   field-dataset, data-format, field-data-dataset-settings-<name>, map-<part>, map-solutions-<n>, mapper
 *   data-preview, preview-problem, data-check, check-cancel, check-status, check-problem, data-remove
 *   data-report (data-stale), report-stale, report-rows, report-warnings, report-dropped, report-checks, report-samples,
 *                        lengths-prompt, lengths-chosen, lengths-rejected
 *   train-full, train-lora, adapter-fields, field-adapter-rank, field-adapter-alpha, field-adapter-dropout, adapter-rsLora,
 *                        adapter-module-<name>, field-adapter-from, field-adapter-reference, field-weights, checkpointing
 *   estimate (data-fits), estimate-time, estimate-problem, remedy-<n>, estimate-line, estimate-why (in the dock)
 *   chat, chat-prompt, chat-tokens, chat-temperature, chat-anew, chat-past, chat-plain, chat-send, chat-reference, chat-policy, chat-problem
 *   document-problems    alert in the dock that lists the fields that were refused; problem-<path>, the way to each; forgive
 *   dock-notes           above the buttons: trouble, document-problems, offer, and lacks-data, unreadable-data, save-problem,
 *                        worse, changed-settings (changed-restore), large-batch
 *   live-curve           loss and accuracy in the dock; its label says their numbers
 *   train | pause | resume   one button (#main-button) that changes its name; step, stop (aria-disabled when they do nothing)
 *   theme, dock-more     the colours; in a narrow window, the rest of the dock
 *   live, live-solved, live-start   the margin beside the answers: solved, and chosen and rejected since the start
 *   page-title           the heading of a page other than the first; no-page, that of an address without one
 *   status               role=status; data-phase is RunStatus.phase or "none", data-step the step
 *   accuracy             data-before and data-now are shares; absent until the first evaluation; measures, measure-<id> (data-before,
 *                        data-now) beside it, and measures-more (data-count), those of a world that the dock has no room for
 *   passes, pass-<id>, made-<id>   the passes of a run (data-state), and what was measured of their data (data-value);
 *   loss-table, margins-table, logps-table, optimiser-table, accuracy-table   the curves' numbers (in <details>); measures-once;
 *                        loss-chart and so on, the charts, with the step pointed at in aria-valuenow; loss-values, its numbers
 *   tree-list, tree-<index>, credit, credit-problem, credit-measure-reward, credit-measure-push,
 *                        credit-measure-start, credit-measure-net, credit-measure-weight (where a method has weights), credit-readout,
 *                        credit-explained, credit-step and method-step (sliders over the steps whose weights are kept)
 *   live-margins, live-who-got-it, live-stretches, live-plane, live-length   views of the probe, each with <id>-says and <id>-table;
 *                        remark-<id> (data-step), remark-lesson-<id>, live-best and go-back (to the best evaluation)
 *   compare-accuracy, compare-table, compare-mended, compare-apart, compare-pair, and tables of the same names with -table
 *   problems-load, problems-table, problems-filter
 *   loss-open, field-loss-method, loss-example, loss-text, loss-file (file input), loss-compute, loss-result (data-loss), loss-problems,
 *                        loss-readout, loss-field-<field>, loss-answer (the JSON)
 *   lab, analysis (data-lab, aria-busy), lab-<id>, analysis-<id> (radio buttons), field-lab-<name>, field-analysis-<name>, lab-run, lab-cancel,
 *                        lab-says, lab-numbers, lab-problems and the same of analysis-; lab-start (the triangle's), lab-<figure>-table, lab-part-<id>
 *   click-pair (data-clicked), click-prompt, click-left, click-right (-text their answers), click-same, click-neither, click-undo, click-end, click-on,
 *                        click-offer (data-left), click-method, click-train, click-blind, click-save, click-anew, click-self and the like (data-hits, data-of)
 *   studies-count (data-count), studies-<verdict> (radio buttons), study-<id> (data-verdict, data-effect), studies-bases, study-base-<id>; of one
 *                        study study-verdict (data-verdict, data-effect), study-on-<model>, study-table, study-choices, study-change, study-run, study-one-more, study-stop, study-forget, study-work, study-here
 *   lessons-row-<id>, lesson-step-<n> (data-state), lesson-ask-<n>, with its options lesson-ask-<n>-<value> or lesson-ask-<n>-number,
 *                        lesson-skip-<n>, lesson-run-<n>, lesson-again-<n>, lesson-do-<n> (data-done), slide-<id>, lesson-reply-<n> (data-truth,
 *                        data-given), lesson-next, lesson-seed, lesson-restart
 *   loss-lab, loss-ask-<id>, loss-row-<n> (data-gained), loss-token-value and -add, -remove, -share, -cut, loss-card-<letter> (data-loss), loss-arm-<letter>,
 *                        loss-arm-add, loss-from-pair, loss-take-pair, loss-bars-<field>, loss-score-<n>, loss-add-answer, loss-copy-case, loss-open-case
 *   tree-replay (data-at, data-simulations), tree-at, tree-on, tree-back, tree-play, tree-says; recipe-<id>, recipe-train-<id>, recipe-set-<id>
 *   class-link-pupils, class-link-colleagues, class-hide-<name>, class-lock-<path>, class-unknown (data-count), class-files, class-run-<method> (data-pupils);
 *                        class-strip (data-seed), class-name, class-take, class-hand-in; keys, the list of keys
 *   run-list, run-<runId>, run-open, run-delete, confirm-delete, storage-list, storage-persist
 *   export-adapter, export-model, export-dtype, copy-run, metrics-csv, metrics-json
 *
 * `window.marginalia` is described in driver.ts; the URL's hash in run-url.ts. The README promises the core of this.
 */
import { html, nothing } from 'lit';
import './bring/data-panel';
import './bring/model-panel';
import './chat/chat-panel';
import type { Arrival } from './address';
import { AppElement, define } from './element';
import { holdInView } from './hold-in-view';
import './keep/confirm-dialog';
import type { ConfirmDialog } from './keep/confirm-dialog';
import './loss/loss-door';
import type { LossDoor } from './loss/loss-door';
import { pageLink } from './page-link';
import './page-outlet';
import type { Place } from './place';
import { routeOf, routes } from './routes';
import { isSection, type SectionId, sections } from './sections';
import { fieldNames } from './setup/field-labels';
import { goToControl } from './setup/go-to-field';
import { listenForShortcuts, shortcuts } from './shortcuts';
import { drawsImages, onBuiltInProblems } from './state';
import './charts/curves-panel';
import './charts/pass-strip';
import './credit/credit-panel';
import './dock/dock-notes';
import './keep/keep-panel';
import './images/image-door';
import './problems/problems-panel';
import './setup/setup-panel';
import './site-header';
import './train-dock';
import { asksName, hidden, locked } from './view-wishes';
import './watch/watch-panel';

/** Places on the first page that are no entries of the history. */
type Spot = SectionId | 'main' | 'estimate';

const site = 'Marginalia';

const exampleTest = `await page.goto('/#data.trees=16&evaluation.problems=20&steps=5&start=1');
const status = page.getByTestId('status');
await expect(status).toHaveAttribute('data-phase', 'finished');`;

/** A file dropped beside a panel would otherwise take the page's place, and a run with it. */
const keepStrayDrops = (): (() => void) => {
  const keep = (event: DragEvent) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', keep);
  addEventListener('drop', keep);
  return () => {
    removeEventListener('dragover', keep);
    removeEventListener('drop', keep);
  };
};

export class AppShell extends AppElement {
  #end: (() => void) | undefined;
  #letGo: (() => void) | undefined;

  protected watched() {
    return ['models', 'document', 'methods', 'runDocument', 'status', 'place', 'view'] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    const ends = [listenForShortcuts(this.app), keepStrayDrops()];
    this.#end = () => {
      for (const end of ends) end();
    };
    this.app.confirm = (question, detail, verb, keep) =>
      this.querySelector<ConfirmDialog>('#ask')!.ask(question, detail, verb, keep);
    this.app.goToField = (path) => this.#goToField(path);
    this.addEventListener('go', (event) => this.#go((event as CustomEvent<SectionId | 'estimate'>).detail));
    this.addEventListener('turn', (event) => this.#turn((event as CustomEvent<Partial<Place>>).detail));
    this.addEventListener('page-shown', () => this.#focusTitle());
    this.app.editor.address.onTurn((place, arrival) => void this.#arrived(place, arrival));
    ends.push(() => this.#letGo?.());
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#end?.();
  }

  get #page() {
    return this.state.place.path[0] ?? '';
  }

  /** To a field's control, or as near to it as the page can come. */
  #goToField(path: string): boolean {
    if (this.#page !== '') this.#turn({});
    const name = fieldNames(this.state).get(path);
    // What has no control of its own (an unknown field of the address) is settled in the dock.
    return (
      (name !== undefined && goToControl(this, name.control)) ||
      ['forgive', 'dock-notes'].some((id) => goToControl(this, id))
    );
  }

  #show(id: Spot) {
    if (id === 'loss') void this.querySelector<LossDoor>('loss-door')?.open();
    const target = this.querySelector<HTMLElement>(id === 'main' ? 'main' : `#${id}-title`);
    target?.focus({ preventScroll: true });
    this.#letGo?.();
    if (target) this.#letGo = holdInView(target, this);
  }

  /** Sections are entries of the history; other places are not. */
  #go(id: Spot) {
    const away = this.#page !== '';
    if (isSection(id)) this.app.editor.address.turn({ at: id });
    else if (away) this.app.editor.address.turn({});
    if (away) void this.updateComplete.then(() => this.#show(id));
    else this.#show(id);
  }

  #turn(place: Partial<Place>) {
    this.app.editor.address.turn(place);
    void this.#arrived(this.state.place, { scrolled: 0 });
  }

  async #arrived(place: Place, { scrolled }: Arrival) {
    await this.updateComplete;
    if (place.path.length === 0 && isSection(place.at)) return this.#show(place.at);
    this.#letGo?.();
    this.#focusTitle();
    scrollTo({ top: scrolled ?? 0, behavior: 'instant' });
  }

  /** Who hears the page rather than sees it is told of the new one. */
  #focusTitle() {
    const target = this.querySelector<HTMLElement>('.page-title') ?? this.querySelector<HTMLElement>('main');
    target?.focus({ preventScroll: true });
  }

  protected override updated() {
    // What has come back shows what it has missed.
    for (const element of this.querySelectorAll('main *, .dock *'))
      if (element instanceof AppElement && !element.closest('[data-away]')) element.catchUp();
    const route = routeOf(this.#page);
    document.title =
      route && route.id !== ''
        ? `${route.name} · ${site}`
        : `${site}: train a small language model in this page`;
    document.documentElement.dataset['hide'] = hidden(this.state.view).join(' ');
    this.#wishes();
  }

  /** What a link asks for beside a page comes with the first that does. */
  #wishes() {
    const { view } = this.state;
    // An element that is there before its code is would begin without its app.
    if (asksName(view) && !customElements.get('class-strip'))
      void import('./class/class-strip').then(() => this.requestUpdate());
    if (view['embed']) void import('./embed/embedded').then(({ tellAround }) => tellAround(this, this.app));
    if (view['lock']) void import('./lock-fields').then(({ lockFields }) => lockFields(this, this.state));
  }

  #link(id: SectionId | 'main', text: string, className = '') {
    const href = id === 'main' ? '#main' : this.app.editor.address.hrefOf({ at: id });
    return html`<a class=${className} href=${href} @click=${(e: MouseEvent) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return; // in another tab
      e.preventDefault();
      if (id === 'main') this.#focusMain();
      else this.#go(id);
    }}>${text}</a>`;
  }

  #focusMain() {
    if (this.#page === '') this.#show('main');
    else this.#focusTitle();
  }

  #body(id: SectionId) {
    const { app } = this;
    switch (id) {
      case 'watch':
        return drawsImages(this.state)
          ? html`<image-door .app=${app}></image-door>`
          : onBuiltInProblems(this.state)
            ? html`<watch-panel .app=${app}></watch-panel>`
            : html`<chat-panel .app=${app}></chat-panel>`;
      case 'bring':
        return html`<model-panel .app=${app}></model-panel><data-panel .app=${app}></data-panel>`;
      case 'teach':
        return html`<setup-panel .app=${app}></setup-panel>`;
      case 'learning':
        return html`<pass-strip .app=${app}></pass-strip>${drawsImages(this.state) ? html`<image-door shows="curves" .app=${app}></image-door>` : html`<curves-panel .app=${app}></curves-panel>`}`;
      case 'credit':
        return html`<credit-panel .app=${app}></credit-panel>`;
      case 'problems':
        return html`<problems-panel .app=${app}></problems-panel>`;
      case 'loss':
        return html`<loss-door .app=${app}></loss-door>`;
      case 'keep':
        return html`<keep-panel .app=${app}></keep-panel>`;
      default:
        return nothing;
    }
  }

  /** Sections of the first page; on the page of what is kept, the last one alone. */
  #away(id: SectionId): boolean {
    return this.#page !== '' && !(this.#page === 'kept' && id === 'keep');
  }

  #section({ id, title }: (typeof sections)[number]) {
    const none = id === 'problems' && !onBuiltInProblems(this.state);
    return html`<section ?hidden=${none} ?data-away=${this.#away(id)} id=${id} aria-labelledby="${id}-title">
      <h2 id="${id}-title" tabindex="-1" class=${this.#page === '' ? '' : 'visually-hidden'}>${title}</h2>
      ${this.#body(id)}
    </section>`;
  }

  #locked() {
    const names = locked(this.state.view);
    if (names.length === 0) return nothing;
    const labels = fieldNames(this.state);
    return html`<p class="quiet locked-fields" data-testid="locked">Set by the link, and not to be changed here: ${names.map((path) => labels.get(path)?.label ?? path).join(', ')}.</p>`;
  }

  override render() {
    const { app } = this;
    const { status } = this.state;
    const page = this.#page;
    const { dock } = routeOf(page) ?? { dock: 'with a run' };
    const docked =
      status !== undefined || dock === 'always' || (dock === 'below' && this.state.place.path.length > 1);
    return html`
      ${this.#link('main', 'Skip to the content', 'skip-link')}
      <header><site-header .app=${app}></site-header></header>
      <nav class="parts" aria-label="Parts of the page" ?data-away=${page !== ''}>
        <ol>${sections.map(({ id, short }) => html`<li ?hidden=${id === 'problems' && !onBuiltInProblems(this.state)}>${this.#link(id, short)}</li>`)}</ol>
      </nav>
      <main id="main" tabindex="-1">
        ${page === 'kept' ? html`<h1 class="page-title" tabindex="-1" data-testid="page-title">Kept</h1>` : nothing}
        ${this.#locked()}
        ${asksName(this.state.view) && customElements.get('class-strip') ? html`<class-strip .app=${app}></class-strip>` : nothing}
        ${sections.map((section) => this.#section(section))}
        <page-outlet .app=${app}></page-outlet>
      </main>
      <footer class="spread">
        <div class="text">
          <p>Everything happens on this machine; nothing is sent anywhere. Only what you ask a hub for is fetched from there.</p>
          <p>The library <a href="examples/embed/">in another page</a>, and <a href="examples/bring/">with a model and examples from files</a>.
            ${routes.filter(({ where }) => where === 'foot').map(({ id, name }) => html`${pageLink(app, { path: [id] }, name, page === id)}. `)}</p>
          <details>
            <summary>Drive it from a test</summary>
            <p>The address is the run; it starts by itself, the same numbers come each time, and the status says when it has ended. <code>window.marginalia</code> does what the controls do.</p>
            <pre class="sample-code" tabindex="0">${exampleTest}</pre>
          </details>
          <details>
            <summary>Keyboard</summary>
            <dl class="keys">${shortcuts.map((s) => html`<dt><kbd>${s.keys}</kbd></dt><dd>${s.does}</dd>`)}
              <dt><kbd>?</kbd></dt><dd>The keys of this page</dd>
              <dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>In a coloured answer: the token before, the token after</dd>
            </dl>
          </details>
        </div>
      </footer>
      <section class="dock ${docked ? 'is-there' : ''}" aria-label="Training">
        <dock-notes .app=${app}></dock-notes>
        <train-dock .app=${app} ?data-away=${!docked}></train-dock>
      </section>
      <confirm-dialog id="ask"></confirm-dialog>
    `;
  }
}

define('app-shell', AppShell);
