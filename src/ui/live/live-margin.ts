import { html, nothing } from 'lit';
import type { Evaluation } from '../../../workers/protocol';
import { plannedSteps } from '../charts/curves';
import { AppElement, define } from '../element';
import { count, percent, plural, signed } from '../format';
import { pageLink } from '../page-link';
import { remarksOn } from '../remarks/index';
import { routeOf } from '../routes';
import { isMoving, type State } from '../state';
import { followPushes } from './live-views-door';
import { mendedOf } from './mended';
import { numbersTable } from './numbers-table';
import { sinceStart } from './since-start';
import { type SmallLine, smallChart } from './small-chart';

/** Where a newcomer may begin; each stands here once its page does. */
const doors = [
  {
    path: ['lessons', 'why-chosen-fall'],
    text: 'Why do the chosen log-probs fall?',
    note: 'Six minutes, three runs.',
  },
  { path: ['methods'], text: 'Which methods are there?', note: 'Each is “DPO, but …”.' },
  { path: ['compare'], text: 'Two methods, the same pairs', note: 'Side by side, in step.' },
  { path: ['class'], text: 'You teach?', note: 'Links, worksheets, a class as a study.' },
] as const;

/** One line to a pass. */
const broken = <T extends { x: number; stage: string }>(
  rows: readonly T[],
  y: (row: T) => number,
): SmallLine['points'] =>
  rows.flatMap((row, i) => [
    ...(i > 0 && rows[i - 1]!.stage !== row.stage ? [[row.x, null] as const] : []),
    [row.x, y(row)] as const,
  ]);

/** Beside the answers: what a step does to the problems solved and to the two answers of a pair, in sight of the cause. */
export class LiveMargin extends AppElement {
  static override properties = {
    ...AppElement.properties,
    away: { state: true },
    lessons: { state: true },
  };
  /** Remarks that were put away in this run. */
  declare away: ReadonlySet<string>;
  /** Ids of the lessons that there are, once a remark leads to one. */
  declare lessons: ReadonlySet<string> | undefined;
  #runId = '';

  constructor() {
    super();
    this.away = new Set();
    this.lessons = undefined;
  }

  /** The table of contents comes with the first remark that a lesson is about. */
  async #readLessons() {
    if (this.lessons) return;
    this.lessons = new Set();
    const { lessons } = await import('../../lessons/index').catch(() => ({ lessons: [] }));
    this.lessons = new Set(lessons.map(({ id }) => id));
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    const { status } = this.state;
    if (keys.has('probes')) followPushes(this.app);
    if ((status?.runId ?? '') === this.#runId) return;
    this.#runId = status?.runId ?? '';
    this.away = new Set();
  }

  protected watched() {
    return [
      'status',
      'evaluations',
      'probes',
      'points',
      'stages',
      'pushes',
      'best',
      'arms',
      'document',
      'runDocument',
    ] as const;
  }

  #newcomer() {
    const open = doors.filter(({ path }) => routeOf(path[0]) !== undefined);
    return html`<h3>New here?</h3>
      <p>This model gets the problem you see wrong. Press <strong>Train</strong>: it makes its own pairs of a right and a wrong answer, learns from them, and shows here what changes.</p>
      ${
        open.length > 0
          ? html`<ul class="doors">${open.map(({ path, text, note }) => html`<li>${pageLink(this.app, { path }, text)} <span>${note}</span></li>`)}</ul>`
          : nothing
      }
      <p>Have a file of preferences? Drop it on <a href="#bring" @click=${(event: Event) => {
        event.preventDefault();
        this.dispatchEvent(new CustomEvent('go', { detail: 'bring', bubbles: true }));
      }}>Model and data</a>.</p>`;
  }

  #solved() {
    const { evaluations } = this.state;
    const rows = evaluations
      .filter(({ evaluation }) => evaluation.kind !== 'pairs' && evaluation.problems > 0)
      .map(({ x, evaluation }) => ({ x, stage: evaluation.stage, evaluation }));
    const [first, last] = [rows[0]?.evaluation, rows.at(-1)?.evaluation];
    if (!first || !last) return nothing;
    const mended = rows.length > 1 ? mendedOf(first, last) : undefined;
    const values = rows.map(({ evaluation }) => evaluation.accuracy);
    const low = Math.max(0, Math.floor((Math.min(...values) - 0.06) * 10) / 10);
    const high = Math.min(1, Math.ceil((Math.max(...values) + 0.06) * 10) / 10);
    return html`<div>${smallChart({
      title: `Solved, of ${count(last.problems)} never trained on`,
      sentence: `Solved: ${percent(first.accuracy)} before, ${percent(last.accuracy)} now, of ${count(last.problems)} problems.`,
      lines: [
        {
          label: 'solved',
          color: '--rubric',
          marks: true,
          points: broken(rows, ({ evaluation }) => evaluation.accuracy),
          band: rows.map(({ x, evaluation: { interval } }) => [x, ...interval] as const),
        },
      ],
      steps: plannedSteps(this.state),
      y: [low, high],
      format: (value) => percent(value),
      testid: 'live-solved',
    })}
    ${numbersTable(
      'live-solved',
      'Solved, of problems never trained on',
      ['step', 'solved', '95 % interval'],
      rows.map(({ x, evaluation: { accuracy, interval } }) => [
        count(x),
        percent(accuracy),
        interval.map((share) => percent(share)).join(' to '),
      ]),
    )}</div>
    ${mended ? html`<p class="live-mended" data-testid="live-mended" data-mended=${mended.mended} data-broken=${mended.broken}>Mended ${plural(mended.mended, 'problem')}, broke ${count(mended.broken)}.</p>` : nothing}
    ${this.#best(last)}`;
  }

  /** Where the best evaluation of the pass was, if it was another one than the last; the start is not gone back to. */
  #best(last: Evaluation) {
    const { best, evaluations } = this.state;
    const then = evaluations.find(({ x, evaluation }) => x === best?.x && evaluation.stage === best.stage);
    if (!best || !then || then.evaluation.accuracy <= last.accuracy) return nothing;
    const start = evaluations[0]!.evaluation.accuracy;
    const was = `step ${count(best.x)} with ${percent(then.evaluation.accuracy)}`;
    return html`<p class="live-mended" data-testid="live-best">${start > then.evaluation.accuracy ? `Best was before the first step, with ${percent(start)}; after it, ${was}.` : `Best was ${was}.`} ${this.#wayBack(best.x)}</p>`;
  }

  #start() {
    const rows = sinceStart(this.state.probes);
    const last = rows.at(-1);
    if (!last || rows.length < 2) return nothing;
    const edges = rows.flatMap(({ chosen, rejected }) => [
      chosen.median,
      rejected.median,
      chosen.low,
      rejected.low,
      chosen.high,
    ]);
    const line = (label: string, color: string, side: 'chosen' | 'rejected', dash?: string): SmallLine => ({
      label,
      color,
      ...(dash && { dash }),
      points: broken(rows, (row) => row[side].median),
      band: rows
        .filter(({ stage }) => stage === last.stage)
        .map((row) => [row.x, row[side].low, row[side].high] as const),
    });
    return html`<div>${smallChart({
      title: 'Log-prob since the start, nats',
      sentence: `Since the start, the median of ${last.changes.length} pairs: chosen ${signed(last.chosen.median, 1)}, rejected ${signed(last.rejected.median, 1)} nats.`,
      lines: [line('chosen', '--right', 'chosen', '6 3'), line('rejected', '--rubric', 'rejected', '2 3')],
      steps: plannedSteps(this.state),
      y: [Math.min(-0.5, ...edges), Math.max(0.5, ...edges)],
      format: (value) => signed(value, 1),
      ground: 0,
      testid: 'live-start',
    })}
    ${numbersTable(
      'live-start',
      'Log-prob since the start, nats',
      ['step', 'chosen', 'rejected'],
      rows.map(({ x, chosen, rejected }) => [count(x), signed(chosen.median, 2), signed(rejected.median, 2)]),
    )}</div>`;
  }

  /** To the best step, where all of it is kept. */
  #wayBack(x: number | undefined) {
    const { best, status, arms } = this.state;
    const there = x !== undefined && best?.x === x && best.stage === status?.stage.id;
    if (!there || arms.length > 0 || isMoving(status?.phase)) return nothing;
    return html`<button type="button" class="link-button" data-testid="go-back" @click=${() => void this.app.control.goBack(best.step)}>Go back there</button>`;
  }

  #remarks() {
    const { points, evaluations, probes, pushes, runDocument } = this.state;
    const live = {
      points,
      evaluations,
      since: sinceStart(probes),
      learningRate: runDocument?.optimizer.learningRate ?? 0,
      push: pushes?.share === undefined ? undefined : { x: pushes.x, share: pushes.share },
    };
    const remarks = remarksOn(live, this.away);
    if (remarks.some(({ lesson }) => lesson !== undefined)) void this.#readLessons();
    return remarks.map(
      ({
        id,
        step,
        text,
        lesson,
        back,
      }) => html`<p class="remark" data-testid="remark-${id}" data-step=${step}>${text}
        ${this.#wayBack(back)}${back === undefined ? nothing : ' '}
        ${lesson && this.lessons?.has(lesson) ? html`${pageLink(this.app, { path: ['lessons', lesson] }, 'Why?', false, `remark-lesson-${id}`)} · ` : nothing}
        <button type="button" class="link-button" aria-label="Put this remark away" @click=${() => {
          this.away = new Set([...this.away, id]);
        }}>Put away</button></p>`,
    );
  }

  override render() {
    const { status } = this.state;
    return html`<div class="live" data-testid="live">${
      !status || status.phase === 'idle'
        ? this.#newcomer()
        : html`${this.#solved()}${this.#start()}${this.#remarks()}`
    }</div>`;
  }
}

define('live-margin', LiveMargin);
