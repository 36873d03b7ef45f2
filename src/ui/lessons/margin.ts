import { html, nothing, type TemplateResult } from 'lit';
import { glossary } from '../../lessons/glossary';
import { isLab, type Lesson } from '../../lessons/lesson';
import type { App } from '../app';
import { tick } from '../icons';
import { addressOf } from './documents';
import { heldNote } from './held';
import { worksIn } from './live-of';
import { rich } from './rich';

export interface Margin {
  lesson: Lesson;
  at: number;
  answered(n: number): boolean;
  goTo(n: number): void;
  seed: number;
  /** The one that it comes with. */
  given: number;
  reseed(seed: number): void;
  restart(): void;
}

/** Beside the head of a lesson: its steps. */
export const lessonContents = ({ lesson, at, answered, goTo }: Margin): TemplateResult =>
  html`<nav class="note lesson-contents" aria-label="Steps of the lesson">
    <h2 class="note-title">In this lesson</h2>
    <ol>${lesson.steps.map(({ title }, i) => {
      const n = i + 1;
      return html`<li class=${n === at ? 'is-here' : ''}><a href="#/lessons/${lesson.id}/${n}" aria-current=${n === at ? 'step' : nothing} @click=${(
        event: MouseEvent,
      ) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        goTo(n);
      }}>${title}</a> ${answered(n) ? html`<span class="mark-right">${tick()}<span class="visually-hidden"> done</span></span>` : nothing}</li>`;
    })}</ol></nav>`;

/** Below a lesson: its terms, its runs, and for whoever teaches what can be printed and changed. */
export const lessonFoot = (app: App, { lesson, seed, given, reseed, restart }: Margin): TemplateResult => {
  const runs = worksIn(lesson).filter((work) => !isLab(work));
  const terms = glossary.filter(({ id }) => lesson.terms.includes(id));
  return html`<div class="spread lesson-foot"><div class="text">
    <details><summary>Terms</summary><dl class="lesson-terms">${terms.map(({ term, is }) => html`<dt>${term}</dt><dd>${rich(app, is)}</dd>`)}</dl>
      <p>${rich(app, '[The whole glossary](#/lessons/glossary)')}</p></details>
    ${
      runs.length > 0
        ? html`<details><summary>Its runs, as documents</summary><ul class="lesson-runs">${runs.map((run) =>
            isLab(run) ? nothing : html`<li><a href=${addressOf(lesson, run, seed)}>${run.title}</a></li>`,
          )}</ul><p>Each opens as a run of its own, with every field to be changed.</p></details>`
        : nothing
    }
    <details><summary>Another seed, paper, from the beginning</summary>
      <p data-testid="lesson-seed-now">Seed ${seed}. Another one draws other samples and another order; what you see may differ, and that is worth a look.</p>
      <p class="buttons"><button type="button" class="quiet-button" data-testid="lesson-seed" @click=${() => reseed(seed + 1)}>Another seed</button>
        ${seed === given ? nothing : html`<button type="button" class="quiet-button" @click=${() => reseed(given)}>Seed ${given}</button>`}
        <button type="button" class="quiet-button" @click=${() => print()}>Print the worksheet</button>
        <button type="button" class="quiet-button" data-testid="lesson-restart" @click=${restart}>From the beginning</button></p>
    </details></div>
    <div class="note"><p><kbd>1</kbd> to <kbd>9</kbd> answer, <kbd>Enter</kbd> goes on.</p>${heldNote(lesson)}</div></div>`;
};
