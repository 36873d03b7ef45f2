import { html, nothing } from 'lit';
import { rangeInWords } from '../../studies/core/words';
import { marksOf } from '../../studies/marks';
import type { App } from '../app';
import { signed } from '../format';
import { pageLink } from '../page-link';
import { besideInWords } from '../studies/base-choice';
import { verdictMark } from '../studies/verdict-mark';
import '../pages/studies.css';

let asked: Promise<unknown> | undefined;

/** The drawing of a study's seeds comes with the definitions of all studies, after the page's words. */
const dots = (app: App, id: string) => {
  if (!asked)
    asked = import('../studies/study-dots').catch(() => {
      asked = undefined; // the next page tries again
    });
  return html`<study-dots .app=${app} study=${id}></study-dots>`;
};

/** Does a method's claim hold here: what its studies found, a line and its seeds' dots each. */
export const studyLines = (app: App, method: string) => {
  const marks = marksOf(method);
  if (marks.length === 0) return nothing;
  return html`<h2>Does it hold here?</h2>
    <ul class="study-lines" data-testid="method-studies">${marks.map((mark) => {
      const { id, claim, verdict, agrees, effect, interval, unit, digits, bases = [] } = mark;
      return html`<li data-verdict=${verdict}>
        ${verdictMark(verdict, agrees)}
        ${effect === undefined ? nothing : html`<span>${signed(effect, digits)} ${unit}${interval ? ` (${rangeInWords(interval, digits)})` : ''}</span>`}
        <span>${claim}</span>
        <span class="study-ways">${pageLink(app, { path: ['studies', id] }, 'The study')}${bases.map((other) => html` · <span class="quiet">${pageLink(app, { path: ['studies', id], own: { base: other.model } }, `On ${other.model}`)}: ${verdictMark(other.verdict, other.agrees)}${besideInWords(mark, other)}.</span>`)}</span>
        ${effect === undefined ? nothing : dots(app, id)}</li>`;
    })}</ul>`;
};
