/** A step of a lesson, folded or open. */
import { html, nothing, type TemplateResult } from 'lit';
import { type Given, type Lesson, partsOf, type Step, sayOf } from '../../lessons/lesson';
import { right } from '../icons';
import { workOf } from './live-of';
import { firstSentence, rich } from './rich';
import { askPart, type Drawn, replyPart, settingPart } from './step-parts';
import { isDone, stepWork, type Works } from './step-work';
import { type Sight, viewOf } from './views';
import { worksheetRoom } from './worksheet';

/** What the steps of a lesson share. */
export interface Stepping {
  lesson: Lesson;
  /** The step that one is at. */
  at: number;
  /** Others that were opened by hand. */
  opened: ReadonlySet<number>;
  sight: Sight;
  works: Works;
  /** Matches that have not all their parts yet, by the number of the step. */
  picked: Readonly<Record<number, string>>;
  answer(n: number, given: Given): void;
  skip(n: number): void;
  toggle(n: number): void;
  goTo(n: number): void;
}

/** What is asked, run, set, shown and replied. */
const bodyOf = (d: Drawn, reply: string | undefined, asked: boolean, { works }: Stepping): TemplateResult => {
  const { step, sight, given } = d;
  const work = workOf(step, given, sight.live);
  return html`<p class="say">${rich(sight.app, sayOf(step, sight.live))}</p>
    ${asked ? nothing : step.show?.filter(({ early }) => early).map((view) => viewOf(view, sight))}
    ${askPart(d)}
    ${worksheetRoom(step, sight.app)}
    ${asked && work ? stepWork(d, work, works) : nothing}
    ${step.set ? settingPart(d, step.set) : nothing}
    ${asked ? step.show?.map((view) => viewOf(view, sight)) : nothing}
    ${replyPart(d, reply)}`;
};

const onward = (n: number, { lesson: { steps }, sight, goTo }: Stepping): TemplateResult =>
  html`<p class="buttons">${
    n === steps.length
      ? html`<span>That was the lesson. ${rich(sight.app, '[All lessons](#/lessons)')}</span>`
      : html`<button type="button" class="primary lesson-next" data-testid="lesson-next" @click=${() => goTo(n + 1)}>Go on: ${steps[n]!.title} ${right()}</button>`
  }</p>`;

const notesOf = ({ notes = [], teach }: Step, open: boolean, { sight: { app } }: Stepping): TemplateResult =>
  html`<div class="note" ?hidden=${!open}>${notes.map(({ title, text }) => html`<h3>${title}</h3><p>${rich(app, text)}</p>`)}
    ${teach ? html`<h3>For whoever teaches</h3><p>${rich(app, teach)}</p>` : nothing}</div>`;

/** @param n its number, from 1 */
export const stepSection = (step: Step, n: number, stepping: Stepping): TemplateResult => {
  const { at, opened, sight, works, picked } = stepping;
  const { app, live, set } = sight;
  const given = works.progress.given[n];
  const skipped = works.progress.skipped.includes(n);
  const open = n === at || opened.has(n);
  const asked = step.ask === undefined || given !== undefined || skipped;
  const ran = isDone({ sight }, workOf(step, given, live), works.stands);
  const settled = !step.set || step.set.done(set, live);
  const reply = asked && ran && settled ? step.reply(live, given) : undefined;
  const d: Drawn = {
    step,
    n,
    sight,
    given,
    picked: step.ask ? partsOf(step.ask, given ?? picked[n]) : [],
    fixed: given !== undefined && reply !== undefined && step.ask?.truth(live) !== undefined,
    skipped,
    answer: (value) => stepping.answer(n, value),
    skip: () => stepping.skip(n),
  };
  const state = n < at ? 'past' : n === at ? 'present' : 'later';
  const result = reply === undefined ? undefined : (step.result?.(live, given) ?? firstSentence(reply));
  return html`<section class="spread lesson-step is-${state} ${open ? 'is-open' : ''}" id="lesson-step-${n}" data-testid="lesson-step-${n}" data-state=${state}>
    <div class="text">
      <h2><button type="button" class="step-head" aria-expanded=${String(open)} aria-controls="lesson-body-${n}" @click=${() => stepping.toggle(n)}>
        <span class="n">${n}</span> <span class="t">${step.title}</span></button></h2>
      <p class="step-line" ?hidden=${open}>${result === undefined ? step.teaser : rich(app, result)}</p>
      <div class="step-body" id="lesson-body-${n}" ?hidden=${!open}>
        ${bodyOf(d, reply, asked, stepping)}
        ${reply === undefined || n !== at ? nothing : onward(n, stepping)}
      </div>
    </div>
    ${notesOf(step, open, stepping)}
  </section>`;
};
