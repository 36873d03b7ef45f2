import { html, nothing, type TemplateResult } from 'lit';
import type { Bar, Lesson, Live, LiveRun, Table, View } from '../../lessons/lesson';
import { lossSteps, metricOf } from '../../lessons/read';
import type { App } from '../app';
import { letters, styles } from '../compare/arms';
import { percent, signed } from '../format';
import { cross, tick } from '../icons';
import { labFigure } from '../lab/lab-figure';
import { lengthPoints } from '../live/length-data';
import '../live/length-reward';
import { sinceStart } from '../live/since-start';
import { type SmallLine, smallChart } from '../live/small-chart';
import { stretchesOf } from '../live/three-stretches';
import '../live/who-got-it';
import { creditView } from './credit-view';
import { worksIn } from './live-of';
import { picturesView } from './pictures-view';
import { planeView } from './plane';
import { raceView } from './race';

/** What a view is drawn from. */
export interface Sight {
  app: App;
  lesson: Lesson;
  live: Live;
  /** Runs that have ended and those under way. */
  growing: Live['runs'];
  set: Readonly<Record<string, number>>;
  move(set: Readonly<Record<string, number>>): void;
}

/** Colour and dash of a run, the same in all steps of a lesson. */
const styleOf = ({ lesson }: Sight, name: string) => {
  const at = worksIn(lesson).findIndex((work) => work.name === name);
  return styles[letters[[1, 0, 2, 3][Math.max(0, at) % 4]!]!];
};

type Measured = Extract<View, { view: 'lines' }>['of'];

const pointsOf = (run: LiveRun, of: Measured): [number, number][] => {
  switch (of) {
    case 'loss':
      return run.points.flatMap(({ x, stage }, i): [number, number][] => {
        // A pass begins anew, and so does the mean.
        const points = run.points
          .slice(Math.max(0, i + 1 - lossSteps), i + 1)
          .filter((own) => own.stage === stage);
        const loss = metricOf({ ...run, points }, 'loss');
        return loss === undefined ? [] : [[x, loss]];
      });
    case 'solved':
      return run.evaluations.map(({ x, evaluation }) => [x, evaluation.accuracy]);
    case 'tokens':
      return run.evaluations.map(({ x, evaluation }) => [x, evaluation.meanTokens]);
    default:
      return sinceStart(run.probes).map((row) => [row.x, row[of].median]);
  }
};

const formats: Record<Measured, (value: number) => string> = {
  loss: (value) => value.toFixed(2),
  chosen: (value) => signed(value, 1),
  rejected: (value) => signed(value, 1),
  solved: (value) => percent(value),
  tokens: (value) => value.toFixed(1),
};

const stepsOf = (run: LiveRun) => Math.max(run.document.steps, run.points.at(-1)?.x ?? 0);

/** Ends of the axis: with room, and around zero where that is the ground. */
const rangeOf = (values: readonly number[], of: Measured): [number, number] => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (of === 'solved')
    return [Math.max(0, Math.floor((low - 0.06) * 10) / 10), Math.min(1, Math.ceil((high + 0.06) * 10) / 10)];
  if (of === 'loss') return [0, high];
  if (of === 'tokens') return [Math.max(0, low - 2), high + 2];
  return [Math.min(-0.5, low), Math.max(0.5, high)];
};

const lines = (view: Extract<View, { view: 'lines' }>, sight: Sight) => {
  const rows = view.runs.flatMap(([name, label]) => {
    const run = sight.growing[name]?.[0];
    const points = run ? pointsOf(run, view.of) : [];
    return run && points.length > 0 ? [{ name, label, run, points }] : [];
  });
  if (rows.length === 0) return nothing;
  const format = formats[view.of];
  const title = view.of === 'loss' ? `${view.title}, mean of ${lossSteps} steps` : view.title;
  return smallChart({
    title,
    sentence: `${title}. ${rows.map(({ label, points }) => `${label}: ${format(points.at(-1)![1])} at step ${points.at(-1)![0]}`).join('; ')}.`,
    lines: rows.map(
      ({ name, label, points }): SmallLine => ({
        label,
        ...styleOf(sight, name),
        points,
        marks: points.length < 20,
      }),
    ),
    steps: Math.max(...rows.map(({ run }) => stepsOf(run))),
    y: rangeOf(
      rows.flatMap(({ points }) => points.map(([, value]) => value)),
      view.of,
    ),
    format,
    size: [420, 130],
    ...(['chosen', 'rejected'].includes(view.of) && { ground: 0 }),
  });
};

/** Amounts to the right and to the left of a line. */
const bars = (title: string, rows: readonly Bar[], to = 0) => {
  if (rows.length === 0) return nothing;
  const values = rows.map(({ value }) => value);
  const [low, high] = [Math.min(0, ...values), Math.max(to, ...values)];
  const place = (value: number) => (100 * (value - low)) / (high - low || 1);
  const said = `${title}. ${rows.map(({ label, text }) => `${label}: ${text}`).join('; ')}.`;
  return html`<figure class="lesson-bars"><figcaption>${title}</figcaption>
    <div role="img" aria-label=${said}>${rows.map(({ label, value, text, color = '--link' }) => {
      const [from, to] = [place(Math.min(0, value)), place(Math.max(0, value))];
      return html`<div class="bar-row"><span>${label}</span>
        <span class="bar-track" style="--zero: ${place(0)}%"><span class="bar-fill" style="left: ${from}%; width: ${Math.max(0.5, to - from)}%; background: var(${color})"></span></span>
        <span class="bar-value">${text}</span></div>`;
    })}</div></figure>`;
};

const table = (
  title: string,
  { head, rows }: Table,
) => html`<div class="scroll-x" tabindex="0" role="group" aria-label=${title}>
  <table class="lesson-table"><caption>${title}</caption>
    <thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
    <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody>
  </table></div>`;

const signs = {
  right: () => html`<span class="mark-right">${tick()}<span class="visually-hidden"> right</span></span>`,
  wrong: () => html`<span class="mark-wrong">${cross()}<span class="visually-hidden"> wrong</span></span>`,
  quiet: () => nothing,
};

const texts = (view: Extract<View, { view: 'texts' }>, live: Live) => {
  const columns = view.of(live);
  if (!columns) return nothing;
  return html`<div class="lesson-texts" role="group" aria-label=${view.title}>${columns.map(
    ({ heading, lines }) =>
      html`<div><h3>${heading}</h3><ol class="text-lines">${lines.map(
        ({ text, mark, note }) =>
          html`<li class=${mark ?? ''}><code>${text}</code> ${mark ? signs[mark]() : nothing} ${note ? html`<span class="quiet">${note}</span>` : nothing}</li>`,
      )}</ol></div>`,
  )}</div>`;
};

/** What a step shows, as far as its numbers are there. */
export const viewOf = (view: View, sight: Sight): TemplateResult | typeof nothing => {
  switch (view.view) {
    case 'lines':
      return lines(view, sight);
    case 'bars':
      return bars(view.title, view.of(sight.live) ?? [], view.to);
    case 'table': {
      const data = view.of(sight.live);
      return data ? table(view.title, data) : nothing;
    }
    case 'texts':
      return texts(view, sight.live);
    case 'credit':
      return creditView(view, sight);
    case 'race':
      return raceView(view, sight);
    case 'pictures':
      return picturesView(view, sight.live);
    case 'who': {
      const probes = sight.growing[view.run]?.[0]?.probes ?? [];
      return probes.length > 1 ? html`<who-got-it .probes=${probes}></who-got-it>` : nothing;
    }
    case 'stretches': {
      const rows = view.runs.flatMap(([name, label]) => {
        const run = sight.live.runs[name]?.[0];
        const last = run && sinceStart(run.probes).at(-1);
        return last ? [{ label, stretches: stretchesOf(last, 'chosen') }] : [];
      });
      return rows.length > 0 ? html`<three-stretches .rows=${rows}></three-stretches>` : nothing;
    }
    case 'length': {
      const run = sight.live.runs[view.run]?.[view.arm ?? 0];
      const last = run && sinceStart(run.probes).at(-1);
      return last ? html`<length-reward .points=${lengthPoints(last.changes)}></length-reward>` : nothing;
    }
    case 'plane':
      return planeView(view, sight, (name) => styleOf(sight, name));
    default:
      return figures(view, sight.live);
  }
};

const figures = (view: Extract<View, { view: 'figures' }>, live: Live) => {
  const result = live.labs[view.lab];
  if (!result) return nothing;
  const shown = result.figures.filter(({ id }) => view.only?.includes(id) ?? true);
  return html`${shown.map((figure) => labFigure(figure))}`;
};
