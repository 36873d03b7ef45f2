import { html, nothing } from 'lit';
import type { RunStatus } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { count, number } from '../format';
import type { State } from '../state';
import { lengthPoints } from './length-data';
import './length-reward';
import './loss-plane';
import './margins-and-weight';
import { numbersTable } from './numbers-table';
import { type Plane, planeOf, planeQuestion } from './pair-questions';
import { type SinceStart, sinceStart } from './since-start';
import { smallChart } from './small-chart';
import './since-start-view';
import './three-stretches';
import { stretchesOf } from './three-stretches';
import './who-got-it';
import { mostDisplaced } from './who-got-it-data';

/** It is drawn a little before it comes into sight. */
const ahead: IntersectionObserverInit = { rootMargin: '300px' };

/** A plane is asked for again when the course has left it, and once more at the end. */
const leaves = (
  { chosen, rejected }: Pick<Plane, 'chosen' | 'rejected'>,
  { chosen: c, rejected: r }: SinceStart,
) =>
  c.median < chosen[0]! ||
  c.median > chosen.at(-1)! ||
  r.median < rejected[0]! ||
  r.median > rejected.at(-1)!;

/** What a probe's pairs show of a run: margins and push, who got it, stretches, the plane, length. */
export class LiveViews extends AppElement {
  static override properties = {
    ...AppElement.properties,
    plane: { state: true },
    near: { state: true },
    pair: { state: true },
  };
  declare plane: (Plane & { of: string }) | undefined;
  declare near: boolean;
  /** The pair that is looked at; -1 lets the views choose. */
  declare pair: number;
  #asking = false;
  #runId = '';
  #sight: IntersectionObserver | undefined;

  constructor() {
    super();
    this.plane = undefined;
    this.near = false;
    this.pair = -1;
  }

  protected watched() {
    return ['probes', 'pushes', 'evaluations', 'status', 'runDocument'] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    // Out of sight nothing is drawn or asked.
    this.#sight = new IntersectionObserver((entries) => {
      this.near = entries.at(-1)?.isIntersecting ?? false;
      if (this.near) void this.#askPlane();
    }, ahead);
    this.#sight.observe(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight?.disconnect();
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    const runId = this.state.status?.runId ?? '';
    if (runId !== this.#runId) {
      this.#runId = runId;
      this.pair = -1;
    }
    if (this.near) void this.#askPlane();
  }

  /** What was drawn stays as it is while it is out of sight, so that nothing jumps. */
  protected override shouldUpdate() {
    return this.near || !this.hasUpdated;
  }

  /** Rows of the last pass. */
  get #rows(): SinceStart[] {
    const rows = sinceStart(this.state.probes);
    const stage = rows.at(-1)?.stage;
    return rows.filter((row) => row.stage === stage);
  }

  async #askPlane() {
    const { runDocument, status, connection } = this.state;
    const rows = this.#rows;
    const last = rows.at(-1);
    if (!last || rows.length < 2 || !runDocument || this.#asking || connection !== 'ready') return;
    const ended = status?.phase === 'finished' || status?.phase === 'stopped';
    const of = `${status?.runId} ${last.stage}${ended ? ' whole' : ''}`;
    if (this.plane?.of === of && !leaves(this.plane, last)) return;
    this.#asking = true;
    try {
      const { question, plane } = planeQuestion(runDocument.method, rows);
      const surfaces = await this.app.connection.api.pairLoss(question);
      this.plane = { ...planeOf(plane, surfaces), of };
    } catch {
      this.plane = undefined; // no loss of single pairs, no plane
    }
    this.#asking = false;
  }

  #length(rows: readonly SinceStart[]) {
    const { evaluations, status } = this.state;
    const answered = evaluations.filter(({ evaluation }) => (evaluation.kind ?? 'answers') === 'answers');
    const lengths = answered.map(({ x, evaluation }) => [x, evaluation.meanTokens] as const);
    const points = lengthPoints(rows.at(-1)!.changes);
    const [first, last] = [lengths[0], lengths.at(-1)];
    const equal = points.every(({ tokens }) => tokens === points[0]!.tokens);
    return html`${equal ? nothing : html`<length-reward .points=${points}></length-reward>`}
      ${
        first && last && lengths.length > 1
          ? html`<div>${smallChart({
              title: 'Tokens of an answer to a held-out problem, mean',
              sentence: `An answer took ${number(first[1])} tokens at step ${count(first[0])}, and takes ${number(last[1])} at step ${count(last[0])}.`,
              lines: [{ label: 'tokens', color: '--ink', marks: true, points: lengths }],
              steps: Math.max(1, (status?.steps ?? 1) * (status?.stage.count ?? 1)),
              y: [
                0.9 * Math.min(...lengths.map(([, y]) => y)),
                1.05 * Math.max(...lengths.map(([, y]) => y)),
              ],
              format: (value) => number(Number(value.toPrecision(3))),
              size: [Math.min(640, this.clientWidth || 640), 130],
              testid: 'live-tokens',
            })}${numbersTable(
              'tokens',
              'Tokens of an answer',
              ['step', 'tokens, mean'],
              lengths.map(([x, y]) => [count(x), number(Number(y.toPrecision(4)))]),
            )}</div>`
          : nothing
      }`;
  }

  override render() {
    const { probes, pushes, runDocument, status } = this.state;
    const rows = this.#rows;
    const last = rows.at(-1);
    if (!last || rows.length < 2) return nothing;
    if (!this.near) return html`<div style="min-height: 60rem"></div>`;
    const pair = this.pair >= 0 ? this.pair : mostDisplaced(probes);
    const name = this.app.method(runDocument?.method.id ?? '')?.name ?? 'the loss';
    const current = pushes && pushes.x === last.x && pushes.stage === last.stage ? pushes : undefined;
    return html`<div class="spread"><div class="text live-grid">
        <margins-and-weight .changes=${last.changes} .pushes=${current} .method=${name}></margins-and-weight>
        <who-got-it .probes=${probes} .pair=${pair} @pick=${(event: CustomEvent<number>) => {
          this.pair = event.detail;
        }}></who-got-it>
        <since-start-view .rows=${rows} .pair=${pair} .steps=${last.x}></since-start-view>
        <three-stretches .rows=${[
          { label: 'Chosen', stretches: stretchesOf(last, 'chosen') },
          { label: 'Rejected', stretches: stretchesOf(last, 'rejected') },
        ]}></three-stretches>
        <loss-plane .plane=${this.plane} .method=${name} .paths=${[
          {
            label: 'This run',
            color: '--ink',
            points: rows.map(({ x, chosen, rejected }) => ({
              step: x,
              chosen: chosen.median,
              rejected: rejected.median,
            })),
          },
        ]}></loss-plane>
        ${this.#length(rows)}
      </div><div class="note">
        <h3>What moved</h3>
        <p>${count(last.changes.length)} pairs are looked at again and again, beside what they were before the first step${manyPasses(status) ? ' of this pass' : ''}. The run does not notice: its numbers are the same without.</p>
        <p>A nat is the unit of log-probs: one less is <em>e</em> times less likely.</p>
      </div></div>`;
  }
}

const manyPasses = (status: RunStatus | undefined) => (status?.stage.count ?? 1) > 1;

define('live-views', LiveViews);
