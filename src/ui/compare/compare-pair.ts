import { html, nothing, svg } from 'lit';
import type { CreditResponse, CreditView } from '../../../workers/protocol';
import { shade, visible } from '../credit/explain';
import { tint } from '../credit/tokens';
import { AppElement, define } from '../element';
import { count, signed } from '../format';
import { left, right } from '../icons';
import { numbersTable } from '../live/numbers-table';
import { lookedAt } from '../looked-at';
import { isMoving, type State } from '../state';
import { armKey, type ShownArm } from './panels';
import { sameAsFirst } from './same-pair';

type Side = 'chosen' | 'rejected';

/** What became of the tokens of both answers in an arm. */
interface Row extends Readonly<Record<Side, readonly number[]>> {
  arm: ShownArm;
}

/** The same pair in all arms that have it: token by token, what each made of it since the start, in nats. */
export class ComparePair extends AppElement {
  static override properties = {
    ...AppElement.properties,
    arms: { attribute: false },
    views: { state: true },
    whole: { state: true },
    minus: { state: true },
    problem: { state: true },
  };
  declare arms: readonly ShownArm[];
  /** One to an arm; undefined where it has another pair in this place. */
  declare views: (CreditView | undefined)[];
  /** All lines, not only the one that moved most. */
  declare whole: boolean;
  /** What the others have more than the first. */
  declare minus: boolean;
  declare problem: string;
  #asked = '';
  #ticket = 0;

  constructor() {
    super();
    this.arms = [];
    this.views = [];
    this.whole = false;
    this.minus = false;
    this.problem = '';
  }

  protected watched() {
    return ['arms', 'status', 'trees', 'connection', 'view'] as const;
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    void this.#ask();
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#ask();
  }

  /** The pair that the reader's address asks for. */
  get #wish() {
    const { trees, view } = this.state;
    const { pair = '' } = view;
    return lookedAt({ pair }, { pairs: trees.length, kept: [], now: 0 }, 'view.');
  }

  /** Asked for while nothing trains. */
  async #ask() {
    const { arms, trees, status, connection } = this.state;
    const rests =
      connection === 'ready' &&
      trees.length > 0 &&
      !isMoving(status?.phase) &&
      arms.every(({ status: { phase } }) => phase !== 'idle' && phase !== 'failed');
    const asked = rests
      ? `${this.#wish.pair} ${arms.map(({ status: own }) => `${own.runId} ${own.stage.id} ${own.step}`).join()}`
      : '';
    if (asked === this.#asked) return;
    this.#asked = asked;
    const ticket = ++this.#ticket;
    if (!rests) return;
    const index = this.#wish.pair;
    try {
      const views: CreditView[] = [];
      for (const [arm] of arms.entries()) views.push(await this.app.connection.api.credit(index, arm));
      if (ticket !== this.#ticket) return;
      this.problem = '';
      this.views = sameAsFirst(views);
    } catch (error) {
      if (ticket === this.#ticket) this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  #pick(by: number) {
    const { length } = this.state.trees;
    const pair = (this.#wish.pair + by + length) % Math.max(1, length);
    this.app.editor.address.setView({ pair: String(pair + 1) });
  }

  /** Arms that have the pair, with what its tokens are worth to be shown: one list a side. */
  #rows(): Row[] {
    const side = (view: CreditView, role: Side): CreditResponse | undefined =>
      view.responses.find((r) => r.role === role);
    const moved = (response: CreditResponse | undefined) =>
      response?.tokens.map((token) => shade(token, 'start')) ?? [];
    const first = this.views[0];
    if (!first) return [];
    return this.arms.flatMap((arm, i) => {
      const view = this.views[i];
      if (!view || (this.minus && i === 0)) return [];
      const values = (role: Side) =>
        moved(side(view, role)).map((value, t) =>
          this.minus ? value - (moved(side(first, role))[t] ?? 0) : value,
        );
      return [{ arm, chosen: values('chosen'), rejected: values('rejected') }];
    });
  }

  #side(role: Side, rows: readonly Row[], scale: number) {
    const response = this.views[0]?.responses.find((r) => r.role === role);
    if (!response) return nothing;
    const scored = response.steps.flatMap(({ scored: is }, s) => (is ? [s] : []));
    const sumOf = (values: readonly number[], step: number) =>
      response.tokens.reduce((sum, token, t) => (token.step === step ? sum + values[t]! : sum), 0);
    const most = (step: number) => Math.max(...rows.map((row) => Math.abs(sumOf(row[role], step))));
    const line = [...scored].sort((a, b) => most(b) - most(a))[0];
    const shown = this.whole ? scored : scored.filter((step) => step === line);
    const widest = Math.max(1e-9, ...scored.map(most));
    return html`<h3>${role === 'chosen' ? 'Chosen' : 'Rejected'}${!this.whole && scored.length > 1 && line !== undefined ? html` <span class="quiet">line ${scored.indexOf(line) + 1} of ${scored.length}</span>` : nothing}</h3>
      ${shown.map((step) =>
        rows.map((row) => {
          const sum = sumOf(row[role], step);
          const width = (Math.abs(sum) / widest) * 48;
          return html`<div class="pair-row"><span class="pair-arm">${armKey({ letter: row.arm.letter, name: this.minus ? '− A' : '' })}</span>
            <span class="tokens">${response.tokens.map((token, t) => {
              if (token.step !== step) return nothing;
              const { strength, direction } = tint(row[role][t]!, scale);
              return html`<span class="token ${direction}" style="--strength:${strength}%">${visible(token.text)}</span>`;
            })}</span>
            <span class="line-credit"><svg class="bar ${sum >= 0 ? 'up' : 'down'}" viewBox="0 0 100 12" width="100" height="12" aria-hidden="true">${svg`<line x1="50" x2="50" y1="0" y2="12" stroke="var(--control-line)" /><rect x=${sum >= 0 ? 50 : 50 - width} y="2" width=${width} height="8" />`}</svg>
              <span class="value">${signed(sum, 2)}</span> nats</span></div>`;
        }),
      )}`;
  }

  #table(rows: readonly Row[]) {
    const first = this.views[0]!;
    const cells = (['chosen', 'rejected'] as const).flatMap((role) => {
      const response = first.responses.find((r) => r.role === role);
      return (response?.tokens ?? []).flatMap((token, t) =>
        token.step < 0
          ? []
          : [[`${role}: ${visible(token.text)}`, ...rows.map((row) => signed(row[role][t]!, 3))]],
      );
    });
    const head = rows.map(({ arm }) => `${arm.letter.toUpperCase()}${this.minus ? ' − A' : ''}`);
    return numbersTable('compare-pair', 'The same pair', ['token', ...head], cells);
  }

  override render() {
    const { trees } = this.state;
    const [view] = this.views;
    if (this.problem) return html`<p class="field-problem" role="alert">${this.problem}</p>`;
    if (trees.length === 0 || this.arms.length < 2) return nothing;
    if (!view)
      return html`<h2>The same pair, token by token</h2><p class="quiet">Asked for when the runs rest.</p>`;
    if (view.images) return nothing; // denoising times are no words
    const rows = this.#rows();
    const scale = Math.max(...rows.flatMap(({ chosen, rejected }) => [...chosen, ...rejected].map(Math.abs)));
    const others = this.arms.filter((_, i) => !this.views[i]).map(({ letter }) => letter.toUpperCase());
    const toggle = (text: string, on: boolean, testid: string, flip: () => void) =>
      html`<button type="button" class="quiet-button" aria-pressed=${String(on)} data-testid=${testid} @click=${flip}>${text}</button>`;
    return html`<h2>The same pair, token by token</h2>
      <p class="problem-text small">${view.prompt.trim()}</p>
      <div data-testid="compare-pair">${this.#side('chosen', rows, scale)}${this.#side('rejected', rows, scale)}</div>
      <p class="quiet">${this.minus ? 'What each token has become since the start, less what it has in A' : 'What each token’s log-prob has become since the start'}, in nats; one scale for all.${others.length > 0 ? ` ${others.join(', ')} ${others.length > 1 ? 'have' : 'has'} other pairs.` : ''}</p>
      ${this.#wish.unmet.map((text) => html`<p class="field-problem" role="status" data-testid="compare-unmet">${text}.</p>`)}
      <p class="buttons">
        <button type="button" class="quiet-button" aria-label="The pair before" @click=${() => this.#pick(-1)}>${left()}</button>
        <span class="quiet">pair ${count(this.#wish.pair + 1)} of ${count(trees.length)}</span>
        <button type="button" class="quiet-button" aria-label="The pair after" @click=${() => this.#pick(1)}>${right()}</button>
        ${toggle('All lines', this.whole, 'compare-pair-whole', () => {
          this.whole = !this.whole;
        })}
        ${toggle(this.arms.length > 2 ? 'Others − A' : 'B − A', this.minus, 'compare-pair-minus', () => {
          this.minus = !this.minus;
        })}</p>
      ${this.#table(rows)}`;
  }
}

define('compare-pair', ComparePair);
