import { html, nothing, type TemplateResult } from 'lit';
import {
  type Given,
  isLab,
  judged,
  linesOf,
  optionsOf,
  partsOf,
  type Setting,
  type Step,
  truthOf,
  type Work,
} from '../../lessons/lesson';
import { duration } from '../format';
import { cross, play, tick } from '../icons';
import { rich } from './rich';
import type { Sight } from './views';

/** A step with its number, as parts of it are drawn. */
export interface Drawn {
  step: Step;
  n: number;
  sight: Sight;
  given: Given | undefined;
  /** Of a match, what was chosen so far; it is an answer once every part of it is there. */
  picked: readonly string[];
  /** It may no longer be changed: what it was measured by is on the page. */
  fixed: boolean;
  /** It was to be shown without an answer. */
  skipped: boolean;
  answer(given: Given): void;
  skip(): void;
}

/** A mark beside what was answered. */
const verdictMark = (right: boolean) =>
  right
    ? html`<span class="mark-right">${tick()}<span class="visually-hidden">Right:</span></span> `
    : html`<span class="mark-wrong">${cross()}<span class="visually-hidden">Not so:</span></span> `;

const chip = (d: Drawn, value: string, text: unknown, key: number | undefined) => {
  const { n, given, fixed, answer } = d;
  return html`<label class="chip"><input type="radio" name="ask-${n}" value=${value} data-testid="lesson-ask-${n}-${value}"
    .checked=${String(given) === value} ?disabled=${fixed} aria-keyshortcuts=${key ?? nothing}
    @change=${() => answer(value)} />${text}</label>`;
};

const choice = (d: Drawn) =>
  html`<div class="chips">${optionsOf(d.step.ask!, d.sight.live).map(({ value, text }, i) =>
    chip(d, value, rich(d.sight.app, text), i + 1),
  )}</div>`;

const line = (d: Drawn) =>
  html`<ol class="ask-lines">${linesOf(d.step.ask!, d.sight.live).map(
    (text, i) => html`<li>${chip(d, String(i + 1), html`<code>${text}</code>`, i + 1)}</li>`,
  )}</ol>`;

const match = (d: Drawn) => {
  const { step, n, given, picked, fixed, answer, sight } = d;
  const { ask } = step;
  if (ask?.kind !== 'match') return nothing;
  const right = given === undefined ? [] : partsOf(ask, ask.truth(sight.live));
  const next = picked.indexOf('');
  const take = (i: number, value: string) =>
    answer(picked.map((part, k) => (k === i ? value : part)).join(','));
  return ask.items.map(
    (
      item,
      i,
    ) => html`<fieldset class="match-row" data-open=${String(i === next)}><legend>${right[i] ? verdictMark(right[i] === picked[i]) : nothing}${rich(sight.app, item)}</legend>
      <div class="chips">${ask.options.map(
        (
          { value, text },
          k,
        ) => html`<label class="chip"><input type="radio" name="ask-${n}-${i}" value=${value}
          data-testid="lesson-ask-${n}-${i + 1}-${value}" .checked=${picked[i] === value} ?disabled=${fixed}
          aria-keyshortcuts=${i === next ? k + 1 : nothing} @change=${() => take(i, value)} />${rich(sight.app, text)}</label>`,
      )}</div></fieldset>`,
  );
};

const amount = (d: Drawn, unit: string) => {
  const { n, given, fixed, answer } = d;
  const field = (event: Event) =>
    (event.currentTarget as HTMLElement).closest('.ask-number')!.querySelector('input')!;
  const take = (event: Event) => {
    const input = field(event);
    if (input.value.trim() !== '' && Number.isFinite(input.valueAsNumber)) answer(input.valueAsNumber);
  };
  return html`<div class="ask-number"><label><span class="visually-hidden">Your guess, ${unit}</span>
    <input type="number" step="any" data-testid="lesson-ask-${n}-number" .value=${given === undefined ? '' : String(given)} ?disabled=${fixed}
      @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && take(event)} /> ${unit}</label>
    <button type="button" ?disabled=${fixed} @click=${take}>That is my guess</button></div>`;
};

/** The question of a step. */
export const askPart = (d: Drawn): TemplateResult | typeof nothing => {
  const { step, n, given, fixed, skipped, skip, sight } = d;
  const { ask } = step;
  if (!ask) return nothing;
  return html`<fieldset class="lesson-ask" id="lesson-ask-${n}" data-testid="lesson-ask-${n}">
    <legend class=${ask.text ? '' : 'visually-hidden'}>${ask.text ? rich(sight.app, ask.text) : 'Your guess'}</legend>
    ${ask.kind === 'choice' ? choice(d) : ask.kind === 'line' ? line(d) : ask.kind === 'match' ? match(d) : amount(d, ask.unit)}
    ${given === undefined && !fixed && !skipped ? html`<button type="button" class="link-button lesson-skip" data-testid="lesson-skip-${n}" @click=${skip}>Show me anyway</button>` : nothing}
  </fieldset>`;
};

/** The button of a run, or where it stands. */
export const workPart = (
  { n, sight }: Drawn,
  work: Work,
  stand: {
    done: boolean;
    busy: boolean;
    /** It is cut short. */
    brief: boolean;
    waits: string;
    problem: string;
    /** It was begun and can be gone on with, or has something to be read off. */
    rest: 'go on' | 'read off' | undefined;
    start(): void;
    again(): void;
  },
): TemplateResult => {
  const verb = isLab(work)
    ? 'Work out'
    : stand.rest === 'go on'
      ? 'Go on with'
      : stand.rest === 'read off'
        ? 'Read it off'
        : 'Train';
  const title = stand.brief ? `${work.title}, cut short` : work.title;
  if (stand.done)
    return html`<p class="lesson-done quiet">${isLab(work) ? 'Worked out' : 'Trained'}: ${title}.
      <button type="button" class="link-button" data-testid="lesson-again-${n}" aria-disabled=${String(stand.waits !== '')} @click=${() => stand.waits === '' && stand.again()}>Again</button></p>`;
  const off = stand.busy || stand.waits !== '';
  return html`<p class="buttons lesson-run"><button type="button" class="primary" data-testid="lesson-run-${n}" aria-disabled=${String(off)}
      @click=${() => !off && stand.start()}>${play()} ${stand.busy ? 'At it…' : `${verb}: ${title}`}</button>
    <span class="quiet">${stand.busy ? (isLab(work) ? 'It takes a moment.' : 'It can be paused below. What it shows grows here.') : stand.waits || (stand.brief ? 'A few seconds.' : `About ${duration(work.seconds)} on two cores.`)}</span></p>
    ${stand.problem ? html`<p class="field-problem" role="alert">${rich(sight.app, stand.problem)}</p>` : nothing}`;
};

/** Something to be set by hand. */
export const settingPart = ({ n, sight }: Drawn, setting: Setting): TemplateResult => {
  const { app, set, live, move } = sight;
  const done = setting.done(set, live);
  return html`<div class="lesson-do" data-testid="lesson-do-${n}" data-done=${String(done)}>
    <p>${rich(app, setting.text)}</p>
    ${setting.sliders.map(({ id, label, low, high, step, start }) => {
      const value = set[id] ?? start;
      const take = (event: Event) => {
        const next = (event.target as HTMLInputElement).valueAsNumber;
        if (Number.isFinite(next)) move({ [id]: Math.min(high, Math.max(low, next)) });
      };
      return html`<div class="lesson-slider"><label for="slide-${id}">${label}</label>
        <input type="range" id="slide-${id}" data-testid="slide-${id}" min=${low} max=${high} step=${step} .value=${String(value)} @input=${take} />
        <input type="number" aria-label=${label} min=${low} max=${high} step=${step} .value=${String(value)} @change=${take} /></div>`;
    })}
    <p>${done ? html`<span class="mark-right">${tick()}<span class="visually-hidden">As asked:</span></span> ` : nothing}${rich(app, setting.says(set, live))}</p>
  </div>`;
};

/** What the step says to the answer, with a mark where it can be right or wrong. */
export const replyPart = ({ step, n, sight, given }: Drawn, reply: string | undefined): TemplateResult => {
  const { app, live } = sight;
  const verdict = reply === undefined ? undefined : judged(step, live, given);
  const truth = reply === undefined ? undefined : truthOf(step, live);
  return html`<div role="status" class="lesson-reply" id="lesson-reply-${n}" data-testid="lesson-reply-${n}" data-truth=${truth ?? nothing}
    data-given=${given ?? nothing}>${
      reply === undefined
        ? nothing
        : html`<p>${verdict === undefined ? nothing : verdictMark(verdict)}${rich(app, reply)}</p>`
    }</div>`;
};
