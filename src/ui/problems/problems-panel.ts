import { html, nothing } from 'lit';
import type { Answer } from '../../../workers/protocol';
import { worldCard } from '../../tasks/cards';
import type { Problem } from '../../tasks/task';
import { AppElement, define } from '../element';
import { count } from '../format';
import { cross, left, right, tick } from '../icons';
import { type Mended, mendedOf } from '../live/mended';
import type { State } from '../state';

type Filter = 'all' | 'broken' | 'mended' | 'wrong' | 'right' | 'changed';

const page = 20;
const filters: Record<Filter, string> = {
  all: 'All',
  broken: 'Broken by training',
  mended: 'Mended by training',
  wrong: 'Wrong now',
  right: 'Right now',
  changed: 'Other words than before',
};

interface Row {
  problem: Problem;
  before: Answer;
  now: Answer;
}

const keeps: Record<Filter, (row: Row) => boolean> = {
  all: () => true,
  broken: ({ before, now }) => before.verdict.correct && !now.verdict.correct,
  mended: ({ before, now }) => !before.verdict.correct && now.verdict.correct,
  wrong: ({ now }) => !now.verdict.correct,
  right: ({ now }) => now.verdict.correct,
  changed: ({ before, now }) => before.text !== now.text,
};

/** Problems by their numbers, where they are not one after another, and what they are called. */
interface Chosen {
  name: string;
  numbers: readonly number[];
}

/** Held-out problems with the answers of both models; asked for only when wanted, since answering costs time. */
export class ProblemsPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    rows: { state: true },
    from: { state: true },
    chosen: { state: true },
    filter: { state: true },
    asking: { state: true },
    under: { state: true },
  };
  declare rows: readonly Row[];
  /** How many of the chosen ones, or of all, come before those that are shown. */
  declare from: number;
  declare chosen: Chosen | undefined;
  declare filter: Filter;
  declare asking: boolean;
  /** Step under whose weights the rows were answered. */
  declare under: number;
  #source = '';

  constructor() {
    super();
    this.rows = [];
    this.from = 0;
    this.chosen = undefined;
    this.filter = 'all';
    this.asking = false;
    this.under = 0;
  }

  protected watched() {
    return ['connection', 'status', 'document', 'runDocument', 'evaluations'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    if (!keys.has('document')) return;
    const { document } = this.state;
    const source = `${document?.model} ${document?.data.task} ${document?.data.difficulty}`;
    if (source !== this.#source) this.rows = [];
    this.#source = source;
  }

  /** What the run's last evaluation mended and broke, where these are the problems and the weights that are asked here. */
  get #changes(): Mended | undefined {
    const { evaluations, status, document, runDocument } = this.state;
    const last = evaluations.at(-1)?.evaluation;
    if (!last || last.step !== status?.step || last.stage !== status.stage.id) return undefined;
    const [form, run] = [document?.data, runDocument?.data];
    if (!form || !run || run.dataset || form.task !== run.task || form.difficulty !== run.difficulty)
      return undefined;
    // Sampled answers are others with every seed.
    if (worldCard(run.task).evaluation.temperature > 0 || evaluations.length < 2) return undefined;
    return mendedOf(evaluations[0]!.evaluation, last);
  }

  async #load(from: number, wanted: Chosen | null | undefined = this.chosen) {
    const chosen = wanted ?? undefined;
    this.asking = true;
    const step = this.state.status?.step ?? 0;
    await this.app.attempt('answering held-out problems', async () => {
      const problems: Problem[] = [];
      if (chosen)
        for (const number of chosen.numbers.slice(from, from + page))
          problems.push(...(await this.app.answers.problems(number, 1)));
      else problems.push(...(await this.app.answers.problems(from, page)));
      const before = await this.app.answers.answers(problems, 'reference');
      const now = step > 0 ? await this.app.answers.answers(problems, 'policy') : before;
      this.rows = problems.flatMap((problem, i) => {
        const [b, n] = [before[i], now[i]];
        return b && n ? [{ problem, before: b, now: n }] : [];
      });
      this.from = from;
      this.chosen = chosen;
      this.under = step;
    });
    this.asking = false;
  }

  #answer(answer: Answer) {
    const wrong = answer.verdict.steps[answer.verdict.firstWrongStep];
    return html`<td>
      <div class="mini-lines">${answer.text.trimEnd()}</div>
      ${
        answer.verdict.correct
          ? html`<span class="mark-right">${tick()} right</span>`
          : html`<span class="mark-wrong">${cross()} wrong</span> <span class="quiet">${wrong?.reason ?? 'it ends without the right answer'}</span>`
      }
    </td>`;
  }

  #table() {
    const rows = this.rows.filter(keeps[this.filter]);
    const trained = this.under > 0;
    return html`<div class="scroll-x" tabindex="0" role="group" aria-label="Held-out problems">
      <table data-testid="problems-table" aria-busy=${String(this.asking)}>
        <caption class="visually-hidden">Problems ${count(this.from + 1)} to ${count(this.from + this.rows.length)}${this.chosen ? ` of the ${this.chosen.name}` : ''}</caption>
        <thead><tr><th scope="col">Problem</th><th scope="col">${trained ? 'Before training' : 'Answer'}</th>
          ${trained ? html`<th scope="col">At step ${count(this.under)}</th>` : nothing}<th scope="col">Right answer</th></tr></thead>
        <tbody>${rows.map(
          ({
            problem,
            before,
            now,
          }) => html`<tr><th scope="row"><span class="mini-lines">${problem.prompt.trim()}</span></th>
            ${this.#answer(before)} ${trained ? this.#answer(now) : nothing}
            <td class="mini-lines">${problem.answer}</td></tr>`,
        )}</tbody>
      </table>
      ${rows.length === 0 ? html`<p class="hint">None of these.</p>` : nothing}
    </div>`;
  }

  /** Opens with what training changed, and leads to just these. */
  #mended(off: boolean) {
    const changes = this.#changes;
    if (!changes) return nothing;
    const { mended, broken, problems, which } = changes;
    const button = (id: 'broken' | 'mended', name: string) =>
      which[id].length === 0
        ? nothing
        : html`<button type="button" class="quiet-button" data-testid="problems-${id}" ?disabled=${off} @click=${() => {
            this.filter = 'all';
            void this.#load(0, { name, numbers: which[id] });
          }}>Show the ${name}</button>`;
    return html`<p data-testid="problems-changes">Of ${count(problems)} held-out problems training mended <strong>${count(mended)}</strong> and broke <strong>${count(broken)}</strong>.</p>
      <p class="buttons">${button('broken', 'broken ones')} ${button('mended', 'mended ones')}
        ${this.chosen ? html`<button type="button" class="quiet-button" ?disabled=${off} @click=${() => void this.#load(0, null)}>All, from the first</button>` : nothing}</p>`;
  }

  override render() {
    const { connection, status } = this.state;
    const off = connection !== 'ready' || this.asking;
    if (this.rows.length === 0) {
      return html`${this.#mended(off)}<p class="hint">Twenty problems that no training ever sees, with both models’ answers.</p>
        <p><button type="button" data-testid="problems-load" ?disabled=${off} @click=${() => void this.#load(0)}>${this.asking ? 'Answering…' : 'Answer twenty problems'}</button></p>`;
    }
    const { chosen } = this;
    const howMany = (f: Filter) => this.rows.filter(keeps[f]).length;
    const stale = (status?.step ?? 0) !== this.under;
    return html`<div class="spread">
      <div class="text">
        ${this.#mended(off)}
        ${this.#table()}
        <p class="pager">
          <button type="button" class="quiet-button" ?disabled=${off || this.from === 0} @click=${() => void this.#load(this.from - page)}>${left()} Earlier</button>
          <span class="quiet">${count(this.from + 1)} to ${count(this.from + this.rows.length)}${chosen ? ` of the ${count(chosen.numbers.length)} ${chosen.name}` : ''}</span>
          <button type="button" class="quiet-button" ?disabled=${off || (chosen !== undefined && this.from + page >= chosen.numbers.length)} @click=${() => void this.#load(this.from + page)}>Later ${right()}</button>
          <button type="button" class="quiet-button" data-testid="problems-load" ?disabled=${off || !stale} @click=${() => void this.#load(this.from)}>Answer again</button>
        </p>
      </div>
      <div class="note">
        <fieldset class="filter" data-testid="problems-filter">
          <legend>Show</legend>
          ${(Object.keys(filters) as Filter[]).map(
            (f) =>
              html`<label><input type="radio" name="problem-filter" value=${f} .checked=${this.filter === f} @change=${() => {
                this.filter = f;
              }} /> ${filters[f]} (${count(howMany(f))})</label>`,
          )}
        </fieldset>
        <p>Each line is judged on its own, so a mistake is charged once, to the line that makes it; the reason given is that of the first wrong line.</p>
        ${stale ? html`<p>Training has gone on since these were answered.</p>` : nothing}
      </div>
    </div>`;
  }
}

define('problems-panel', ProblemsPanel);
