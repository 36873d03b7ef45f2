/** A lesson on paper: questions with room to write, and all replies on the last page. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Given, Lesson, Live, Rich, Step } from '../../lessons/lesson';
import type { App } from '../app';
import { ranIn, workOf } from './live-of';
import { plain, rich } from './rich';

/** The question or what is to be set, with room for an answer. */
export const worksheetRoom = ({ ask, set }: Step, app: App): TemplateResult =>
  html`${
    set
      ? html`<div class="paper-only" aria-hidden="true"><p>${rich(app, set.text)}</p>
      <p>${set.sliders.map(({ label }) => html`<span class="blank">${label}:</span>`)}</p></div>`
      : nothing
  }${ask ? html`<div class="paper-only room" aria-hidden="true"><p>Because</p></div>` : nothing}`;

/** The reply of a step; where something is to be set and was not, to the lesson's own example of it, which is named. */
export const worksheetReply = (step: Step, live: Live, given: Given | undefined): Rich | undefined => {
  const { set } = step;
  if (!set || set.done(live.set, live)) return step.reply(live, given);
  const example = { ...live.set, ...set.example };
  const places = set.sliders
    .map(({ id, label }) => `${label}: ${String(example[id]).replace('-', '−')}`)
    .join('; ');
  return `The lesson’s own example (${places}). ${step.reply({ ...live, set: example }, given) ?? ''}`;
};

/** The last page: what each step replies, as far as its run was trained here. */
export const worksheetReplies = ({ steps }: Lesson, live: Live): TemplateResult => {
  const replies = steps.map((step, i) => {
    const given = live.given[i + 1];
    const text = worksheetReply(step, live, given);
    return {
      n: i + 1,
      title: step.title,
      text: ranIn(live, workOf(step, given, live)) && text ? plain(text) : 'Its run has not been trained.',
    };
  });
  return html`<div class="paper-only replies" aria-hidden="true"><h2>Replies</h2>
    ${replies.map(({ n, title, text }) => html`<p><strong>${n} ${title}</strong>: ${text}</p>`)}
    <p class="quiet">${location.href}</p></div>`;
};
